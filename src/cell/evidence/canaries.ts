// PX-13: what the two canaries of the cell tried on each other, and whether anything got through.
import { judge, untellable } from '#core/evidence/evidence.ts'
import type { CellProbe } from './cell-ground.ts'

/** A hit counts against the claim for a day, so that it is not forgotten by the next attempt. */
const DAY = "interval '1 day'"
/** A prober that has not tried for so long shows nothing. */
const LATE = "interval '1 hour'"

interface Row {
  readonly layer: string
  readonly attempts: string | number
  readonly hits: string | number
  readonly last_hit: string | null
  readonly is_hit: boolean
  readonly is_late: boolean
}

/** Attempts by layer since the first, and the hits of the last day. */
export const canaries: CellProbe = async ({ ask }) => {
  const rows = await ask<Row>(
    `select layer, attempts, hits, last_hit, coalesce(last_hit_at > now() - ${DAY}, false) as is_hit, last_at < now() - ${LATE} as is_late
     from cell.probe order by layer`,
  )
  const looked = Object.fromEntries(rows.map(({ layer, attempts }) => [layer, Number(attempts)]))
  const faults = rows
    .filter(({ is_hit }) => is_hit)
    .map(({ layer, hits, last_hit }) => `${layer}: ${hits} hits, the last one: ${last_hit}`)
  if (faults.length === 0 && rows.every(({ is_late }) => is_late))
    return untellable(looked, ['The canaries have not tried for an hour.'])
  return judge(looked, faults)
}
