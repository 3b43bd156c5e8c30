/**
 * Says, before the bytes of an upload are stored, under which id they will be: a crash leaves nothing that nobody knows of.
 */
import type { TenantWriter } from '#core/tenancy/tenant-door.ts'

/** An upload that has not become a document after this long never will. */
export const UPLOAD_HOURS = 24

export const SWEEP_TASK = 'knowledge.upload.sweep'

/** Needs `knowledge.document.create`. The row becomes the document's own in addDocument, or is swept. */
export async function announceUpload(
  tx: TenantWriter,
  upload: { document: string; blob: string },
): Promise<void> {
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

/** One sweep waits at a time, however many uploads there are. */
export async function queueSweep(tx: TenantWriter, record: string): Promise<void> {
  await tx.enqueue(SWEEP_TASK, record, {
    key: SWEEP_TASK,
    delaySeconds: (UPLOAD_HOURS + 1) * 3600,
    urgency: 'late',
  })
}
