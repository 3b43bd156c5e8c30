// Takes what was destroyed out of what the organisation keeps together: addresses of erased persons are blanked in every record, the index
// is sealed and what is looked up of documents blinded anew under the next key of the index, and its older keys are destroyed with all the
// words and values that stood under them.
// Must stay true: an older key goes only when nothing is sealed under it; running it again does no harm; it works under the newest key that
// seals, whatever newer ones wait, so that no later destruction puts off an earlier one.
import { sql } from 'kysely'
import type { Ctx } from '../ctx.ts'
import type { Job, Task } from '../jobs/job.ts'
import { isDamage } from '../keys/is-damage.ts'
import { blindTable } from '../keys/rotate-keys.job.ts'
import { madeAt } from '../keys/version-in-use.ts'
import { RESTORE_INDEX_TASK } from '../search/restore-index.job.ts'
import type { TenantReader, TenantWriter } from '../tenancy/tenant-door.ts'
import { blankOrigins } from './blank-origins.ts'
import {
  type DestructionRow,
  queueRewrite,
  REINDEX_TASK,
  readDestructions,
  UNUSED_MS,
} from './destruction-record.ts'

const PAGE = 500

export const reindexTask: Task = {
  name: REINDEX_TASK,
  permissions: [],
  async run(ctx, job) {
    await ctx.renewKeys(job.tenant)
    const { inUse, persons } = await ctx.read(job.actor, async (tx) => ({
      inUse: tx.keys.current('search'),
      persons: await erasedPersons(tx),
    }))
    const { version } = inUse
    for (const person of persons) await blankOrigins(ctx, job, person)
    for (const table of ctx.blindTables)
      if (table.purpose === 'search') await blindTable(ctx, job, table, () => undefined)
    await rewriteIndex(ctx, job, version).catch(async (error: unknown) => {
      if (!isDamage(error)) throw error
      await dropDamaged(ctx, job, version)
    })
    await ctx.write(job.actor, async (tx) => {
      const gone = await tx.db
        .updateTable('key')
        .set({ state: 'destroyed', wrapped: null, destroyed_at: tx.now() })
        .where('purpose', '=', 'search')
        .where('version', '<', version)
        .where('state', '!=', 'destroyed')
        .returning('id')
        .execute()
      const keys = gone.map(({ id }) => id)
      // Whoever destroyed something later than this has made a further key, and its rewrite is to come.
      const until = new Date(madeAt(inUse.id) + UNUSED_MS)
      await sql`select cell.note_index_rewritten(${until}, ${keys}::uuid[])`.execute(tx.db)
      tx.audit({ action: 'core.destruction.indexRewritten', detail: { keys: keys.length, version } })
      await demandDone(tx, job.record, version)
    })
  },
}

async function rewriteIndex(ctx: Ctx, job: Job, version: number): Promise<void> {
  for (let isDone = false; !isDone; ) {
    job.signal.throwIfAborted()
    isDone = await ctx.write(job.actor, async (tx) => {
      // A newer key seals by now: then this one would move everything twice.
      if (tx.keys.current('search').version !== version) throw new Error('a newer key of the index seals')
      tx.audit({ action: 'core.key.resealed', detail: { table: 'search' } })
      const { done, total } = await tx.search.rewrite(version)
      job.progress(done, total)
      return done >= total
    })
  }
}

/** A part of the index that does not open must not keep the key of what was destroyed: all of that key goes, and the index is made anew. */
async function dropDamaged(ctx: Ctx, job: Job, version: number): Promise<void> {
  await ctx.write(job.actor, async (tx) => {
    await tx.search.dropOlder(version)
    await tx.enqueue(RESTORE_INDEX_TASK, job.record, { key: RESTORE_INDEX_TASK, urgency: 'late' })
    tx.audit({ action: 'core.key.resealed', outcome: 'failed', detail: { table: 'search', damaged: 1 } })
  })
}

/**
 * The destruction that asked for the rewrite must not wait for the index any more. Where it does, its key does not seal yet; or it is
 * younger than every key, because the clock went back, and gets one more.
 */
async function demandDone(tx: TenantWriter, destruction: string, version: number): Promise<void> {
  const [row] = await readDestructions(tx, { id: destruction, limit: 1 })
  if (!row?.awaits_index) return
  const newer = await tx.db
    .selectFrom('key')
    .select('id')
    .where('purpose', '=', 'search')
    .where('version', '>', version)
    .executeTakeFirst()
  if (newer) throw new Error('the newest key of the index is not in use yet')
  await queueRewrite(tx, destruction)
}

/** Persons whose traces are still to be blanked. */
async function erasedPersons(tx: TenantReader): Promise<string[]> {
  const persons: string[] = []
  for (let before: string | null = null; ; ) {
    const rows: DestructionRow[] = await readDestructions(tx, { before, limit: PAGE })
    persons.push(
      ...rows.filter((row) => row.kind === 'person' && row.awaits_index).map(({ subject }) => subject),
    )
    if (rows.length < PAGE) return persons
    before = rows.at(-1)?.id ?? null
  }
}
