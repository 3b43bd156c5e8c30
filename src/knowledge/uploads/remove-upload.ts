/**
 * Ends an upload, or takes back parts of one. Must stay true: the files go before the rows that name them, so a kill in between leaves
 * rows and with them the sweep's knowledge; the key of a document that never came is destroyed with what was said of it; a document that
 * came stays.
 */
import { destroySubjectKey } from '#core/keys/subject-versions.ts'
import type { TenantWriter } from '#core/tenancy/tenant-door.ts'
import { findOwnUpload } from './upload-record.ts'

/** Removes one's own upload, finished or not. Needs `knowledge.document.create`; throws `not_found`, `upload_expired`. */
export async function endUpload(tx: TenantWriter, id: string, demand: () => void): Promise<void> {
  tx.require('knowledge.document.create')
  const upload = await findOwnUpload(tx, id, 'hold')
  demand()
  await removeUpload(tx, upload.id)
}

/** Removes what is left of an upload; a request that still writes it finds nothing any more. */
export async function removeUpload(tx: TenantWriter, id: string): Promise<void> {
  // Held before it is judged: in this very moment it may become a document.
  const upload = await tx.db
    .selectFrom('upload')
    .select(['document_id', 'blob_id', 'result', 'is_duplicate'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  const parts = await removeParts(tx, id, 0)
  if (upload && upload.result === null) {
    const announced = await tx.db
      .deleteFrom('document_blob')
      .where('id', '=', upload.blob_id)
      .where('state', '=', 'wanted')
      .returning('id')
      .executeTakeFirst()
    if (announced) await tx.blobs.remove(upload.blob_id)
  }
  if (upload && (upload.result === null || upload.is_duplicate))
    await destroySubjectKey(tx, 'document', upload.document_id)
  await tx.db.deleteFrom('upload').where('id', '=', id).execute()
  tx.audit({
    action: 'knowledge.upload.removed',
    record: { kind: 'upload', id },
    detail: { parts, isFinished: upload?.result != null },
  })
}

/** Takes back the parts from a byte on. */
export async function dropParts(tx: TenantWriter, id: string, from: number): Promise<void> {
  const parts = await removeParts(tx, id, from)
  tx.audit({
    action: 'knowledge.upload.partsRemoved',
    record: { kind: 'upload', id },
    detail: { parts, offset: from },
  })
}

async function removeParts(tx: TenantWriter, id: string, from: number): Promise<number> {
  const parts = await tx.db
    .deleteFrom('upload_part')
    .where('upload_id', '=', id)
    .where('start_at', '>=', from)
    .returning('blob_id')
    .execute()
  for (const { blob_id: blob } of parts) await tx.blobs.remove(blob)
  return parts.length
}
