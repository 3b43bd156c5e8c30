// Writes new entries as sealed deltas in the caller's transaction: their table, posting lists and words in one blob each.
// Must stay true: nothing but these rows is touched, so writers never wait for each other.
import { CompiledQuery } from 'kysely'
import { newId } from '../ids.ts'
import { ANALYZER, Analyzer } from './analyzer.ts'
import { type EntryRow, encodeEntries } from './entry-table.ts'
import { encodePage, encodePostings, type Posting } from './posting-page.ts'
import { joinDelta, SearchBox } from './search-box.ts'
import { splitWords } from './split-words.ts'
import type { SearchEntry, SearchKeys } from './tenant-search.ts'
import { encodeWords } from './word-list.ts'

/** A delta is closed at so many entries or characters. */
const MOST_ENTRIES = 64
const MOST_CHARACTERS = 200_000
/** Words between the fields of an entry that no phrase bridges. */
const FIELD_GAP = 100

const INSERT = `insert into search_delta (analyzer, key_version, id, entries, sealed)
  select $1::int, $2::int, * from unnest($3::uuid[], $4::int[], $5::bytea[])`

/** Runs a statement of the transaction, or sends it and leaves its answer to the commit. */
export type Send = (query: CompiledQuery) => Promise<unknown> | undefined

/** Adds entries to the index; see TenantSearch.index. */
export async function indexEntries(
  send: Send,
  keys: SearchKeys,
  entries: readonly SearchEntry[],
): Promise<void> {
  if (entries.length === 0) return
  const box = new SearchBox(keys, keys.current('search').version)
  const analyzer = new Analyzer()
  const ids: string[] = []
  const sealed: Buffer[] = []
  const counts: number[] = []
  for (const batch of batches(entries)) {
    const id = newId()
    ids.push(id)
    counts.push(batch.length)
    sealed.push(box.seal('search_delta', id, 0, encodeDelta(batch, analyzer)))
  }
  await send(CompiledQuery.raw(INSERT, [ANALYZER, box.version, ids, counts, sealed]))
}

function* batches(entries: readonly SearchEntry[]): Generator<SearchEntry[]> {
  let batch: SearchEntry[] = []
  let characters = 0
  for (const entry of entries) {
    batch.push(entry)
    for (const field of entry.fields) characters += field.text.length
    if (batch.length < MOST_ENTRIES && characters < MOST_CHARACTERS) continue
    yield batch
    batch = []
    characters = 0
  }
  if (batch.length > 0) yield batch
}

function encodeDelta(entries: readonly SearchEntry[], analyzer: Analyzer): Buffer {
  const rows: EntryRow[] = []
  const lists = new Map<string, Posting[]>()
  const words = new Map<string, number>()
  entries.forEach((entry, number) => {
    const { terms, length, surface } = analyse(entry, analyzer)
    rows.push({
      entry: entry.id,
      kind: entry.kind,
      owner: entry.owner,
      part: entry.part,
      language: entry.language,
      length,
      seq: 0,
    })
    for (const [term, { weight, positions }] of terms) {
      const list = lists.get(term)
      const posting = { entry: number, weight, positions }
      if (list) list.push(posting)
      else lists.set(term, [posting])
    }
    for (const word of surface) words.set(word, (words.get(word) ?? 0) + 1)
  })
  const encoded = new Map([...lists].map(([term, postings]) => [term, encodePostings(postings)]))
  return joinDelta({ table: encodeEntries(rows), page: encodePage(encoded), words: encodeWords(words) })
}

/** Terms of one entry with weighted counts and positions, its weighted length, and its words as written. */
function analyse(
  entry: SearchEntry,
  analyzer: Analyzer,
): { terms: Map<string, { weight: number; positions: number[] }>; length: number; surface: Set<string> } {
  const terms = new Map<string, { weight: number; positions: number[] }>()
  const surface = new Set<string>()
  let length = 0
  let first = 0
  for (const field of entry.fields) {
    let next = first
    for (const { word, position } of splitWords(field.text)) {
      const term = analyzer.term(word, entry.language)
      next = first + position + 1
      if (term === '') continue
      surface.add(word)
      length += field.weight
      const known = terms.get(term)
      if (known) {
        known.weight += field.weight
        known.positions.push(first + position)
      } else terms.set(term, { weight: field.weight, positions: [first + position] })
    }
    first = next + FIELD_GAP
  }
  return { terms, length, surface }
}
