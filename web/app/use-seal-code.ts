// A seal code typed into search: whether it names a record, and the way to it. Only text that has the form of a code is asked about.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { readSealCode } from '../ui/seal-code.ts'
import { queries } from './queries.ts'

export interface SealedRecord {
  code: string
  kind: string
  /** Shows the record where it lives, with its seal open. */
  open: () => void
}

/** `sealed` is null while nothing is known and when the code names nothing. */
export function useSealCode(typed: string): { isAsking: boolean; sealed: SealedRecord | null } {
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const code = readSealCode(typed)
  const found = useQuery({ ...queries.sealCode(code ?? ''), enabled: code !== null })
  const open = async (id: string) => {
    if (id.startsWith('snp_')) {
      const { documentId } = await queryClient.fetchQuery(queries.snip(id))
      return navigate({
        to: '/knowledge/documents/$documentId',
        params: { documentId },
        search: { snip: id, seal: id },
      })
    }
    if (id.startsWith('doc_'))
      return navigate({
        to: '/knowledge/documents/$documentId',
        params: { documentId: id },
        search: { seal: id },
      })
    return navigate({ to: '.', search: (previous) => ({ ...previous, seal: id }) })
  }
  const record = code === null ? null : (found.data?.record ?? null)
  return {
    isAsking: code !== null && found.isPending,
    sealed: code && record ? { code, kind: record.kind, open: () => void open(record.id) } : null,
  }
}
