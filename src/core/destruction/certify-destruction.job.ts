// Writes certificates into the tenant's log: of each destruction that no copy can undo any more, what went, when, and what the keeper
// forgot for it. Must stay true: the cell answers only for what is forgotten; one destruction has one certificate, however often it runs.
import { sql } from 'kysely'
import type { AuditDetail } from '../audit/audit-event.ts'
import type { Task } from '../jobs/job.ts'
import { CERTIFY_TASK, type DestructionRow, readDestructions } from './destruction-record.ts'

/** The event that is the certificate of a destruction. */
export const CERTIFIED = 'core.destruction.certified'
/** A destroyed key may have been in the memory of a process for so long: what the keeper lends for. */
const LENT_FOR_MS = 10 * 60_000
const AT_ONCE = 50

export const certifyTask: Task = {
  name: CERTIFY_TASK,
  permissions: [],
  async run(ctx, job) {
    for (let before: string | null = null; ; ) {
      job.signal.throwIfAborted()
      const from: string | null = before
      const rows: DestructionRow[] = await ctx.read(job.actor, (tx) =>
        readDestructions(tx, { before: from, limit: 500 }),
      )
      const due = rows.filter((row) => row.forgotten_at !== null && row.certified_at === null)
      for (let at = 0; at < due.length; at += AT_ONCE) {
        const some = due.slice(at, at + AT_ONCE)
        await ctx.write(job.actor, async (tx) => {
          const noted = await sql<{ id: string }>`
            select note_certified as id from cell.note_certified(${some.map(({ id }) => id)}::uuid[])`.execute(
            tx.db,
          )
          const mine = new Set(noted.rows.map(({ id }) => id))
          for (const row of some)
            if (mine.has(row.id))
              tx.audit({
                action: CERTIFIED,
                record: { kind: 'destruction', id: row.id },
                detail: factsOf(row),
              })
          // Another run was first.
          if (mine.size === 0) tx.audit({ action: 'core.destruction.certifiedBefore' })
        })
      }
      const last = rows.at(-1)
      if (last === undefined || rows.length < 500) return
      before = last.id
    }
  },
}

/** What the certificate says. Ids of keys are separated by blanks, and so are epochs. */
export function factsOf(row: DestructionRow): AuditDetail {
  return {
    kind: row.kind,
    subject: row.subject,
    keys: row.keys.join(' '),
    indexKeys: row.index_keys === null ? null : row.index_keys.join(' '),
    destroyedAt: row.destroyed_at.toISOString(),
    loansEndedAt: new Date(row.destroyed_at.getTime() + LENT_FOR_MS).toISOString(),
    forgottenEpochs: (row.forgets ?? []).join(' '),
    livingEpoch: row.epoch,
    forgottenAt: row.forgotten_at === null ? null : row.forgotten_at.toISOString(),
    keeperSequence: row.sequence === null ? null : Number(row.sequence),
  }
}
