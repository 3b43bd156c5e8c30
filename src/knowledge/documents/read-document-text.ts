/** The text of a document's pages. */
import { PublicError } from '#core/errors.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import { documentSeal } from '../document-key.ts'
import type { DocumentText } from './document.schema.ts'
import { findDocumentRow } from './document-record.ts'
import { type PageContent, pagePlace } from './page-record.ts'

const MOST = 200

/**
 * Pages `from` to `to`, both included, at most 200; `next` is the page to go on with.
 * Needs `knowledge.document.read`; throws `not_found`, `document_not_ready`, `page_out_of_range`.
 */
export async function readDocumentText(
  tx: TenantReader,
  id: string,
  { from = 1, to = Number.MAX_SAFE_INTEGER }: { from?: number; to?: number },
): Promise<DocumentText> {
  tx.require('knowledge.document.read')
  const document = await findDocumentRow(tx, id)
  if (document.state !== 'ready') throw new PublicError('document_not_ready')
  const pages = document.page_count ?? 0
  if (from > pages) throw new PublicError('page_out_of_range')
  const last = Math.min(to, pages, from + MOST - 1)
  const rows = await tx.db
    .selectFrom('document_page')
    .select(['page', 'text'])
    .where('document_id', '=', document.id)
    .where('page', '>=', from)
    .where('page', '<=', last)
    .orderBy('page')
    .execute()
  const seal = await documentSeal(tx, document.id)
  const items = rows.map(({ page, text }) => ({
    page,
    text: seal.open<PageContent>(pagePlace(tx.actor.tenant, document.id, page), text).text,
  }))
  tx.audit({
    action: 'knowledge.document.textRead',
    record: { kind: 'document', id: document.id },
    detail: { from, to: last },
  })
  return { items, next: last < Math.min(to, pages) ? last + 1 : null }
}
