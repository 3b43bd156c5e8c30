// Seals everything of a tenant under its newest keys, table by table, then lets the older ones rest.
// Must stay true: running it again does no harm; it does not begin before every process seals with the newest keys.
import type { Task } from '../jobs/job.ts'
import { countRows, isNewestInUse, ROTATE_TASK, resealRows, retireKeys } from './rotate-keys.ts'

export const rotateKeysTask: Task = {
  name: ROTATE_TASK,
  permissions: [],
  async run(ctx, job) {
    await ctx.renewKeys(job.tenant)
    if (!(await ctx.read(job.actor, isNewestInUse))) throw new Error('the newest keys are not in use yet')
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
      await retireKeys(tx)
      tx.audit({ action: 'core.key.retired', detail: { rows: resealed } })
    })
  },
}
