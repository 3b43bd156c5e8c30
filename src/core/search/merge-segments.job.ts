// Merges the search index of a tenant in bounded steps, each its own transaction.
import type { Task } from '../jobs/job.ts'

export const mergeSegmentsTask: Task = {
  name: 'core.search.merge',
  permissions: [],
  async run(ctx, job) {
    for (;;) {
      job.signal.throwIfAborted()
      const outcome = await ctx.write(job.actor, async (tx) => {
        tx.audit({ action: 'core.search.merged' })
        return tx.search.merge()
      })
      if (outcome !== 'more') return
    }
  },
}
