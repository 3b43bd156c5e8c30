/** Whether a document has a page that can be shown. */
import { PublicError } from '#core/errors.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import { findDocumentRow } from './document-record.ts'

/**
 * The UUID of a document that has the page.
 * Needs `knowledge.document.read`; throws `not_found`, `document_not_ready`, `page_out_of_range`.
 */
export async function findPage(tx: TenantReader, id: string, page: number): Promise<string> {
  tx.require('knowledge.document.read')
  const document = await findDocumentRow(tx, id)
  if (document.state !== 'ready') throw new PublicError('document_not_ready')
  if (page > (document.page_count ?? 0)) throw new PublicError('page_out_of_range')
  tx.audit({
    action: 'knowledge.document.pageRead',
    record: { kind: 'document', id: document.id },
    detail: { page },
  })
  return document.id
}
