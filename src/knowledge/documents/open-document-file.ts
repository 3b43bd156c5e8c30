/** The bytes of a document, as they were added. */
import type { Readable } from 'node:stream'
import { PublicError } from '#core/errors.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import { findDocumentRow, openCard } from './document-record.ts'

export interface OpenedFile {
  readonly bytes: Readable
  readonly size: number
  readonly contentType: string
  readonly fileName: string
}

/** Opens the file. Needs `knowledge.document.read`; throws `not_found`, `gone`. */
export async function openDocumentFile(tx: TenantReader, id: string): Promise<OpenedFile> {
  tx.require('knowledge.document.read')
  const document = await findDocumentRow(tx, id)
  const bytes = await openOriginal(tx, document.id)
  tx.audit({ action: 'knowledge.document.contentRead', record: { kind: 'document', id: document.id } })
  return {
    bytes,
    size: document.size,
    contentType: document.content_type,
    fileName: openCard(tx, document).fileName,
  }
}

/** The decrypted stream of a document's file, by UUID. */
export async function openOriginal(tx: TenantReader, document: string): Promise<Readable> {
  const blob = await tx.db
    .selectFrom('document_blob')
    .select('id')
    .where('document_id', '=', document)
    .where('use', '=', 'original')
    .where('state', '=', 'stored')
    .executeTakeFirst()
  if (!blob) throw new PublicError('not_found')
  return tx.blobs.open(blob.id, await tx.keys.subject('document', document))
}
