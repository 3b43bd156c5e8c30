/** Removes what uploads left: refused, broken off or cut by a crash, and those that were not finished in time. What was not fetched, too, after its time. */
import type { Ctx } from '#core/ctx.ts'
import type { Job, Task } from '#core/jobs/job.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import { queueSweep, SWEEP_TASK, UPLOAD_HOURS } from '../documents/announce-upload.ts'
import { forgetOldFetches } from '../documents/fetch-record.ts'
import { removeUpload } from './remove-upload.ts'

const AT_ONCE = 1_000
/** Each may have ten thousand parts. */
const UPLOADS_AT_ONCE = 20

export const sweepUploadsTask: Task = { name: SWEEP_TASK, permissions: [], run: sweepUploads }

async function sweepUploads(ctx: Ctx, job: Job): Promise<void> {
  const uploads = await sweepExpired(ctx, job)
  const { left, parts } = await ctx.read(job.actor, async (tx) => {
    const before = new Date(tx.now().getTime() - UPLOAD_HOURS * 3_600_000)
    const rows = await unfinished(tx).where('created_at', '<', before).limit(AT_ONCE).execute()
    for (const { id } of rows) await tx.blobs.remove(id)
    return { left: rows.map(({ id }) => id), parts: await tx.blobs.sweep(before) }
  })
  await ctx.write(job.actor, async (tx) => {
    if (left.length > 0) await tx.db.deleteFrom('document_blob').where('id', 'in', left).execute()
    const isAwaited = await forgetOldFetches(tx)
    if (isAwaited || (await unfinished(tx).limit(1).executeTakeFirst()))
      await queueSweep(tx, job.record, UPLOAD_HOURS + 1)
    tx.audit({ action: 'knowledge.upload.swept', detail: { count: left.length, parts, uploads } })
  })
}

async function sweepExpired(ctx: Ctx, job: Job): Promise<number> {
  for (let swept = 0; ; ) {
    job.signal.throwIfAborted()
    const expired = await ctx.read(job.actor, (tx) =>
      tx.db
        .selectFrom('upload')
        .select('id')
        .where('expires_at', '<=', tx.now())
        .orderBy('id')
        .limit(UPLOADS_AT_ONCE)
        .execute(),
    )
    for (const { id } of expired) await ctx.write(job.actor, (tx) => removeUpload(tx, id))
    swept += expired.length
    if (expired.length < UPLOADS_AT_ONCE) return swept
  }
}

function unfinished(tx: TenantReader) {
  return tx.db
    .selectFrom('document_blob')
    .select('id')
    .where('use', '=', 'original')
    .where('state', '=', 'wanted')
}
