// What this browser saw of the organisation's log before: its signing key and its newest checkpoint.
// Must stay true: what is remembered is only replaced after a check against it held, so a rewritten log is noticed.
import { proveConsistency, type ReadCheckpointAnswer } from '../app/api.gen.ts'
import { isConsistent, openCheckpoint, ProofBroken } from './merkle-proof.ts'

export interface RememberedLog {
  key: string
  size: number
  root: string
  seenAt: string
}

const place = (organisationId: string) => `panoply-log-${organisationId}`

/** The last state of the log this browser checked, or null. */
export function recallLog(organisationId: string): RememberedLog | null {
  try {
    const kept: unknown = JSON.parse(window.localStorage.getItem(place(organisationId)) ?? 'null')
    if (typeof kept !== 'object' || kept === null) return null
    const { key, size, root, seenAt }: Partial<Record<keyof RememberedLog, unknown>> = kept
    const isWhole =
      typeof key === 'string' &&
      typeof size === 'number' &&
      typeof root === 'string' &&
      typeof seenAt === 'string'
    return isWhole ? { key, size, root, seenAt } : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

export interface LogCheck {
  /** What was compared with; null at the first visit of this browser. */
  since: RememberedLog | null
  size: number
}

/**
 * Checks a checkpoint against what this browser saw before and remembers it. Throws ProofBroken
 * `key_changed`, `shrunk` or `rewritten` when the log is not a continuation of what was seen.
 */
export async function checkContinuation(
  organisationId: string,
  shown: Pick<ReadCheckpointAnswer, 'checkpoint' | 'key'>,
  now: Date,
): Promise<LogCheck> {
  const { size, root } = await openCheckpoint(shown.checkpoint, shown.key)
  const since = recallLog(organisationId)
  if (since) {
    if (since.key !== shown.key) throw new ProofBroken('key_changed')
    if (size < since.size) {
      const { hashes } = await proveConsistency({ query: { from: size, to: since.size } })
      if (!(await isConsistent({ size, root }, since, hashes))) throw new ProofBroken('shrunk')
      return { since, size }
    }
    const hashes =
      size === since.size ? [] : (await proveConsistency({ query: { from: since.size, to: size } })).hashes
    if (!(await isConsistent(since, { size, root }, hashes))) throw new ProofBroken('rewritten')
  }
  const next: RememberedLog = { key: shown.key, size, root, seenAt: now.toISOString() }
  window.localStorage.setItem(place(organisationId), JSON.stringify(next))
  return { since, size }
}
