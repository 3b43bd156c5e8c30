/** A row of `snip` as the API shows it, and the one way rows are read. */
import { PublicError } from '#core/errors.ts'
import { fromApi, toApi } from '#core/ids.ts'
import { openIfWhole } from '#core/keys/is-damage.ts'
import type { SealPlace, SubjectSeal } from '#core/keys/subject-seal.ts'
import { guessLanguage } from '#core/search/guess-language.ts'
import type { TenantReader, TenantWriter } from '#core/tenancy/tenant-door.ts'
import { shownAuthorship } from '../authorship.ts'
import { documentSeals, openSealed, placeOf } from '../document-key.ts'
import { openCardUnder, withLivingKey } from '../documents/document-record.ts'
import { indexEntries } from '../index-entries.ts'
import type { Quote, Rect, Snip, SnipKind } from './snip.schema.ts'

/** The sealed column `card`, under the key of the document: what the person wrote. */
export interface SnipCard {
  insight: string
  note: string
  tags: string[]
}

/** The sealed column `evidence`, under the key of the document: what was taken from it. */
export interface SnipEvidence {
  quote: Quote | null
  /** UTF-16 indices into the page's text, and the same in code points (W3C counts those). */
  position: { start: number; end: number } | null
  codePoints: { start: number; end: number } | null
  rects: Rect[]
  /** The parts of the passage on the pages after the first, in order; absent in snips made before passages could run on. */
  continues?: ContinuedEvidence[]
  /** What stands in an area, for search. */
  text: string
  /** SHA-256 (hex) of the page's text when it was captured. */
  textHash: string
}

/** The part of a passage on one of its later pages. */
export interface ContinuedEvidence {
  page: number
  position: { start: number; end: number }
  codePoints: { start: number; end: number }
  rects: Rect[]
  textHash: string
}

/** Search entries of snips. */
export const SNIP_ENTRY = 'snip'

/** Where the evidence of a snip is sealed to. */
export function snipEvidencePlace(tenant: string, snip: string): SealPlace {
  return { tenant, store: 'activity', table: 'snip', row: snip, column: 'evidence' }
}

/** All snips with the card of their document; narrow it as needed. */
export function selectSnips(tx: TenantReader) {
  return tx.db
    .selectFrom('snip')
    .innerJoin('document', 'document.id', 'snip.document_id')
    .select([
      'snip.id',
      'snip.document_id',
      'snip.page',
      'snip.kind',
      'snip.has_image',
      'snip.evidence',
      'snip.card',
      'snip.origin',
      'snip.created_by',
      'snip.created_key',
      'snip.created_at',
      'snip.updated_by',
      'snip.updated_key',
      'snip.updated_at',
      'document.card as document_card',
    ])
}

export type SnipRow = Awaited<ReturnType<ReturnType<typeof selectSnips>['executeTakeFirstOrThrow']>>

/** The row behind an API id. Throws `not_found`. */
export async function findSnipRow(tx: TenantReader, id: string): Promise<SnipRow> {
  const row = await selectSnips(tx).where('snip.id', '=', fromApi('snp', id)).executeTakeFirst()
  if (!row) throw new PublicError('not_found')
  return row
}

/** Insight, note and tags of a snip. */
export function openSnipCard(
  tx: TenantReader,
  seal: SubjectSeal,
  row: { id: string; card: Buffer },
): SnipCard {
  return openSealed<SnipCard>(tx, seal, placeOf(tx, 'snip', row.id, 'card'), row.card)
}

/** What to store as the card of a snip. */
export function sealSnipCard(tx: TenantReader, seal: SubjectSeal, id: string, card: SnipCard): Buffer {
  return seal.seal(placeOf(tx, 'snip', id, 'card'), card)
}

/** Quote, position and rectangles of a snip. */
export function openEvidence(
  tx: TenantReader,
  seal: SubjectSeal,
  row: { id: string; evidence: Buffer },
): SnipEvidence {
  return seal.open<SnipEvidence>(snipEvidencePlace(tx.actor.tenant, row.id), row.evidence)
}

/**
 * The snips as the API shows them, in the same order; one that is damaged is shown as that, those of a document that was destroyed
 * meanwhile are left out.
 */
export async function shownSnips(tx: TenantReader, rows: readonly SnipRow[]): Promise<Snip[]> {
  const seals = await documentSeals(
    tx,
    rows.map((row) => row.document_id),
  )
  const closed = rows.flatMap((row) => (seals.has(row.document_id) ? [] : [row.document_id]))
  const damaged = await withLivingKey(tx, closed)
  return rows.flatMap((row) => {
    const seal = seals.get(row.document_id)
    if (seal) return [shownSnip(tx, seal, row, evidenceIfWhole(tx, seal, row))]
    return damaged.has(row.document_id) ? [snipOf(row, { title: '', card: null, evidence: null })] : []
  })
}

/** Quote, position and rectangles of a snip; null when they were damaged. */
export function evidenceIfWhole(
  tx: TenantReader,
  seal: SubjectSeal,
  row: { id: string; evidence: Buffer },
): SnipEvidence | null {
  return openIfWhole(() => openEvidence(tx, seal, row))
}

/** One snip as the API shows it. */
export function shownSnip(
  tx: TenantReader,
  seal: SubjectSeal,
  row: SnipRow,
  evidence: SnipEvidence | null,
): Snip {
  const document = { id: row.document_id, card: row.document_card }
  return snipOf(row, {
    title: openIfWhole(() => openCardUnder(tx, seal, document).title) ?? '',
    card: openIfWhole(() => openSnipCard(tx, seal, row)),
    evidence,
  })
}

/** What opens of a snip; null is damaged. */
interface OpenedSnip {
  readonly title: string
  readonly card: SnipCard | null
  readonly evidence: SnipEvidence | null
}

function snipOf(row: SnipRow, { title, card, evidence }: OpenedSnip): Snip {
  return {
    id: toApi('snp', row.id),
    documentId: toApi('doc', row.document_id),
    documentTitle: title,
    page: row.page,
    kind: readKind(row.kind),
    quote: evidence?.quote ?? null,
    position: evidence?.position ?? null,
    rects: evidence?.rects ?? [],
    continues: (evidence?.continues ?? []).map(({ page, position, rects }) => ({ page, position, rects })),
    insight: card?.insight ?? '',
    note: card?.note ?? '',
    tags: card?.tags ?? [],
    hasImage: row.has_image,
    ...shownAuthorship(row),
    ...(card && evidence ? {} : { seal: 'failed' }),
  }
}

/** Adds the search entry of a snip that has none. The caller holds a lock on its document. */
export async function indexSnip(
  tx: TenantWriter,
  row: { id: string; document_id: string; page: number },
  card: SnipCard,
  evidence: SnipEvidence,
): Promise<void> {
  const quote = evidence.quote?.exact ?? evidence.text
  await indexEntries(tx, [
    {
      id: row.id,
      kind: SNIP_ENTRY,
      owner: row.document_id,
      part: row.page,
      language: guessLanguage(`${card.insight} ${quote} ${card.note}`),
      fields: [
        { text: card.insight, weight: 3 },
        { text: card.tags.join('\n'), weight: 3 },
        { text: quote, weight: 2 },
        { text: card.note, weight: 1 },
      ].filter(({ text }) => text !== ''),
    },
  ])
}

function readKind(text: string): SnipKind {
  if (text !== 'text' && text !== 'area') throw new Error('a snip is of a kind that nobody knows')
  return text
}
