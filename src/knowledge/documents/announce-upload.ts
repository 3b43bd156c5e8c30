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
    // Announced before by a process that was killed: the sweep waits for this one now.
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ created_at: tx.now() }))
    .execute()
  await queueSweep(tx, upload.document, UPLOAD_HOURS + 1)
  tx.audit({ action: 'knowledge.document.uploadStarted', record: { kind: 'document', id: upload.document } })
}

async function withdrawUpload(tx: TenantWriter, { document, blob }: Upcoming): Promise<void> {
  const row = await tx.db
    .deleteFrom('document_blob')
    .where('id', '=', blob)
    .where('state', '=', 'wanted')
    .returning('id')
    .executeTakeFirst()
  const adopted =
    row ?? (await tx.db.selectFrom('document_blob').select('id').where('id', '=', blob).executeTakeFirst())
  // Before the commit: a crash in between leaves the row, and with it the sweep's knowledge.
  if (row || !adopted) await tx.blobs.remove(blob)
  tx.audit({
    action: 'knowledge.document.uploadWithdrawn',
    record: { kind: 'document', id: document },
    detail: { isRemoved: row !== undefined },
  })
}

/** One sweep waits for each day, however many uploads there are; one key for all days would put it off with every upload. */
export async function queueSweep(tx: TenantWriter, record: string, hours: number): Promise<void> {
  const due = new Date(tx.now().getTime() + hours * 3_600_000).toISOString().slice(0, 10)
  await tx.enqueue(SWEEP_TASK, record, {
    key: `${SWEEP_TASK}:${due}`,
    delaySeconds: hours * 3600,
    urgency: 'late',
  })
}
