// Waiting for the queue to be empty, woken by the queue's own statements: nothing leaves the queue but through this pool.
import type { QueuePool } from '#core/db/queue-pool.ts'
import type { Log } from '#core/log.ts'

export interface Drain {
  /** Resolves when no job (of the tenant) is due, runs, or waits for its next attempt. Jobs put off and never tried do not count. */
  drained(tenant?: string): Promise<void>
  /** Lets go of everybody who waits; their promises reject. */
  close(): void
}

interface Waiter {
  readonly tenant: string | null
  resolve(): void
  reject(error: Error): void
}

// A job that a newer one of the same key replaced while it ran, and that then failed, is dead: nothing waits for it.
const emptiness = `
  select not exists (
    select from queue._private_jobs
    where ($1::text is null or payload ->> 'tenant' = $1)
      and (attempts > 0 or run_at <= now())
      and (locked_at is not null or attempts < max_attempts)
  ) as empty`

/** Watches the pool the queue's library works with. */
export function openDrain(pool: QueuePool, log: Log): Drain {
  const waiters = new Set<Waiter>()
  let looking = false
  let again = false
  let isClosed = false
  let own: unknown

  async function look(): Promise<void> {
    if (looking) {
      again = true
      return
    }
    looking = true
    do {
      again = false
      for (const waiter of waiters) {
        try {
          if (await isEmpty(waiter.tenant)) {
            waiters.delete(waiter)
            waiter.resolve()
          }
        } catch (error) {
          // The next statement that gets through wakes us again.
          if (!isClosed) log.debug({ error }, 'the queue cannot be read now')
        }
      }
    } while (again && waiters.size > 0)
    looking = false
  }

  async function isEmpty(tenant: string | null): Promise<boolean> {
    const client = await pool.connect()
    try {
      const { rows } = await client.query<{ empty: boolean }>(emptiness, [tenant])
      return rows[0]?.empty === true
    } finally {
      own = client
      client.release()
      own = undefined
    }
  }

  const onRelease = (_error: unknown, client: unknown) => {
    if (client !== own && waiters.size > 0) void look()
  }
  pool.on('release', onRelease)
  return {
    drained(tenant) {
      return new Promise((resolve, reject) => {
        waiters.add({ tenant: tenant ?? null, resolve, reject })
        void look()
      })
    },
    close() {
      isClosed = true
      pool.off('release', onRelease)
      for (const waiter of waiters) waiter.reject(new Error('the cell process stops'))
      waiters.clear()
    },
  }
}
