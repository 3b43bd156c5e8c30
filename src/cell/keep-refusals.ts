// The region's log of refusals is kept for so long and no longer: folded and forgotten by the cell, in the cell, without looking at tenants.
import { setTimeout as pause } from 'node:timers/promises'
import type { QueuePool } from '#core/db/queue-pool.ts'
import type { Log } from '#core/log.ts'
import type { Clock } from '#core/time.ts'

const EVERY_MS = 3_600_000

export interface RefusalKeeper {
  readonly region: string
  readonly pool: QueuePool
  readonly now: Clock
  readonly log: Log
}

/** Folds what is older than 7 days and forgets what is older than 90, at once and then every hour, until `signal`. */
export async function keepRefusals(keeper: RefusalKeeper, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await foldRefusals(keeper).catch((error: unknown) =>
      keeper.log.error({ region: keeper.region, error }, 'refusals stay as they are until the next hour'),
    )
    await pause(EVERY_MS, undefined, { signal, ref: false }).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
  }
}

/** Does it once; answers how many counts per minute became counts per day. */
export async function foldRefusals({ pool, now }: Pick<RefusalKeeper, 'pool' | 'now'>): Promise<number> {
  const { rows } = await pool.query<{ folded: string }>('select cell.fold_refusals($1) as folded', [now()])
  return Number(rows[0]?.folded ?? 0)
}
