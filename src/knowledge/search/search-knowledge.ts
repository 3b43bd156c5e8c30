/**
 * Search over documents and snips: the index says which, the sealed text says what to show.
 * Must stay true: a passage is opened only for the hits that are answered; where it is damaged it is empty, and no other hit is hidden.
 */

import { toApi } from '#core/ids.ts'
import { openIfWhole } from '#core/keys/is-damage.ts'
import type { SubjectSeal } from '#core/keys/subject-seal.ts'
import { highlight } from '#core/search/highlight.ts'
import type { SearchHit as IndexHit } from '#core/search/tenant-search.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import { shownAuthor } from '../authorship.ts'
import { documentSeals } from '../document-key.ts'
import {
  type DocumentCard,
  type DocumentRow,
  openCardUnder,
  selectDocuments,
} from '../documents/document-record.ts'
import { PAGE_ENTRY, TITLE_ENTRY } from '../documents/index-title.ts'
import { type PageContent, pagePlace } from '../documents/page-record.ts'
import { readableText } from '../snips/fold-text.ts'
import { evidenceIfWhole, openSnipCard, SNIP_ENTRY, selectSnips } from '../snips/snip-record.ts'
import type { SearchAnswer, SearchHit, SearchKind, SearchQuery } from './search.schema.ts'

const kindsOf: Readonly<Record<SearchKind, readonly string[]>> = {
  document: [TITLE_ENTRY, PAGE_ENTRY],
  snip: [SNIP_ENTRY],
}

/** Needs `knowledge.document.read` and `knowledge.snip.read`. The question itself is not written to the audit log. */
export async function searchKnowledge(
  tx: TenantReader,
  { q, kind, limit = 20 }: SearchQuery,
): Promise<SearchAnswer> {
  tx.require('knowledge.document.read')
  tx.require('knowledge.snip.read')
  const found = await tx.search.query({
    text: q,
    limit,
    kinds: kind ? kindsOf[kind] : [...kindsOf.document, ...kindsOf.snip],
  })
  const documents = await documentsOf(tx, found.hits)
  const items: SearchHit[] = []
  for (const hit of found.hits) {
    const document = documents.get(hit.owner)
    const item = document && (await shownHit(tx, hit, document, found.suggestion ?? q))
    if (item) items.push(item)
  }
  tx.audit({ action: 'knowledge.search.asked', detail: { count: items.length, total: found.total } })
  return { items, total: found.total, suggestion: found.suggestion }
}

interface HitDocument {
  readonly row: DocumentRow
  readonly card: DocumentCard | null
  readonly seal: SubjectSeal
}

/** The documents of the hits, opened; one that was destroyed meanwhile is not in it. */
async function documentsOf(tx: TenantReader, hits: readonly IndexHit[]): Promise<Map<string, HitDocument>> {
  const ids = [...new Set(hits.map(({ owner }) => owner))]
  if (ids.length === 0) return new Map()
  const [rows, seals] = await Promise.all([
    selectDocuments(tx).where('id', 'in', ids).execute(),
    documentSeals(tx, ids),
  ])
  return new Map(
    rows.flatMap((row) => {
      const seal = seals.get(row.id)
      if (!seal) return []
      return [[row.id, { row, seal, card: openIfWhole(() => openCardUnder(tx, seal, row)) }] as const]
    }),
  )
}

/** Undefined when the record went away between the index and here. */
async function shownHit(
  tx: TenantReader,
  hit: IndexHit,
  { row: document, card, seal }: HitDocument,
  question: string,
): Promise<SearchHit | undefined> {
  const title = card?.title ?? ''
  const about = {
    documentId: toApi('doc', document.id),
    page: hit.part === 0 ? null : hit.part,
    title,
    score: hit.score,
    createdBy: shownAuthor(document.created_by, document.created_key),
    createdAt: document.created_at.toISOString(),
  }
  if (hit.kind === SNIP_ENTRY) return snipHit(tx, hit, { about, seal }, question)
  const text = hit.kind === PAGE_ENTRY ? await pageText(tx, seal, hit) : title
  if (text === undefined) return undefined
  return {
    kind: 'document',
    id: about.documentId,
    ...about,
    passage: highlight(text, question),
  }
}

async function snipHit(
  tx: TenantReader,
  hit: IndexHit,
  { about, seal }: { about: Omit<SearchHit, 'kind' | 'id' | 'passage'>; seal: SubjectSeal },
  question: string,
): Promise<SearchHit | undefined> {
  const row = await selectSnips(tx).where('snip.id', '=', hit.entry).executeTakeFirst()
  if (!row) return undefined
  const card = openIfWhole(() => openSnipCard(tx, seal, row))
  const evidence = evidenceIfWhole(tx, seal, row)
  const text = [
    card?.insight,
    evidence?.quote?.exact ?? evidence?.text,
    card?.note,
    card?.tags.join(' · '),
  ].filter((part) => part)
  return {
    kind: 'snip',
    id: toApi('snp', row.id),
    ...about,
    createdBy: shownAuthor(row.created_by, row.created_key),
    createdAt: row.created_at.toISOString(),
    passage: highlight(text.join(' · '), question),
  }
}

async function pageText(
  tx: TenantReader,
  seal: SubjectSeal,
  { owner: document, part: page }: IndexHit,
): Promise<string | undefined> {
  const row = await tx.db
    .selectFrom('document_page')
    .select('text')
    .where('document_id', '=', document)
    .where('page', '=', page)
    .executeTakeFirst()
  if (!row) return undefined
  const content = openIfWhole(() =>
    seal.open<PageContent>(pagePlace(tx.actor.tenant, document, page), row.text),
  )
  return readableText(content?.text ?? '')
}
