/**
 * Captures a snip: a passage that is verified to stand on the page, or a rectangle of it.
 * Must stay true: a text snip's quote is the page's own text, not what the caller sent.
 */
import { createHash } from 'node:crypto'
import { builtOnce } from '#core/db/built-once.ts'
import { PublicError } from '#core/errors.ts'
import { fromApi, newId } from '#core/ids.ts'
import type { TenantWriter } from '#core/tenancy/tenant-door.ts'
import { madeBy } from '../authorship.ts'
import { documentSeal } from '../document-key.ts'
import { type PageContent, pagePlace } from '../documents/page-record.ts'
import { SNIP_WIDTH, wantPicture } from '../documents/picture-record.ts'
import { cleanWriting } from './clean-writing.ts'
import { readableText } from './fold-text.ts'
import { locateQuote } from './locate-quote.ts'
import { rectsOf, textInside } from './quote-rects.ts'
import type { CaptureSnip, Rect, Snip } from './snip.schema.ts'
import {
  type ContinuedEvidence,
  indexSnip,
  type SnipCard,
  type SnipEvidence,
  sealSnipCard,
  shownSnip,
  snipEvidencePlace,
} from './snip-record.ts'
import { addTags, cleanTags } from './snip-tags.ts'

/** Characters kept on each side of a quote, as Hypothesis keeps. */
const CONTEXT = 32
/** Characters of a quote, over all its pages. */
const MOST_QUOTED = 20_000
/** Points; anything smaller is a slip of the hand. */
const SMALLEST_AREA = 2

interface PageSize {
  readonly width: number
  readonly height: number
}

/**
 * Needs `knowledge.snip.create` and `knowledge.document.read`.
 * Throws `not_found`, `document_not_ready`, `page_out_of_range`, `quote_not_found`, `invalid_request`.
 */
export async function captureSnip(tx: TenantWriter, wanted: CaptureSnip): Promise<Snip> {
  tx.require('knowledge.snip.create')
  tx.require('knowledge.document.read')
  const document = fromApi('doc', wanted.documentId)
  const page = await holdPage(tx, document, wanted.page)
  const seal = await documentSeal(tx, document)
  const content = seal.open<PageContent>(pagePlace(tx.actor.tenant, document, wanted.page), page.text)
  const evidence =
    wanted.kind === 'text'
      ? await continued(tx, document, wanted, textEvidence(content, wanted))
      : areaEvidence(content, wanted, page)
  const card: SnipCard = {
    insight: cleanWriting(wanted.insight ?? ''),
    note: cleanWriting(wanted.note ?? ''),
    tags: cleanTags(wanted.tags ?? []),
  }
  const id = newId()
  const row = {
    id,
    document_id: document,
    page: wanted.page,
    kind: wanted.kind,
    evidence: seal.seal(snipEvidencePlace(tx.actor.tenant, id), evidence),
    card: sealSnipCard(tx, seal, id, card),
    has_image: false,
    ...madeBy(tx, { table: 'snip', id, seal }),
  }
  tx.send(tx.db.insertInto('snip').values(row))
  addTags(tx, id, card.tags)
  await indexSnip(tx, { id, document_id: document, page: wanted.page }, card, evidence)
  if (wanted.kind === 'area')
    await wantPicture(tx, { document, use: 'snip', page: wanted.page, width: SNIP_WIDTH, snip: id })
  tx.audit({
    action: 'knowledge.snip.created',
    record: { kind: 'snip', id },
    detail: {
      document,
      page: wanted.page,
      kind: wanted.kind,
      ...(evidence.continues ? { pages: 1 + evidence.continues.length } : {}),
    },
  })
  return shownSnip(tx, seal, { ...row, document_card: page.document_card }, evidence)
}

const pageOfDocument = builtOnce((db, document: string, page: number) =>
  db
    .selectFrom('document')
    .leftJoin('document_page', (join) =>
      join.onRef('document_page.document_id', '=', 'document.id').on('document_page.page', '=', page),
    )
    .select([
      'document.state',
      'document.card as document_card',
      'document_page.text',
      'document_page.width',
      'document_page.height',
    ])
    .where('document.id', '=', document)
    .forKeyShare('document'),
)

/** A page of a document that is ready, held so that the document is not removed meanwhile. */
async function holdPage(tx: TenantWriter, document: string, page: number) {
  const { rows } = await tx.db.executeQuery(pageOfDocument(tx.db, document, page).compile())
  const [row] = rows
  if (!row) throw new PublicError('not_found')
  const { state, document_card, text, width, height } = row
  if (state !== 'ready') throw new PublicError('document_not_ready')
  if (text === null || width === null || height === null) throw new PublicError('page_out_of_range')
  return { document_card, text, width, height }
}

function textEvidence(
  { text, runs }: PageContent,
  { quote, rects }: Pick<CaptureSnip, 'quote' | 'rects'>,
): SnipEvidence {
  if (!quote)
    throw new PublicError('invalid_request', 'A text snip needs a quote.', { details: { field: 'quote' } })
  const place = locateQuote({ text, runs }, { ...quote, rects })
  if (!place) throw new PublicError('quote_not_found')
  const { start, end } = place
  const before = codePoints(text.slice(0, start))
  return {
    quote: {
      exact: readableText(text.slice(start, end)),
      prefix: readableText(text.slice(Math.max(0, start - 2 * CONTEXT), start)).slice(-CONTEXT),
      suffix: readableText(text.slice(end, end + 2 * CONTEXT)).slice(0, CONTEXT),
    },
    position: { start, end },
    codePoints: { start: before, end: before + codePoints(text.slice(start, end)) },
    rects: rectsOf(runs, place),
    text: '',
    textHash: hashOf(text),
  }
}

/** Adds what stands on the pages that follow. Each part is verified on its own page, like the first. */
async function continued(
  tx: TenantWriter,
  document: string,
  { page, continues = [] }: CaptureSnip,
  first: SnipEvidence,
): Promise<SnipEvidence> {
  const last = continues.at(-1)
  if (!last || !first.quote) return first
  if (continues.some((part, index) => part.page !== page + 1 + index))
    throw new PublicError(
      'invalid_request',
      'The parts of a passage stand on pages that follow each other.',
      {
        details: { field: 'continues' },
      },
    )
  const rows = await tx.db
    .selectFrom('document_page')
    .select(['page', 'text'])
    .where('document_id', '=', document)
    .where('page', '>', page)
    .where('page', '<=', last.page)
    .execute()
  const seal = await documentSeal(tx, document)
  const parts = continues.map(({ page: at, exact, rects }) => {
    const row = rows.find((one) => one.page === at)
    if (!row) throw new PublicError('page_out_of_range')
    const content = seal.open<PageContent>(pagePlace(tx.actor.tenant, document, at), row.text)
    return { page: at, ...textEvidence(content, { quote: { exact }, ...(rects ? { rects } : {}) }) }
  })
  const exact = [first.quote.exact, ...parts.map(({ quote }) => quote?.exact ?? '')].join(' ')
  if (exact.length > MOST_QUOTED)
    throw new PublicError('invalid_request', 'The passage is longer than can be kept.', {
      details: { field: 'continues' },
    })
  return {
    ...first,
    quote: { ...first.quote, exact, suffix: parts.at(-1)?.quote?.suffix ?? '' },
    continues: parts.flatMap(({ page: at, position, codePoints, rects, textHash }): ContinuedEvidence[] =>
      position && codePoints ? [{ page: at, position, codePoints, rects, textHash }] : [],
    ),
  }
}

function areaEvidence(
  { text, runs }: PageContent,
  { rects, continues }: CaptureSnip,
  page: PageSize,
): SnipEvidence {
  if (continues?.length)
    throw new PublicError('invalid_request', 'An area is one rectangle of one page.', {
      details: { field: 'continues' },
    })
  const [rect, ...more] = rects ?? []
  if (!rect || more.length > 0)
    throw new PublicError('invalid_request', 'An area snip needs one rectangle.', {
      details: { field: 'rects' },
    })
  const area = clip(rect, page)
  if (area.width < SMALLEST_AREA || area.height < SMALLEST_AREA)
    throw new PublicError('invalid_request', 'The rectangle is not on the page.', {
      details: { field: 'rects' },
    })
  return {
    quote: null,
    position: null,
    codePoints: null,
    rects: [area],
    text: readableText(textInside(text, runs, area)).slice(0, 20_000),
    textHash: hashOf(text),
  }
}

function clip({ x, y, width, height }: Rect, page: PageSize): Rect {
  const [left, top] = [Math.max(0, x), Math.max(0, y)]
  return {
    x: left,
    y: top,
    width: Math.min(x + width, page.width) - left,
    height: Math.min(y + height, page.height) - top,
  }
}

function codePoints(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
