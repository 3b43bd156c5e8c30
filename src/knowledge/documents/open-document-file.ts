/** The bytes of a document, as they were added. */
import type { Readable } from 'node:stream'
import type { ByteRange } from '#core/blobs/blob-file.ts'
import { PublicError } from '#core/errors.ts'
import { type BodyRequest, type WantedPart, wantedPart } from '#core/net/wanted-part.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import { findDocumentRow, openCardIfWhole } from './document-record.ts'

/** What is answered of a document's file: all of it, a part, or only that the caller has it. */
export interface OpenedFile {
  readonly part: WantedPart
  /** Strong: the SHA-256 of the bytes, or the id of the document where that does not open; its bytes never change. */
  readonly etag: string
  /** Null where no body is answered. */
  readonly bytes: Readable | null
  /** Of the whole file. */
  readonly size: number
  readonly contentType: string
  readonly fileName: string
}

/**
 * Opens the file, as far as the request wants it.
 * Needs `knowledge.document.read`; throws `not_found`, `gone`, `precondition_failed`, `range_not_satisfiable`.
 */
export async function openDocumentFile(
  tx: TenantReader,
  id: string,
  request: BodyRequest,
): Promise<OpenedFile> {
  tx.require('knowledge.document.read')
  const document = await findDocumentRow(tx, id)
  const card = await openCardIfWhole(tx, document)
  const etag = `"${card?.sha256 ?? id}"`
  const part = wantedPart(request, { etag, size: document.size })
  const range = part.answer === 'part' ? part.range : undefined
  const isRead = range !== undefined || part.answer === 'whole'
  const bytes = isRead ? await openOriginal(tx, document.id, range) : null
  tx.audit({
    action: 'knowledge.document.contentRead',
    record: { kind: 'document', id: document.id },
    detail: { answer: part.answer, ...range },
  })
  return {
    part,
    etag,
    bytes,
    size: document.size,
    contentType: document.content_type,
    fileName: card?.fileName ?? `${id}.pdf`,
  }
}

/** The decrypted stream of a document's file, by UUID; or of a range of it. */
export async function openOriginal(tx: TenantReader, document: string, range?: ByteRange): Promise<Readable> {
  const blob = await tx.db
    .selectFrom('document_blob')
    .select('id')
    .where('document_id', '=', document)
    .where('use', '=', 'original')
    .where('state', '=', 'stored')
    .executeTakeFirst()
  if (!blob) throw new PublicError('not_found')
  return tx.blobs.open(blob.id, await tx.keys.subject('document', document), range)
}
