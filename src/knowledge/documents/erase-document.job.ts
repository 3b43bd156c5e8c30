/**
 * After a document was removed: its blobs, its key, and its title where work on it was shown.
 * Must stay true: runs only for a document that is gone from its table; running again finds nothing and does nothing.
 */
import type { Ctx } from '#core/ctx.ts'
import { destroySubject } from '#core/destruction/destruction-record.ts'
import { sealActivity } from '#core/jobs/activity-seal.ts'
import type { Job, Task } from '#core/jobs/job.ts'
import type { Origin } from '#core/tenancy/actor.ts'
import { removeUpload } from '../uploads/remove-upload.ts'
import { deleteRows, removeFiles } from './erase-blobs.ts'
import { forgetFetches } from './fetch-record.ts'

/** What work on an erased document still says of whence it was asked for. */
const NOWHERE: Origin = { ip: '', userAgent: '' }

export const eraseDocumentTask: Task = {
  name: 'knowledge.document.erase',
  permissions: [],
  run: eraseDocument,
}

async function eraseDocument(ctx: Ctx, job: Job): Promise<void> {
  const document = job.record
  const of = { column: 'document_id', id: document } as const
  const removed = await ctx.read(job.actor, async (tx) => {
    const there = await tx.db
      .selectFrom('document')
      .select('id')
      .where('id', '=', document)
      .executeTakeFirst()
    return there ? [] : removeFiles(tx, of)
  })
  await forgetUploads(ctx, job)
  if (removed.length === 0) return
  await ctx.write(job.actor, async (tx) => {
    const blobs = await deleteRows(tx, of, removed)
    await destroySubject(tx, 'document', document)
    const shown = await tx.db.selectFrom('activity').select('id').where('record', '=', document).execute()
    for (const { id } of shown)
      await tx.db
        .updateTable('activity')
        .set({
          subject: null,
          title: sealActivity(tx, { id, column: 'title', under: undefined }, ''),
          origin: sealActivity(tx, { id, column: 'origin', under: undefined }, NOWHERE),
        })
        .where('id', '=', id)
        .execute()
    // What was told of it, and from where it was fetched.
    await tx.db.deleteFrom('notification').where('record', '=', document).execute()
    const same = await tx.db
      .selectFrom('document_fetch')
      .select('id')
      .where('document', '=', document)
      .execute()
    await forgetFetches(
      tx,
      same.map(({ id }) => id),
    )
    tx.audit({
      action: 'knowledge.document.erased',
      record: { kind: 'document', id: document },
      detail: { blobs },
    })
  })
}

/** What uploads that became the document still tell of it. */
async function forgetUploads(ctx: Ctx, job: Job): Promise<void> {
  const uploads = await ctx.read(job.actor, (tx) =>
    tx.db.selectFrom('upload').select('id').where('result', '=', job.record).execute(),
  )
  for (const { id } of uploads) await ctx.write(job.actor, (tx) => removeUpload(tx, id))
}
