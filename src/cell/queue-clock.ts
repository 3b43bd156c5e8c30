// The queue under a clock that goes back: what was put off by the clock before would wait for as long as it went back, an hour or a day.
// Must stay true: no job was made later than now, and none waits longer for its next attempt than the library puts it off.
import type { QueuePool } from '#core/db/queue-pool.ts'

/** Clocks that differ by so much are the same clock. */
const SKEW = "interval '1 minute'"
/** Seconds the library waits behind an attempt. */
const BACK_OFF = 'exp(least(attempts, 10))'

/** Brings such jobs back to where they would be; answers how many. */
export async function mendTimes(pool: QueuePool): Promise<number> {
  const { rowCount } = await pool.query(
    `update queue._private_jobs set
       run_at = case when created_at > now() + ${SKEW} then now() + greatest(run_at - created_at, interval '0')
         else now() + ${BACK_OFF} * interval '1 second' end,
       created_at = least(created_at, now())
     where locked_at is null and attempts < max_attempts
       and (created_at > now() + ${SKEW} or (attempts > 0 and run_at > now() + ${BACK_OFF} * interval '1 second' + ${SKEW}))`,
  )
  return rowCount ?? 0
}
