// Claims that fail now, as administrators are told of them. Must stay true: one failure is one occurrence, however often it is seen
// again before it is shown to be over.
import type { Ctx } from '#core/ctx.ts'
import { notificationKind, type StandingNotice } from '#core/notifications/notification-kind.ts'
import { statusOfClaim } from './claim-status.ts'
import { claims } from './registry.ts'

export const claimFailed = notificationKind<{ readonly claim: string }>(
  'trust.claim.failed',
  'A claim of the installation turned to FAIL; to administrators',
)

/** What fails in a region. */
export async function failingClaims(ctx: Ctx, region: string): Promise<readonly StandingNotice[]> {
  const newest = await ctx.evidenceLog.newest(region)
  return claims.flatMap((claim) => {
    const { status, decisive } = statusOfClaim(claim, ctx.evidence, newest, ctx.now())
    if (status !== 'FAIL' || !decisive) return []
    const since = newest.lastPass.get(decisive.evidence) ?? 'start'
    const source = `claim:${claim.id}:${decisive.evidence}:${since}`
    return [{ kind: claimFailed, source, detail: { claim: claim.id } }]
  })
}
