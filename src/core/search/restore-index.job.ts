// Makes the index anew where an older copy of the database was taken up: what it held lay under keys that were destroyed since.
// Must stay true: running it again does no harm; what people do meanwhile is found, too.
import type { Task } from '../jobs/job.ts'
import { blindTable } from '../keys/rotate-keys.job.ts'

/** The cell queues it under this name (src/cell/key-lists.ts). */
export const RESTORE_INDEX_TASK = 'core.index.restore'

export const restoreIndexTask: Task = {
  name: RESTORE_INDEX_TASK,
  permissions: [],
  async run(ctx, job) {
    await ctx.renewKeys(job.tenant)
    for (const table of ctx.blindTables)
      if (table.purpose === 'search') await blindTable(ctx, job, table, () => undefined)
    for (const restore of ctx.indexRestorers) await restore(ctx, job)
  },
}
