// Fetches the proof of an event and checks it here, in this browser. The answer is a result, never the server's word.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { queries } from '../app/queries.ts'
import type { AuditProof } from '../app/records.ts'
import { type CheckedProof, checkProof, ProofBroken } from './merkle-proof.ts'
import { checkContinuation, type LogCheck } from './remembered-log.ts'

export interface ProofResult {
  claim: AuditProof
  checked: CheckedProof
  /** Null where the log is not one that this browser remembers. */
  log: LogCheck | null
}

/** Verifies on demand; `mutation.data` is what held, `mutation.error` what did not. */
export function useProof(eventId: string) {
  const queryClient = useQueryClient()
  const me = useQuery(queries.me())
  return useMutation({
    mutationFn: async (): Promise<ProofResult> => {
      const claim = await queryClient.fetchQuery(queries.proof(eventId))
      const checked = await checkProof(claim)
      if (checked.leafHash !== claim.leafHash) throw new ProofBroken('leaf')
      const log = await checkContinuation(me.data?.organisation.id ?? '', claim, new Date())
      return { claim, checked, log }
    },
    // It may have been a first step.
    onSuccess: () => queryClient.invalidateQueries({ queryKey: queries.guide().queryKey }),
  })
}
