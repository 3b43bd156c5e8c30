// Reads what a merge works on: tables, posting lists and words of deltas and segments, opened from their seals. No cache: each is read once.
import { sql } from 'kysely'
import { EntryTable } from './entry-table.ts'
import { type Dead, LiveEntries, type Living } from './live-entries.ts'
import { decodePage, type PostingList } from './posting-page.ts'
import { bucketOf, type DeltaBlocks, SearchBox, splitDelta } from './search-box.ts'
import type { SearchDb, SearchKeys } from './tenant-search.ts'
import { decodeWords, type WordList } from './word-list.ts'

/** A delta or segment that is read for a merge. Segments keep their pages in the database until asked. */
export interface MergeSource {
  readonly id: string
  readonly bits: number
  readonly firstSeq: number
  readonly table: EntryTable
  readonly delta: DeltaBlocks | null
  readonly box: SearchBox
}

/** Range of the 16-bit hash that one pass works on. */
export interface HashRange {
  readonly pass: number
  /** log2 of the number of passes. */
  readonly passBits: number
}

const PAGES_AT_ONCE = 256

/** Opens sources by id, oldest first; with null, all that are live. Ids that are no longer there are left out. */
export async function openSources(
  db: SearchDb,
  boxes: SearchBoxes,
  ids: readonly string[] | null,
): Promise<MergeSource[]> {
  const { rows } = await sql<{
    id: string
    bits: number
    version: number
    seq: string | number
    sealed: Buffer | null
  }>`
    select id, 0 as bits, key_version as version, seq, sealed from search_delta
    where ${ids}::uuid[] is null or id = any(${ids}::uuid[])
    union all
    select id, bits, key_version, first_seq, null from search_segment
    where state = 'live' and (${ids}::uuid[] is null or id = any(${ids}::uuid[]))
    order by seq, id`.execute(db)
  const sources: MergeSource[] = []
  for (const { id, bits, version, seq, sealed } of rows) {
    const box = boxes.of(version)
    const firstSeq = Number(seq)
    if (sealed) {
      const delta = splitDelta(box.open('search_delta', id, 0, sealed))
      sources.push({ id, bits, firstSeq, table: new EntryTable([delta.table], firstSeq), delta, box })
    } else {
      sources.push({ id, bits, firstSeq, table: await openTable(db, box, id), delta: null, box })
    }
  }
  return sources
}

/** The table of a segment, also of one that is being built. */
export async function openTable(db: SearchDb, box: SearchBox, segment: string): Promise<EntryTable> {
  const { rows } = await sql<{ bucket: number; sealed: Buffer }>`
    select bucket, sealed from search_page where segment = ${segment} and bucket < 0 order by bucket desc`.execute(
    db,
  )
  return new EntryTable(rows.map(({ bucket, sealed }) => box.open('search_page', segment, bucket, sealed)))
}

/** Every removal that stands. */
export async function readDead(db: SearchDb): Promise<Dead[]> {
  const { rows } = await sql<{ seq: string | number; entry: string | null; owner: string | null }>`
    select seq, entry, owner from search_dead`.execute(db)
  return rows.map(({ seq, entry, owner }) => ({
    seq: Number(seq),
    field: owner === null ? 'entry' : 'owner',
    uuid: owner ?? entry ?? '',
  }))
}

/** What is alive in each source. */
export function livingOf(sources: readonly MergeSource[], dead: readonly Dead[]): Living[] {
  return sources.map(({ table }) => new LiveEntries(table).under(dead))
}

/** Calls back with every list of the source whose term may lie in the range; the caller checks when keys differ. */
export async function eachList(
  db: SearchDb,
  source: MergeSource,
  range: HashRange | null,
  each: (term: string, list: PostingList) => void,
): Promise<void> {
  if (source.delta) {
    for (const [term, list] of decodePage(source.delta.page)) each(term, list)
    return
  }
  let [next, end] = bucketsIn(source.bits, range)
  while (next < end) {
    const { rows } = await sql<{ bucket: number; sealed: Buffer }>`
      select bucket, sealed from search_page
      where segment = ${source.id} and bucket >= ${next} and bucket < ${end}
      order by bucket limit ${PAGES_AT_ONCE}`.execute(db)
    for (const { bucket, sealed } of rows)
      for (const [term, list] of decodePage(source.box.open('search_page', source.id, bucket, sealed)))
        each(term, list)
    next = rows.length < PAGES_AT_ONCE ? end : (rows.at(-1)?.bucket ?? end) + 1
  }
}

function bucketsIn(bits: number, range: HashRange | null): [number, number] {
  if (range === null) return [0, 2 ** bits]
  const { pass, passBits } = range
  if (bits < passBits) {
    const bucket = pass >>> (passBits - bits)
    return [bucket, bucket + 1]
  }
  return [pass << (bits - passBits), (pass + 1) << (bits - passBits)]
}

/** Whether a hash lies in the range. */
export function isInRange(hash: number, { pass, passBits }: HashRange): boolean {
  return bucketOf(hash, passBits) === pass
}

/** The words of a source. */
export async function openWords(db: SearchDb, source: MergeSource): Promise<WordList> {
  if (source.delta) return decodeWords(source.delta.words)
  const { rows } = await sql<{ part: number; sealed: Buffer }>`
    select part, sealed from search_word where segment = ${source.id} order by part`.execute(db)
  return decodeWords(rows.map(({ part, sealed }) => source.box.open('search_word', source.id, part, sealed)))
}

/** Subkeys by key version. */
export class SearchBoxes {
  readonly #keys: SearchKeys
  readonly #boxes = new Map<number, SearchBox>()

  constructor(keys: SearchKeys) {
    this.#keys = keys
  }

  get newest(): SearchBox {
    return this.of(this.#keys.current('search').version)
  }

  of(version: number): SearchBox {
    const box = this.#boxes.get(version) ?? new SearchBox(this.#keys, version)
    this.#boxes.set(version, box)
    return box
  }
}
