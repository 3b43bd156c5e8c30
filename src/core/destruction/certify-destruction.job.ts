// Writes certificates into the tenant's log: of each destruction that no copy can undo any more, what went, when, and what the keeper
// forgot for it. Must stay true: the cell answers only for what is forgotten; one destruction has one certificate, however often it runs.
import { sql } from 'kysely'
import type { AuditDetail } from '../audit/audit-event.ts'
import type { Task } from '../jobs/job.ts'
import type { TenantWriter } from '../tenancy/tenant-door.ts'
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
          const indexGone = await indexDestroyed(tx, some)
          for (const row of some)
            if (mine.has(row.id))
              tx.audit({
                action: CERTIFIED,
                record: { kind: 'destruction', id: row.id },
                detail: factsOf(row, indexGone(row)),
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

/** When the last key of the index that went with a destruction was destroyed: the rewrite comes some minutes after the destruction. */
async function indexDestroyed(
  tx: TenantWriter,
  rows: readonly DestructionRow[],
): Promise<(row: DestructionRow) => Date | null> {
  const ids = [...new Set(rows.flatMap(({ index_keys: keys }) => keys ?? []))]
  const keys =
    ids.length === 0
      ? []
      : await tx.db.selectFrom('key').select(['id', 'destroyed_at']).where('id', 'in', ids).execute()
  const at = new Map(keys.map((key) => [key.id, key.destroyed_at?.getTime() ?? 0]))
  return ({ index_keys: own }) => {
    const last = Math.max(0, ...(own ?? []).map((id) => at.get(id) ?? 0))
    return last === 0 ? null : new Date(last)
  }
}

/**
 * What the certificate says. Ids of keys are separated by blanks, and so are epochs. Copies of a key of the index may have been lent until
 * some minutes behind `indexDestroyedAt`.
 */
export function factsOf(row: DestructionRow, indexDestroyedAt: Date | null = null): AuditDetail {
  const destroyed = Math.max(row.destroyed_at.getTime(), indexDestroyedAt?.getTime() ?? 0)
  return {
    kind: row.kind,
    subject: row.subject,
    keys: row.keys.join(' '),
    indexKeys: row.index_keys === null ? null : row.index_keys.join(' '),
    destroyedAt: row.destroyed_at.toISOString(),
    loansEndedAt: new Date(destroyed + LENT_FOR_MS).toISOString(),
    forgottenEpochs: (row.forgets ?? []).join(' '),
    livingEpoch: row.epoch,
    forgottenAt: row.forgotten_at === null ? null : row.forgotten_at.toISOString(),
    keeperSequence: row.sequence === null ? null : Number(row.sequence),
  }
}
