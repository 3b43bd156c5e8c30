// Takes destroyed documents out of the index for good: everything that is left is sealed anew under the next key, and the older keys are
// destroyed. Must stay true: an older key goes only when nothing is sealed under it; running it again does no harm.
import { sql } from 'kysely'
import type { Task } from '../jobs/job.ts'
import { REINDEX_TASK } from './destruction-record.ts'

export const reindexTask: Task = {
  name: REINDEX_TASK,
  permissions: [],
  async run(ctx, job) {
    await ctx.renewKeys(job.tenant)
    const { began, version } = await ctx.read(job.actor, async (tx) => {
      const { rows } = await sql<{ began: Date; version: number }>`
        select clock_timestamp() as began, max(version) as version from key where purpose = 'search'`.execute(
        tx.db,
      )
      return { began: rows[0]?.began ?? tx.now(), version: rows[0]?.version ?? 0 }
    })
    for (let isDone = false; !isDone; ) {
      job.signal.throwIfAborted()
      isDone = await ctx.write(job.actor, async (tx) => {
        // A newer key may have come: then its own rewrite is on the way, and this one would move everything twice.
        const current = tx.keys.current('search').version
        if (current !== version) throw new Error('the newest key of the index is not in use yet')
        tx.audit({ action: 'core.key.resealed', detail: { table: 'search' } })
        const { done, total } = await tx.search.rewrite(version)
        job.progress(done, total)
        return done >= total
      })
    }
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
      await sql`select cell.note_index_rewritten(${began}, ${keys}::uuid[])`.execute(tx.db)
      tx.audit({ action: 'core.destruction.indexRewritten', detail: { keys: keys.length, version } })
    })
  },
}
