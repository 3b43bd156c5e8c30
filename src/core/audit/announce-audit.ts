// Tells the sealer of the cell that a tenant is writing events, so that nothing periodic has to walk tenants.
// Must stay true: when an event commits, an announcement of its tenant has committed at most ANNOUNCE_EVERY_MS (and the
// life of one transaction) before it. The sealer keeps a tenant hot for longer than both together.
import { type QueryExecutorProvider, sql } from 'kysely'
import { type Stopwatch, stopwatch } from '../time.ts'

/** A process announces a tenant at most once in this time. */
export const ANNOUNCE_EVERY_MS = 3000

/** The announcement statement; `db` is a connection of the tenant outside any transaction. */
export async function announceAudit(db: QueryExecutorProvider): Promise<void> {
  await sql`select cell.announce()`.execute(db)
}

/** Announces each tenant as seldom as the sealer allows. */
export interface Announcer {
  /**
   * Runs `send` (an `announceAudit`) unless one for this tenant was sent less than ANNOUNCE_EVERY_MS ago; then waits for
   * that one when it is still under way. Call it before a transaction begins, and again after one that took long.
   *
   * Why before and in autocommit: inside the business transaction the announcement would become visible only with its
   * events, and hold the row of the tenant locked against all other writers until then. Sent after the commit only, a
   * process that dies in between would leave events nobody seals. Sent before, the sealer may look too early, find
   * nothing, and must therefore look again: it does, every second for ten, and events announced at t commit by
   * t + 3 s (the next announcement) + 5 s (older transactions are ended when they hold the order up).
   */
  announce(tenant: string, send: () => Promise<void>): Promise<void>
}

/** An announcer of one process. It goes by a stopwatch: a wall clock set back by an hour would keep it silent for that hour. */
export function createAnnouncer(elapsed: Stopwatch = stopwatch): Announcer {
  const sent = new Map<string, { at: number; done: Promise<void> }>()
  return {
    async announce(tenant, send) {
      const at = elapsed()
      const last = sent.get(tenant)
      if (last && at - last.at < ANNOUNCE_EVERY_MS) return last.done
      if (sent.size > 1000)
        for (const [name, old] of sent) if (at - old.at >= ANNOUNCE_EVERY_MS) sent.delete(name)
      const entry = { at, done: send() }
      sent.set(tenant, entry)
      try {
        await entry.done
      } catch (error) {
        if (sent.get(tenant) === entry) sent.delete(tenant)
        throw error
      }
    },
  }
}
