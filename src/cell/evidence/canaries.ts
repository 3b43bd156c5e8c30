// PX-13: what the two canaries of the cell tried on each other, and whether anything got through.
import { judge, untellable } from '#core/evidence/evidence.ts'
import { PROBE_LAYERS } from '#core/evidence/isolation-log.ts'
import type { CellProbe } from './cell-ground.ts'

/** A hit counts against the claim for a day, so that it is not forgotten by the next attempt. */
const DAY = "interval '1 day'"
/** A prober that has not tried for so long shows nothing; a layer, which comes seldom, when it was not judged for a day. */
const LATE = "interval '1 hour'"

interface Row {
  readonly layer: string
  readonly attempts: string | number
  readonly hits: string | number
  readonly last_hit: string | null
  readonly is_hit: boolean
  readonly is_late: boolean
  readonly is_old: boolean
}

/** Attempts by layer since the first, and the hits of the last day. */
export const canaries: CellProbe = async ({ ask }) => {
  const rows = await ask<Row>(
    `select layer, attempts, hits, last_hit, coalesce(last_hit_at > now() - ${DAY}, false) as is_hit, last_at < now() - ${LATE} as is_late, last_at < now() - ${DAY} as is_old
     from cell.probe order by layer`,
  )
  const looked = Object.fromEntries(rows.map(({ layer, attempts }) => [layer, Number(attempts)]))
  const faults = rows
    .filter(({ is_hit }) => is_hit)
    .map(({ layer, hits, last_hit }) => `${layer}: ${hits} hits, the last one: ${last_hit}`)
  if (faults.length > 0) return judge(looked, faults)
  if (rows.every(({ is_late }) => is_late))
    return untellable(looked, ['The canaries have not tried for an hour.'])
  const untried = PROBE_LAYERS.filter((layer) => rows.find((row) => row.layer === layer)?.is_old !== false)
  if (untried.length > 0)
    return untellable(looked, [`No attempt of a day could be judged: ${untried.join(', ')}.`])
  return judge(looked, faults)
}
