/** The pages of a document: how large each is and whether it has text. */

import { readCursor, writeCursor } from '#core/page-cursor.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import type { DocumentPageList } from './document.schema.ts'
import { findDocumentRow } from './document-record.ts'

/** Pages read so far, in order; all of them in one answer unless asked otherwise. Needs `knowledge.document.read`. */
export async function listDocumentPages(
  tx: TenantReader,
  id: string,
  { cursor, limit = 20_000 }: { cursor?: string; limit?: number },
): Promise<DocumentPageList> {
  tx.require('knowledge.document.read')
  const document = await findDocumentRow(tx, id)
  const after = cursor === undefined ? 0 : readCursor(cursor).index
  const rows = await tx.db
    .selectFrom('document_page')
    .select(['page', 'width', 'height', 'has_text'])
    .where('document_id', '=', document.id)
    .where('page', '>', after)
    .orderBy('page')
    .limit(limit + 1)
    .execute()
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  tx.audit({ action: 'knowledge.document.read', record: { kind: 'document', id: document.id } })
  return {
    items: shown.map(({ page, width, height, has_text }) => ({ page, width, height, hasText: has_text })),
    next: rows.length > limit && last ? writeCursor({ id: document.id, index: last.page }) : null,
  }
}
