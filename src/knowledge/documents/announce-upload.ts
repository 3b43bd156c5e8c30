/**
 * Says, before the bytes of an upload are stored, under which id they will be, and takes it back when nothing came of it.
 * Must stay true: a crash leaves nothing that nobody knows of; what became a document is not withdrawn.
 */
import type { StagePlan, TenantWriter } from '#core/tenancy/tenant-door.ts'

/** An upload that has not become a document after this long never will. */
export const UPLOAD_HOURS = 24

export const SWEEP_TASK = 'knowledge.upload.sweep'

/** Ids of a document to come and of its file. */
interface Upcoming {
  readonly document: string
  readonly blob: string
}

/** The plan of an upload. Needs `knowledge.document.create`. Its row becomes the document's own in addDocument. */
export function planUpload(upload: Upcoming): StagePlan {
  return {
    blob: upload.blob,
    announce: (tx) => announceUpload(tx, upload),
    withdraw: (tx) => withdrawUpload(tx, upload),
  }
}

async function announceUpload(tx: TenantWriter, upload: Upcoming): Promise<void> {
  tx.require('knowledge.document.create')
  await tx.db
    .insertInto('document_blob')
    .values({
      id: upload.blob,
      document_id: upload.document,
      use: 'original',
      state: 'wanted',
      created_at: tx.now(),
    })
    .execute()
  await queueSweep(tx, upload.document)
  tx.audit({ action: 'knowledge.document.uploadStarted', record: { kind: 'document', id: upload.document } })
}

async function withdrawUpload(tx: TenantWriter, { document, blob }: Upcoming): Promise<void> {
  const row = await tx.db
    .deleteFrom('document_blob')
    .where('id', '=', blob)
    .where('state', '=', 'wanted')
    .returning('id')
    .executeTakeFirst()
  // Before the commit: a crash in between leaves the row, and with it the sweep's knowledge.
  if (row) await tx.blobs.remove(blob)
  tx.audit({
    action: 'knowledge.document.uploadWithdrawn',
    record: { kind: 'document', id: document },
    detail: { isRemoved: row !== undefined },
  })
}

/** One sweep waits at a time, however many uploads there are. */
export async function queueSweep(tx: TenantWriter, record: string): Promise<void> {
  await tx.enqueue(SWEEP_TASK, record, {
    key: SWEEP_TASK,
    delaySeconds: (UPLOAD_HOURS + 1) * 3600,
    urgency: 'late',
  })
}
