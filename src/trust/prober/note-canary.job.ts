// The job with which one canary tries to act in the other: it says in whose log it ran and whether it found the record it was given.
// Must stay true: it changes nothing but that log, and does nothing at all in a tenant that is no canary.
import type { Ctx } from '#core/ctx.ts'
import type { Job, Task } from '#core/jobs/job.ts'

export const NOTE_TASK = 'trust.canary.note'

export const noteCanaryTask: Task = {
  name: NOTE_TASK,
  permissions: [],
  async run(ctx: Ctx, { tenant, region, actor, record }: Job) {
    const attempt = actor.onBehalfOf
    if (attempt === null || !(await ctx.isolation(region).canaries()).includes(tenant)) return
    await ctx.read(actor, async (tx) => {
      let isFound = false
      for (const kind of ctx.records) if ((await kind.find(tx, record)) !== undefined) isFound = true
      tx.audit({
        action: isFound ? 'trust.canary.reached' : 'trust.canary.noted',
        record: { kind: 'attempt', id: attempt },
      })
    })
  },
}
