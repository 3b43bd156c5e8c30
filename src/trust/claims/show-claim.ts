// A claim as the API shows it.
import type { Evidence } from '#core/evidence/evidence.ts'
import { EVIDENCE_LOG, type StoredResult } from '#core/evidence/evidence-log.ts'
import { logOrigin } from '#protocol/keeper/log-origin.ts'
import type { ClaimStatus, EvidenceStatus, Status } from './claim-status.ts'
import type { Claim } from './registry.ts'

/** The claim with the newest result of everything that shows it. */
export function showClaim(claim: Claim, told: ClaimStatus, region: string) {
  const { decisive } = told
  return {
    id: claim.id,
    status: told.status,
    lastShown: told.lastShown,
    evidence: {
      theme: claim.theme,
      kinds: [...claim.kinds],
      reason: told.reason,
      runs: told.evidence.map(showRun),
    },
    proof: decisive && {
      log: logOrigin(region, EVIDENCE_LOG),
      position: decisive.position,
      evidence: decisive.evidence,
      at: decisive.at,
    },
  }
}

function showRun({ evidence, status, reason, result }: EvidenceStatus) {
  return {
    name: evidence.name,
    kind: evidence.kind,
    status,
    reason,
    at: result?.at ?? null,
    milliseconds: result?.milliseconds ?? null,
    looked: result?.looked ?? {},
    faults: [...(result?.faults ?? [])],
    position: result?.position ?? null,
    everyMinutes: everyMinutesOf(evidence),
    files: evidence.kind === 'live' ? [] : [...evidence.files],
    signedBy: result?.signedBy ?? null,
  }
}

function everyMinutesOf(evidence: Evidence): number | null {
  return evidence.kind === 'live' ? evidence.everyMinutes : null
}

/** One result of the past. What another program showed is shown as it was. */
export function showResult(result: StoredResult, program: string | null) {
  const { position, evidence, at, milliseconds, looked, faults } = result
  const status: Record<StoredResult['outcome'], Status> = {
    pass: 'PASS',
    fail: 'FAIL',
    absent: 'NOT SET UP HERE',
    unknown: 'UNKNOWN',
  }
  return {
    position,
    evidence,
    status: status[result.outcome],
    at,
    milliseconds,
    looked,
    faults: [...faults],
    isThisProgram: result.program === program,
  }
}
