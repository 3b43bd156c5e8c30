/**
 * The documents of a tenant, a page at a time. By age the database sorts; everything else is sorted and filtered here,
 * because titles are sealed.
 */
import { readSealStates } from '#core/evidence/seal-state.ts'
import { readCursor, writeCursor } from '#core/page-cursor.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import type { DocumentList, DocumentQuery, DocumentSort } from './document.schema.ts'
import { type DocumentRow, openCard, selectDocuments, shownDocument } from './document-record.ts'

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
    found.rows.map(({ id }) => ({ id, subject: id })),
  )
  return {
    items: found.rows.map((row) => ({ ...shownDocument(tx, row), seal: seals.get(row.id) ?? 'unknown' })),
    next: found.next,
    total: found.total,
  }
}

interface Found extends Omit<DocumentList, 'items'> {
  readonly rows: readonly DocumentRow[]
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
  return pageOf(page, { start: place?.index ?? 0, limit, total: counted.total })
}

async function listSorted(
  tx: TenantReader,
  { cursor, state }: DocumentQuery,
  { sort, needle, limit }: { sort: DocumentSort; needle: string; limit: number },
): Promise<Found> {
  let rows = selectDocuments(tx).orderBy('id', 'desc').limit(MOST)
  if (state) rows = rows.where('state', '=', state)
  const sorted = (await rows.execute())
    .map((row) => ({ row, card: openCard(tx, row) }))
    .filter(
      ({ card }) =>
        needle === '' || fold(card.title).includes(needle) || fold(card.fileName).includes(needle),
    )
    .map(({ row, card }) => ({ row, value: sortValue(row, card.title, sort) }))
    .sort(comparing(sort.startsWith('-') ? -1 : 1))
    .map(({ row }) => row)
  const place = cursor === undefined ? undefined : readCursor(cursor)
  const last = place ? sorted.findIndex(({ id }) => id === place.id) : -1
  // The record behind the cursor may be gone: then its old place is the best there is.
  const start = place && last < 0 ? place.index : last + 1
  return pageOf(sorted.slice(start, start + limit + 1), { start, limit, total: sorted.length })
}

function pageOf(
  rows: readonly DocumentRow[],
  { start, limit, total }: { start: number; limit: number; total: number },
): Found {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    rows: shown,
    next: rows.length > limit && last ? writeCursor({ id: last.id, index: start + shown.length }) : null,
    total,
  }
}

function sortValue(row: DocumentRow, title: string, sort: DocumentSort): string | number {
  switch (sort) {
    case 'title':
    case '-title':
      return title
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

interface Sortable {
  row: DocumentRow
  value: string | number
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
