// The sealer of a cell: once a second it seals the events of the tenants that announced themselves lately.
// Must stay true: nothing periodic walks tenants (only a start does); one tenant's trouble never keeps another's events
// unsealed; only a tenant's own transaction is ever ended, and only when committed events wait behind it.
import { setTimeout } from 'node:timers/promises'
import { type QueryExecutorProvider, sql } from 'kysely'
import type { SignCheckpoint } from '#core/audit/checkpoint.ts'
import { sealAudit } from '#core/audit/seal-audit.ts'
import type { Log } from '#core/log.ts'
import { type Clock, type Stopwatch, stopwatch } from '#core/time.ts'
import { logOrigin } from '#protocol/keeper/log-origin.ts'

/** A connection as the role `sealer`, held by the sealer alone. */
export interface SealerConnection {
  readonly db: QueryExecutorProvider
  close(): Promise<void>
}

export interface SealerOptions {
  readonly region: string
  readonly connect: () => Promise<SealerConnection>
  readonly sign: SignCheckpoint
  /** Dates what is signed. */
  readonly now: Clock
  /** Measures how long something is hot, waits or holds. */
  readonly elapsed?: Stopwatch
  readonly log: Pick<Log, 'warn' | 'error'>
}

/** What one round did. */
export interface SealerRound {
  /** Events sealed. */
  readonly sealed: number
  /** Tenants that are looked at again in the next round. */
  readonly hot: number
  /** Tenants that could not be sealed. */
  readonly failed: number
  /** Logins whose transaction was ended. */
  readonly ended: readonly string[]
}

export interface Sealer {
  /** Makes every tenant hot: events may have been announced and lost with the process that was to seal them. */
  walk(): Promise<void>
  /** One round. Throws when the connection is lost; the next call opens another. */
  round(): Promise<SealerRound>
  /** Walks, then rounds until `signal` aborts; a failing round is logged and tried again. Resolves when it has stopped. */
  run(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/**
 * Longer than ANNOUNCE_EVERY_MS (a process stays silent that long) and OPEN_MOST_MS (a transaction that commits its
 * events may be that old) together: announce-audit.ts tells the race.
 */
const HOT_MS = 10_000
const OPEN_MOST_MS = 5_000
const ROUND_MS = 500
/** A connection keeps what it knows of every table it touched (about 20 KB each), so it is changed for a new one. */
const TENANTS_PER_CONNECTION = 200

const TENANT_LOGIN = /^t_[a-z2-7]{13}(_people)?$/

interface Heat {
  /** Looked at until then, by the stopwatch. */
  until: number
  retryAt: number
  failures: number
}

/** A sealer over one cell. Opens nothing until its first round. */
export function createSealer(options: SealerOptions): Sealer {
  const { region, connect, sign, now, elapsed = stopwatch, log } = options
  const hot = new Map<string, Heat>()
  const touched = new Set<string>()
  let connection: SealerConnection | undefined
  let holder: { pid: number; xid: string; since: number } | undefined

  async function open(): Promise<QueryExecutorProvider> {
    if (touched.size >= TENANTS_PER_CONNECTION) await close()
    connection ??= await connect()
    return connection.db
  }

  async function close(): Promise<void> {
    const old = connection
    connection = undefined
    touched.clear()
    await old?.close()
  }

  function heat(rows: readonly { tenant: string }[]): void {
    for (const { tenant } of rows) hot.set(tenant, { until: elapsed() + HOT_MS, retryAt: 0, failures: 0 })
  }

  async function walk(): Promise<void> {
    const db = await open()
    const { rows } = await sql<{
      tenant: string
    }>`select tenant from cell.tenant where state = 'active'`.execute(db)
    heat(rows)
  }

  async function sealOne(tenant: string): Promise<{ sealed: number; waiting: boolean }> {
    let sealed = 0
    for (;;) {
      touched.add(tenant)
      const result = await sealAudit({
        db: await open(),
        tenant,
        origin: logOrigin(region, tenant),
        sign,
        now,
      })
      sealed += result.sealed
      if (!result.more) return { sealed, waiting: result.waiting }
    }
  }

  async function round(): Promise<SealerRound> {
    try {
      // Taken away, not only read: the table stays as small as the number of tenants that just spoke.
      const due = await sql<{ tenant: string }>`delete from cell.audit_due returning tenant`.execute(
        await open(),
      )
      heat(due.rows)
      let sealed = 0
      let failed = 0
      let someWait = false
      for (const [tenant, state] of hot) {
        if (state.retryAt > elapsed()) continue
        try {
          const result = await sealOne(tenant)
          state.failures = 0
          sealed += result.sealed
          if (result.waiting) someWait = true
          else if (state.until <= elapsed()) hot.delete(tenant)
        } catch (error) {
          failed++
          log.error({ tenant, err: error }, 'events of a tenant could not be sealed')
          await retryLater(tenant, state)
        }
      }
      return { sealed, failed, hot: hot.size, ended: someWait ? await endHolder(await open()) : [] }
    } catch (error) {
      await close().catch(() => undefined)
      throw error
    }
  }

  /** Stays hot, asked less and less often. On a lost connection this fails too, which ends the round. */
  async function retryLater(tenant: string, state: Heat): Promise<void> {
    const { rows } = await sql`select from cell.tenant where tenant = ${tenant} and state = 'active'`.execute(
      await open(),
    )
    if (rows.length === 0) hot.delete(tenant)
    state.retryAt = elapsed() + Math.min(60_000, ROUND_MS * 2 ** state.failures)
    state.failures++
  }

  /** Ends the transaction that holds the order up, once it was seen holding for OPEN_MOST_MS. */
  async function endHolder(db: QueryExecutorProvider): Promise<string[]> {
    const { rows } = await sql<{ pid: number; usename: string | null; xid: string }>`
      select pid, usename, backend_xid::text as xid from pg_stat_activity
      where backend_xid = pg_snapshot_xmin(pg_current_snapshot())::xid`.execute(db)
    const [found] = rows
    if (!found) {
      holder = undefined
      return []
    }
    if (holder?.pid !== found.pid || holder.xid !== found.xid)
      holder = { pid: found.pid, xid: found.xid, since: elapsed() }
    if (elapsed() - holder.since < OPEN_MOST_MS) return []
    const login = found.usename ?? ''
    if (!TENANT_LOGIN.test(login)) {
      log.warn({ login, pid: found.pid }, "a transaction that is no tenant's holds the audit log up")
      return []
    }
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where pid = ${found.pid} and backend_xid::text = ${found.xid}`.execute(db)
    log.warn({ login, pid: found.pid }, 'ended a transaction that held the audit log up')
    holder = undefined
    return [login]
  }

  async function run(signal: AbortSignal): Promise<void> {
    let walked = false
    while (!signal.aborted) {
      const began = elapsed()
      try {
        if (!walked) await walk()
        walked = true
        await round()
      } catch (error) {
        log.error({ err: error }, 'a round of the sealer failed')
        // It may have taken announcements away and forgotten them.
        walked = false
      }
      const rest = Math.max(0, ROUND_MS - (elapsed() - began))
      await setTimeout(rest, undefined, { signal }).catch((error: Error) => {
        if (error.name !== 'AbortError') throw error
      })
    }
    await close()
  }

  return { walk, round, run, close }
}
