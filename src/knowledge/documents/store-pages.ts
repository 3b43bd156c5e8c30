/**
 * The three steps of reading a document, each one transaction: begin, store some pages, end.
 * Must stay true: pages are stored in order and each once, with its search entry in the same transaction, so a reader that
 * died goes on behind the last page; a document that ends unreadable keeps no page.
 */
import { newId } from '#core/ids.ts'
import { guessLanguage } from '#core/search/guess-language.ts'
import type { SearchEntry } from '#core/search/tenant-search.ts'
import type { TenantReader, TenantWriter } from '#core/tenancy/tenant-door.ts'
import { documentSeal } from '../document-key.ts'
import { indexEntries } from '../index-entries.ts'
import type { UnreadableReason } from './document.schema.ts'
import { openCard } from './document-record.ts'
import { indexTitle, PAGE_ENTRY } from './index-title.ts'
import { type PageContent, pagePlace } from './page-record.ts'
import { COVER_WIDTH, wantPicture } from './picture-record.ts'
import type { PdfPage } from './read-pdf.ts'

/** Somebody else reads the document, or it was removed: this reader has nothing to do. */
export class NotMineToRead extends Error {
  override name = 'NotMineToRead'
}

export interface Reading {
  readonly size: number
  /** The first page not stored yet. */
  readonly from: number
}

/** What is left to read of a document by UUID; undefined when nothing is. */
export async function findReading(tx: TenantReader, document: string): Promise<Reading | undefined> {
  const row = await tx.db
    .selectFrom('document')
    .select('size')
    .where('id', '=', document)
    .where('state', 'in', ['received', 'reading'])
    .executeTakeFirst()
  return row && { size: row.size, from: (await lastPage(tx, document)) + 1 }
}

/** Marks the document as being read. */
export async function beginReading(tx: TenantWriter, document: string, from: number): Promise<void> {
  await lockUnread(tx, document)
  await tx.db.updateTable('document').set({ state: 'reading' }).where('id', '=', document).execute()
  tx.audit({
    action: 'knowledge.document.readingStarted',
    record: { kind: 'document', id: document },
    detail: { from },
  })
}

/** Stores the next pages in order. Throws NotMineToRead when they are not the next ones. */
export async function storePages(
  tx: TenantWriter,
  document: string,
  pages: readonly PdfPage[],
): Promise<void> {
  const [first, last] = [pages[0], pages.at(-1)]
  if (!first || !last) return
  await lockUnread(tx, document)
  if ((await lastPage(tx, document)) !== first.page - 1) throw new NotMineToRead()
  const seal = await documentSeal(tx, document)
  await tx.db
    .insertInto('document_page')
    .values(
      pages.map(({ page, width, height, text, runs }) => ({
        document_id: document,
        page,
        width,
        height,
        has_text: hasWords(text),
        text: seal.seal(pagePlace(tx.actor.tenant, document, page), { text, runs } satisfies PageContent),
      })),
    )
    .execute()
  await indexPages(tx, document, pages)
  tx.audit({
    action: 'knowledge.document.pagesStored',
    record: { kind: 'document', id: document },
    detail: { from: first.page, to: last.page },
  })
}

/** Makes pages findable that are not yet. The caller holds the document's row. */
export async function indexPages(
  tx: TenantWriter,
  document: string,
  pages: readonly Pick<PdfPage, 'page' | 'text'>[],
): Promise<void> {
  await indexEntries(
    tx,
    pages.filter(({ text }) => hasWords(text)).map((page) => entryOf(document, page)),
  )
}

export type ReadingEnd =
  | { readonly state: 'ready'; readonly pages: number; readonly isRepaired: boolean }
  | { readonly state: 'unreadable'; readonly reason: UnreadableReason }

/** Settles the document; asks for its cover when it can be read. */
export async function endReading(tx: TenantWriter, document: string, end: ReadingEnd): Promise<void> {
  const row = await lockUnread(tx, document)
  if (end.state === 'ready') {
    await wantPicture(tx, { document, use: 'page', page: 1, width: COVER_WIDTH, snip: null })
  } else {
    await tx.db.deleteFrom('document_page').where('document_id', '=', document).execute()
    await tx.search.remove({ owner: document })
    await indexTitle(tx, document, await openCard(tx, row))
  }
  const reason = end.state === 'ready' ? (end.isRepaired ? 'repaired' : null) : end.reason
  await tx.db
    .updateTable('document')
    .set({ state: end.state, reason, page_count: end.state === 'ready' ? end.pages : null })
    .where('id', '=', document)
    .execute()
  tx.audit({
    action: 'knowledge.document.readingEnded',
    record: { kind: 'document', id: document },
    outcome: end.state === 'ready' ? 'done' : 'failed',
    detail: end.state === 'ready' ? { pages: end.pages, isRepaired: end.isRepaired } : { reason: end.reason },
  })
}

async function lockUnread(tx: TenantWriter, document: string) {
  const row = await tx.db
    .selectFrom('document')
    .select(['id', 'card'])
    .where('id', '=', document)
    .where('state', 'in', ['received', 'reading'])
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw new NotMineToRead()
  return row
}

async function lastPage(tx: TenantReader, document: string): Promise<number> {
  const { last } = await tx.db
    .selectFrom('document_page')
    .select((eb) => eb.fn.max<number | null>('page').as('last'))
    .where('document_id', '=', document)
    .executeTakeFirstOrThrow()
  return last ?? 0
}

function entryOf(document: string, { page, text }: Pick<PdfPage, 'page' | 'text'>): SearchEntry {
  return {
    id: newId(),
    kind: PAGE_ENTRY,
    owner: document,
    part: page,
    language: guessLanguage(text),
    fields: [{ text: text.replaceAll('\u00ad', ''), weight: 1 }],
  }
}

function hasWords(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text)
}
