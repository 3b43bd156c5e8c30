// The counters of the canaries as people and claims see them.
import type { Ctx } from '#core/ctx.ts'
import type { Isolation } from './isolation.schema.ts'

const DAY = 24 * 3_600_000

/** All attempts in the cell of a region; evidence of the claims that name isolation. Holds nothing of any customer. */
export async function readIsolation(ctx: Pick<Ctx, 'isolation' | 'now'>, region: string): Promise<Isolation> {
  const records = await ctx.isolation(region).read()
  const sum = (field: 'attempts' | 'hits' | 'unclear') => records.reduce((all, one) => all + one[field], 0)
  const since = Math.min(...records.map((one) => one.since.getTime()))
  const lastAt = Math.max(...records.map((one) => one.lastAt.getTime()))
  const lastHit = Math.max(0, ...records.map((one) => one.lastHitAt?.getTime() ?? 0))
  return {
    region,
    attempts: sum('attempts'),
    hits: sum('hits'),
    unclear: sum('unclear'),
    since: records.length > 0 ? new Date(since).toISOString() : null,
    lastAt: records.length > 0 ? new Date(lastAt).toISOString() : null,
    lastResult: records.length === 0 ? 'none' : ctx.now().getTime() - lastHit < DAY ? 'hit' : 'denied',
    layers: records.map(({ layer, attempts, hits, unclear, since, lastAt, lastHitAt }) => ({
      layer,
      attempts,
      hits,
      unclear,
      since: since.toISOString(),
      lastAt: lastAt.toISOString(),
      lastHitAt: lastHitAt?.toISOString() ?? null,
    })),
  }
}
