// The page of posting lists: [terms] then for each, in order of its bytes: term, count, documents block, positions block.
// Documents block: (gap, weight) for each; positions block: (count, gaps) for each, so ranking never reads positions.
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'

/** A term's list as it lies in a page. Numbers of entries are local to the segment and rise. */
export interface PostingList {
  readonly count: number
  readonly documents: Buffer
  readonly positions: Buffer
}

/** One entry in a list: its number, its weighted count of the term, and where the term stands in it. */
export interface Posting {
  readonly entry: number
  readonly weight: number
  readonly positions: readonly number[]
}

/** Opened list for ranking. */
export interface RankedPostings {
  readonly entries: Uint32Array
  readonly weights: Uint32Array
}

/** Encodes one list. Entries must rise. */
export function encodePostings(postings: readonly Posting[]): PostingList {
  const documents = new ByteWriter()
  const positions = new ByteWriter()
  let last = 0
  for (const posting of postings) {
    documents.integer(posting.entry - last).integer(posting.weight)
    last = posting.entry
    positions.integer(posting.positions.length)
    let place = 0
    for (const position of posting.positions) {
      positions.integer(position - place)
      place = position
    }
  }
  return { count: postings.length, documents: documents.done(), positions: positions.done() }
}

/** Entries and weights of a list, without positions. */
export function decodeRanked(list: PostingList): RankedPostings {
  const entries = new Uint32Array(list.count)
  const weights = new Uint32Array(list.count)
  const reader = new ByteReader(list.documents)
  let entry = 0
  for (let i = 0; i < list.count; i++) {
    entry += reader.integer()
    entries[i] = entry
    weights[i] = reader.integer()
  }
  return { entries, weights }
}

/** Where each entry's positions begin in the positions block. */
export function decodeOffsets(list: PostingList): Uint32Array {
  const offsets = new Uint32Array(list.count)
  const reader = new ByteReader(list.positions)
  for (let i = 0; i < list.count; i++) {
    offsets[i] = reader.at
    for (let left = reader.integer(); left > 0; left--) reader.integer()
  }
  return offsets
}

/** The positions that begin at an offset. */
export function decodePositions(list: PostingList, offset: number): number[] {
  const reader = new ByteReader(list.positions, offset)
  const positions: number[] = []
  let position = 0
  for (let left = reader.integer(); left > 0; left--) {
    position += reader.integer()
    positions.push(position)
  }
  return positions
}

/** Encodes a page; terms are sorted here. */
export function encodePage(terms: ReadonlyMap<string, PostingList>): Buffer {
  const writer = new ByteWriter().integer(terms.size)
  for (const [term, list] of [...terms].sort(([a], [b]) => (a < b ? -1 : 1)))
    writer.text(term).integer(list.count).block(list.documents).block(list.positions)
  return writer.done()
}

/** The lists of a page, as views of its bytes. */
export function decodePage(bytes: Buffer): Map<string, PostingList> {
  const reader = new ByteReader(bytes)
  const terms = new Map<string, PostingList>()
  for (let left = reader.integer(); left > 0; left--) {
    const term = reader.text()
    terms.set(term, { count: reader.integer(), documents: reader.block(), positions: reader.block() })
  }
  return terms
}

/** A list of one input of a merge. `map` gives the new number of each entry, -1 for those left out; `whole` when none is. */
export interface MergeInput {
  readonly list: PostingList
  readonly map: Int32Array
  readonly whole: boolean
}

/** Joins lists whose new numbers rise from input to input. Null when no entry is left. */
export function mergePostings(inputs: readonly MergeInput[]): PostingList | null {
  const documents = new ByteWriter()
  const positions = new ByteWriter()
  let last = 0
  let kept = 0
  for (const { list, map, whole } of inputs) {
    const from = new ByteReader(list.documents)
    const places = new ByteReader(list.positions)
    let entry = 0
    for (let i = 0; i < list.count; i++) {
      entry += from.integer()
      const weight = from.integer()
      const number = map[entry] ?? -1
      if (!whole) {
        const start = places.at
        for (let left = places.integer(); left > 0; left--) places.integer()
        if (number < 0) continue
        positions.raw(list.positions.subarray(start, places.at))
      }
      documents.integer(number - last).integer(weight)
      last = number
      kept++
    }
    if (whole) positions.raw(list.positions)
  }
  return kept === 0 ? null : { count: kept, documents: documents.done(), positions: positions.done() }
}
