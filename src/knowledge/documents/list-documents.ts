/**
 * The documents of a tenant, a page at a time. By age the database sorts; everything else is sorted and filtered here,
 * because titles are sealed. Must stay true: one document that is damaged is shown as that, and hides no other.
 */
import { readSealStates } from '#core/evidence/seal-state.ts'
import { readCursor, writeCursor } from '#core/page-cursor.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import type { DocumentList, DocumentQuery, DocumentSort } from './document.schema.ts'
import {
  type DocumentCard,
  type DocumentRow,
  openCards,
  selectDocuments,
  shownDocument,
} from './document-record.ts'

/** Cards opened for one question, at most. */
const MOST = 50_000

/** Lists documents, newest first unless asked otherwise. Needs `knowledge.document.read`. */
export async function listDocuments(tx: TenantReader, query: DocumentQuery): Promise<DocumentList> {
  tx.require('knowledge.document.read')
  const limit = query.limit ?? 50
  const sort = query.sort ?? '-createdAt'
  const needle = fold(query.q ?? '').trim()
  const found =
    (sort === '-createdAt' || sort === 'createdAt') && needle === ''
      ? await listByAge(tx, query, sort, limit)
      : await listSorted(tx, query, { sort, needle, limit })
  tx.audit({ action: 'knowledge.document.listed', detail: { count: found.rows.length } })
  const seals = await readSealStates(
    tx,
    'document',
    found.rows.map(({ row: { id } }) => ({ id, subject: id })),
  )
  return {
    items: found.rows.map(({ row, card }) => ({
      ...shownDocument(row, card),
      seal: card ? (seals.get(row.id) ?? 'unknown') : 'failed',
    })),
    next: found.next,
    total: found.total,
  }
}

interface Opened {
  readonly row: DocumentRow
  readonly card: DocumentCard | null
}

interface Found extends Omit<DocumentList, 'items'> {
  readonly rows: readonly Opened[]
}

/** With their cards, in the same order; a document that was destroyed meanwhile is left out. */
async function opened(tx: TenantReader, rows: readonly DocumentRow[]): Promise<Opened[]> {
  const cards = await openCards(tx, rows)
  return rows.flatMap((row) => {
    const card = cards.get(row.id)
    return card === undefined ? [] : [{ row, card }]
  })
}

async function listByAge(
  tx: TenantReader,
  { cursor, state }: DocumentQuery,
  sort: DocumentSort,
  limit: number,
): Promise<Found> {
  const place = cursor === undefined ? undefined : readCursor(cursor)
  let rows = selectDocuments(tx)
    .orderBy('id', sort === 'createdAt' ? 'asc' : 'desc')
    .limit(limit + 1)
  let all = tx.db.selectFrom('document').select((eb) => eb.fn.countAll<number>().as('total'))
  if (place) rows = rows.where('id', sort === 'createdAt' ? '>' : '<', place.id)
  if (state) rows = rows.where('state', '=', state)
  if (state) all = all.where('state', '=', state)
  const [page, counted] = await Promise.all([rows.execute(), all.executeTakeFirstOrThrow()])
  const { shown, next } = pageOf(page, { start: place?.index ?? 0, limit })
  return { rows: await opened(tx, shown), next, total: counted.total }
}

async function listSorted(
  tx: TenantReader,
  { cursor, state }: DocumentQuery,
  { sort, needle, limit }: { sort: DocumentSort; needle: string; limit: number },
): Promise<Found> {
  let rows = selectDocuments(tx).orderBy('id', 'desc').limit(MOST)
  if (state) rows = rows.where('state', '=', state)
  const sorted = (await opened(tx, await rows.execute()))
    .filter(
      ({ card }) =>
        needle === '' ||
        (card !== null && (fold(card.title).includes(needle) || fold(card.fileName).includes(needle))),
    )
    .map((one) => ({ ...one, value: sortValue(one, sort) }))
    .sort(comparing(sort.startsWith('-') ? -1 : 1))
  const place = cursor === undefined ? undefined : readCursor(cursor)
  const last = place ? sorted.findIndex(({ row }) => row.id === place.id) : -1
  // The record behind the cursor may be gone: then its old place is the best there is.
  const start = place && last < 0 ? place.index : last + 1
  const rest = sorted.slice(start, start + limit + 1)
  const { next } = pageOf(
    rest.map(({ row }) => row),
    { start, limit },
  )
  return { rows: rest.slice(0, limit), next, total: sorted.length }
}

function pageOf(
  rows: readonly DocumentRow[],
  { start, limit }: { start: number; limit: number },
): { readonly shown: readonly DocumentRow[]; readonly next: string | null } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const next = rows.length > limit && last ? writeCursor({ id: last.id, index: start + shown.length }) : null
  return { shown, next }
}

function sortValue({ row, card }: Opened, sort: DocumentSort): string | number {
  switch (sort) {
    case 'title':
    case '-title':
      return card?.title ?? ''
    case 'size':
    case '-size':
      return row.size
    case 'pageCount':
    case '-pageCount':
      return row.page_count ?? -1
    case 'snipCount':
    case '-snipCount':
      return row.snip_count
    case 'updatedAt':
    case '-updatedAt':
      return row.updated_at.getTime()
    case 'createdAt':
    case '-createdAt':
      return row.id
  }
}

interface Sortable extends Opened {
  readonly value: string | number
}

function comparing(direction: 1 | -1): (a: Sortable, b: Sortable) => number {
  const words = new Intl.Collator('und', { numeric: true, sensitivity: 'base' })
  return (a, b) => {
    const order =
      typeof a.value === 'number' && typeof b.value === 'number'
        ? a.value - b.value
        : words.compare(String(a.value), String(b.value))
    return order === 0 ? (a.row.id < b.row.id ? -1 : 1) : order * direction
  }
}

function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
}
