/** Removes what uploads left that never became a document: refused, broken off, or cut by a crash. */
import type { Ctx } from '#core/ctx.ts'
import type { Job, Task } from '#core/jobs/job.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import { queueSweep, SWEEP_TASK, UPLOAD_HOURS } from './announce-upload.ts'

const AT_ONCE = 1_000

export const sweepUploadsTask: Task = { name: SWEEP_TASK, permissions: [], run: sweepUploads }

async function sweepUploads(ctx: Ctx, job: Job): Promise<void> {
  const left = await ctx.read(job.actor, async (tx) => {
    const rows = await unfinished(tx)
      .where('created_at', '<', new Date(tx.now().getTime() - UPLOAD_HOURS * 3_600_000))
      .limit(AT_ONCE)
      .execute()
    for (const { id } of rows) await tx.blobs.remove(id)
    return rows.map(({ id }) => id)
  })
  await ctx.write(job.actor, async (tx) => {
    if (left.length > 0) await tx.db.deleteFrom('document_blob').where('id', 'in', left).execute()
    if (await unfinished(tx).limit(1).executeTakeFirst()) await queueSweep(tx, job.record)
    tx.audit({ action: 'knowledge.upload.swept', detail: { count: left.length } })
  })
}

function unfinished(tx: TenantReader) {
  return tx.db
    .selectFrom('document_blob')
    .select('id')
    .where('use', '=', 'original')
    .where('state', '=', 'wanted')
}
