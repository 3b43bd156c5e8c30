/**
 * One upload, and all that are open. Must stay true: an upload that has all its bytes has its document, too, before anybody is told so:
 * clients take an offset at the end for success.
 */
import { Readable } from 'node:stream'
import type { Ctx } from '#core/ctx.ts'
import type { Actor } from '#core/tenancy/actor.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import { receiveUpload } from './receive-upload.ts'
import type { Upload, UploadList } from './upload.schema.ts'
import {
  findOwnUpload,
  openUploadCard,
  selectOwnUploads,
  shownUpload,
  shownUploads,
} from './upload-record.ts'

/** An upload, and `Upload-Metadata` as it was sent. */
export interface FoundUpload {
  readonly upload: Upload
  readonly metadata: string
}

/** Finds one's own upload; finishes it when a kill came between its last byte and its document. Throws what receiveUpload does. */
export async function findUpload(ctx: Ctx, actor: Actor, id: string): Promise<FoundUpload> {
  const found = await ctx.read(actor, async (tx) => {
    tx.require('knowledge.document.create')
    const row = await findOwnUpload(tx, id)
    tx.audit({ action: 'knowledge.upload.read', record: { kind: 'upload', id: row.id } })
    const card = await openUploadCard(tx, row)
    return { upload: shownUpload(tx, row, card), metadata: card.metadata }
  })
  const { upload } = found
  if (upload.documentId !== null || upload.offset < upload.size) return found
  const nothing = {
    source: Readable.from([]),
    announce: () => ({ offset: upload.size, length: 0 }),
    checksum: undefined,
  }
  return { ...found, upload: await receiveUpload(ctx, actor, id, nothing) }
}

/** One's own uploads that have not become a document, newest first. There are at most as many as may be open. */
export async function listUploads(tx: TenantReader): Promise<UploadList> {
  tx.require('knowledge.document.create')
  const rows = await selectOwnUploads(tx)
    .where('result', 'is', null)
    .where('expires_at', '>', tx.now())
    .orderBy('id', 'desc')
    .execute()
  tx.audit({ action: 'knowledge.upload.listed', detail: { count: rows.length } })
  return { items: await shownUploads(tx, rows) }
}
