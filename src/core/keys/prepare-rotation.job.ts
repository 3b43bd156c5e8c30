// The first step of a rotation: the next version of every key of a document or person. When all are there, it queues the sealing for the
// time when every process seals with them. Must stay true: running it again makes nothing twice and leaves one job waiting.
import type { Task } from '../jobs/job.ts'
import { PREPARE_TASK, queueSealing } from './rotate-keys.ts'
import { addVersions, type DueSubject, findDueSubjects, makeNextVersions } from './subject-versions.ts'

/** Its record is the activity that shows the rotation. */
export const prepareRotationTask: Task = {
  name: PREPARE_TASK,
  permissions: [],
  async run(ctx, job) {
    for (let after: DueSubject | null = null; ; ) {
      job.signal.throwIfAborted()
      const from: DueSubject | null = after
      const { due, made } = await ctx.read(job.actor, async (tx) => {
        const found = await findDueSubjects(tx, from)
        return { due: found, made: await makeNextVersions(tx, found) }
      })
      after = due.at(-1) ?? null
      if (after === null) break
      await ctx.write(job.actor, async (tx) => {
        tx.audit({ action: 'core.key.versionsAdded', detail: { keys: await addVersions(tx, made) } })
      })
    }
    await ctx.write(job.actor, (tx) => queueSealing(tx, job.record))
  },
}
