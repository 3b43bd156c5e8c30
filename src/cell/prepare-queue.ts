// What a cell's queue needs before the first job: the library's tables, made as `dispatcher`, and the jobs of whoever dispatched
// before us back in line. Must stay true: one process dispatches a cell, so whatever is locked at its start was left by a dead one.
import { runMigrations } from 'graphile-worker'
import type { QueuePool } from '#core/db/queue-pool.ts'
import type { Log } from '#core/log.ts'
import { queueLogger } from './queue-logger.ts'

/** Schema of the library's tables, made by migrations/cell/0002-queue.sql. */
export const queueSchema = 'queue'

/** Brings the library's tables up to its version. */
export async function prepareQueue(pool: QueuePool, log: Log): Promise<void> {
  await runMigrations({ pgPool: pool, schema: queueSchema, logger: queueLogger(log) })
  // Bounds each tenant's share and finds its jobs; the column is the library's, the index is ours.
  await pool.query(
    `create index if not exists jobs_by_tenant on queue._private_jobs ((payload ->> 'tenant'))`,
  )
  // The library leaves its functions to everybody; only that nobody enters the schema would stand in the way.
  await pool.query(`revoke execute on all functions in schema ${queueSchema} from public`)
}

/** Puts back every job that a dispatcher held when it died or stopped; the broken-off attempt does not count. */
export async function takeBackJobs(pool: QueuePool): Promise<number> {
  // A job replaced by a newer one of its key while it ran, and failed since, is dead.
  await pool.query(
    `delete from queue._private_jobs
     where locked_at is null and attempts >= max_attempts and last_error is distinct from 'given_back'`,
  )
  const { rowCount } = await pool.query(
    `update queue._private_jobs
     set locked_at = null, locked_by = null, last_error = null,
       attempts = greatest(attempts - 1, 0), run_at = least(run_at, now())
     where locked_at is not null or last_error = 'given_back'`,
  )
  return rowCount ?? 0
}
