/** The sealed text of one page. Must stay true: it opens only with the key of its document. */
import { PublicError } from '#core/errors.ts'
import type { SealPlace } from '#core/keys/subject-seal.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import { documentSeal } from '../document-key.ts'
import type { PdfRun } from './pdf-frames.ts'

/** The sealed column `text` of `document_page`. */
export interface PageContent {
  text: string
  runs: PdfRun[]
}

/** Where the text of a page is sealed to. */
export function pagePlace(tenant: string, document: string, page: number): SealPlace {
  return { tenant, store: 'activity', table: 'document_page', row: `${document}/${page}`, column: 'text' }
}

/** Text and places of one page. Throws `page_out_of_range`. */
export async function findPageContent(
  tx: TenantReader,
  document: string,
  page: number,
): Promise<PageContent> {
  const row = await tx.db
    .selectFrom('document_page')
    .select('text')
    .where('document_id', '=', document)
    .where('page', '=', page)
    .executeTakeFirst()
  if (!row) throw new PublicError('page_out_of_range')
  const seal = await documentSeal(tx, document)
  return seal.open<PageContent>(pagePlace(tx.actor.tenant, document, page), row.text)
}
