/** After a snip was removed: its picture. Running again finds nothing and does nothing. */
import type { Ctx } from '#core/ctx.ts'
import type { Job, Task } from '#core/jobs/job.ts'

export const eraseSnipTask: Task = { name: 'knowledge.snip.erase', permissions: [], run: eraseSnip }

async function eraseSnip(ctx: Ctx, job: Job): Promise<void> {
  const blobs = await ctx.read(job.actor, async (tx) => {
    const there = await tx.db.selectFrom('snip').select('id').where('id', '=', job.record).executeTakeFirst()
    if (there) return []
    const rows = await tx.db
      .selectFrom('document_blob')
      .select('id')
      .where('snip_id', '=', job.record)
      .execute()
    for (const { id } of rows) await tx.blobs.remove(id)
    return rows.map(({ id }) => id)
  })
  if (blobs.length === 0) return
  await ctx.write(job.actor, async (tx) => {
    await tx.db.deleteFrom('document_blob').where('id', 'in', blobs).execute()
    tx.audit({
      action: 'knowledge.snip.erased',
      record: { kind: 'snip', id: job.record },
      detail: { blobs: blobs.length },
    })
  })
}
