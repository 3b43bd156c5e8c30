/** After a snip was removed: its picture. Running again finds nothing and does nothing. */
import type { Ctx } from '#core/ctx.ts'
import type { Job, Task } from '#core/jobs/job.ts'
import { deleteRows, removeFiles } from '../documents/erase-blobs.ts'

export const eraseSnipTask: Task = { name: 'knowledge.snip.erase', permissions: [], run: eraseSnip }

async function eraseSnip(ctx: Ctx, job: Job): Promise<void> {
  const of = { column: 'snip_id', id: job.record } as const
  const removed = await ctx.read(job.actor, async (tx) => {
    const there = await tx.db.selectFrom('snip').select('id').where('id', '=', job.record).executeTakeFirst()
    return there ? [] : removeFiles(tx, of)
  })
  if (removed.length === 0) return
  await ctx.write(job.actor, async (tx) => {
    const blobs = await deleteRows(tx, of, removed)
    tx.audit({
      action: 'knowledge.snip.erased',
      record: { kind: 'snip', id: job.record },
      detail: { blobs },
    })
  })
}
