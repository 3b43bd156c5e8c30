/** Makes a document findable by its title and file name. */

import { guessLanguage } from '#core/search/guess-language.ts'
import type { TenantWriter } from '#core/tenancy/tenant-door.ts'
import { indexEntries } from '../index-entries.ts'
import type { DocumentCard } from './document-record.ts'

/** The kinds of search entry a document has. */
export const TITLE_ENTRY = 'title'
export const PAGE_ENTRY = 'page'

/** Replaces the entry of the title. The caller holds a lock on the document's row, or has just made it. */
export async function indexTitle(tx: TenantWriter, document: string, card: DocumentCard): Promise<void> {
  await tx.search.remove({ entries: [document] })
  await indexEntries(tx, [
    {
      id: document,
      kind: TITLE_ENTRY,
      owner: document,
      part: 0,
      language: guessLanguage(card.title),
      fields: [
        { text: card.title, weight: 4 },
        { text: card.fileName, weight: 2 },
      ],
    },
  ])
}
