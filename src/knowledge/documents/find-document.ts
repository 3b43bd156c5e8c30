/** One document. */
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import type { Document } from './document.schema.ts'
import { findDocumentRow, shownDocument } from './document-record.ts'

/** The document with an API id. Needs `knowledge.document.read`; throws `not_found`. */
export async function findDocument(tx: TenantReader, id: string): Promise<Document> {
  tx.require('knowledge.document.read')
  const row = await findDocumentRow(tx, id)
  tx.audit({ action: 'knowledge.document.read', record: { kind: 'document', id: row.id } })
  return shownDocument(tx, row)
}
