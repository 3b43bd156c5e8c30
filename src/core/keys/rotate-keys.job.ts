// Seals everything of a tenant under its newest keys, table by table, and comes back once to catch what other processes sealed with
// a key that was still lent to them. Must stay true: running it again does no harm.
import type { Task } from '../jobs/job.ts'
import { countRows, ROTATE_TASK, resealRows, retireKeys } from './rotate-keys.ts'

/** Keys are lent for ten minutes; after this nobody seals with an older one. */
const LEASE_SECONDS = 660

export const rotateKeysTask: Task = {
  name: ROTATE_TASK,
  permissions: [],
  async run(ctx, job) {
    ctx.dropKeys(job.tenant)
    const tables = ctx.sealedTables
    let total = 0
    for (const table of tables) total += await ctx.read(job.actor, (tx) => countRows(tx, table), table.store)
    let done = 0
    let resealed = 0
    for (const table of tables) {
      for (let after: string | null = ''; after !== null; ) {
        job.signal.throwIfAborted()
        const from: string = after
        const step = await ctx.write(
          job.actor,
          async (tx) => {
            const result = await resealRows(tx, table, from)
            tx.audit({ action: 'core.key.resealed', detail: { table: table.table, rows: result.resealed } })
            return result
          },
          table.store,
        )
        after = step.last
        done += step.read
        resealed += step.resealed
        job.progress(done, Math.max(total, done))
      }
    }
    for (;;) {
      job.signal.throwIfAborted()
      const progress = await ctx.write(job.actor, async (tx) => {
        tx.audit({ action: 'core.key.resealed', detail: { table: 'search' } })
        return tx.search.rewrite(tx.keys.current('search').version)
      })
      if (progress.done >= progress.total) break
    }
    await ctx.write(job.actor, async (tx) => {
      if (resealed > 0)
        await tx.enqueue(ROTATE_TASK, job.record, { key: 'rotate-again', delaySeconds: LEASE_SECONDS })
      else await retireKeys(tx)
      tx.audit({ action: 'core.key.resealed', detail: { rows: resealed, isLast: resealed === 0 } })
    })
  },
}
