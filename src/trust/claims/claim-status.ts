// From what evidence showed to the status of a claim. Must stay true: only a fresh result of this very program counts, and
// nothing but evidence that passed makes a claim PASS.
import { type Evidence, freshFor, type Outcome } from '#core/evidence/evidence.ts'
import type { StoredResult } from '#core/evidence/evidence-log.ts'
import type { Newest } from '#core/evidence/read-results.ts'
import type { Claim } from './registry.ts'

export type Status = 'PASS' | 'FAIL' | 'UNKNOWN' | 'NOT SET UP HERE'

/** Why something is UNKNOWN or NOT SET UP HERE, where its lines do not say. */
export type Reason = 'no-evidence' | 'never-run' | 'stale' | 'other-program' | 'second-site'

export interface EvidenceStatus {
  readonly evidence: Evidence
  readonly status: Status
  readonly reason: Reason | null
  readonly result: StoredResult | null
  /** ISO 8601; when it passed last, on whichever program. */
  readonly lastPass: string | null
}

export interface ClaimStatus {
  readonly status: Status
  readonly reason: Reason | null
  /** ISO 8601; since when at the latest all its evidence that counts has been seen to pass. */
  readonly lastShown: string | null
  readonly evidence: readonly EvidenceStatus[]
  /** The result that decided, or another where what decides has none. */
  readonly decisive: StoredResult | null
}

const BY_OUTCOME: Readonly<Record<Outcome, Status>> = {
  pass: 'PASS',
  fail: 'FAIL',
  absent: 'NOT SET UP HERE',
  unknown: 'UNKNOWN',
}

/** How far the clocks of two machines may differ; a result from later than that says nothing about now. */
const SKEW_MS = 10 * 60_000

/** The status of one evidence. A failure counts until it is shown to be over, however old; a pass only while it is fresh. */
export function statusOfEvidence(evidence: Evidence, newest: Newest, now: Date): EvidenceStatus {
  const result = newest.results.find((one) => one.evidence === evidence.name) ?? null
  const lastPass = newest.lastPass.get(evidence.name) ?? null
  const told = { evidence, result, lastPass }
  if (!result) return { ...told, status: 'UNKNOWN', reason: 'never-run' }
  if (result.program !== newest.program) return { ...told, status: 'UNKNOWN', reason: 'other-program' }
  const age = now.getTime() - Date.parse(result.at)
  const isStale = age > freshFor(evidence) || age < -SKEW_MS
  if (isStale && result.outcome !== 'fail') return { ...told, status: 'UNKNOWN', reason: 'stale' }
  return { ...told, status: BY_OUTCOME[result.outcome], reason: null }
}

/**
 * The status of a claim. A failure of any evidence is its failure. Where something looks at the running system, that decides
 * between the others, and a test that was not brought in takes nothing from it; else the tests decide.
 */
export function statusOfClaim(
  claim: Claim,
  evidence: readonly Evidence[],
  newest: Newest,
  now: Date,
): ClaimStatus {
  const all = evidence
    .filter(({ claims }) => claims.includes(claim.id))
    .map((one) => statusOfEvidence(one, newest, now))
  const live = all.filter((one) => one.evidence.kind === 'live')
  const deciding = live.length > 0 ? live : all
  const pick = (wanted: Status, among = deciding) => among.find(({ status }) => status === wanted)
  const decisive = pick('FAIL', all) ?? pick('UNKNOWN') ?? pick('NOT SET UP HERE') ?? deciding[0]
  if (!decisive) {
    const isLacking = claim.needs !== null
    const reason = isLacking ? 'second-site' : 'no-evidence'
    return {
      status: isLacking ? 'NOT SET UP HERE' : 'UNKNOWN',
      reason,
      lastShown: null,
      evidence: [],
      decisive: null,
    }
  }
  const passes = deciding.map(({ lastPass }) => lastPass)
  const told = decisive.result ?? all.find(({ result }) => result !== null)?.result ?? null
  const lastShown = passes.includes(null) ? null : (passes.toSorted()[0] ?? null)
  return {
    status: decisive.status,
    reason: decisive.reason,
    lastShown,
    evidence: all,
    decisive: told,
  }
}
