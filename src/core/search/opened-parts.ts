// Parts of an index opened into memory, as the cache holds them.
import { EntryTable } from './entry-table.ts'
import type { Dead } from './live-entries.ts'
import { LiveEntries } from './live-entries.ts'
import {
  decodeOffsets,
  decodePage,
  decodePositions,
  decodeRanked,
  type PostingList,
  type RankedPostings,
} from './posting-page.ts'
import { splitDelta } from './search-box.ts'
import { decodeWords, type WordList } from './word-list.ts'

/** The table of a segment. */
export class OpenedTable {
  readonly table: EntryTable
  readonly live: LiveEntries

  constructor(blocks: readonly Buffer[], seq?: number) {
    this.table = new EntryTable(blocks, seq)
    this.live = new LiveEntries(this.table)
  }

  get bytes(): number {
    return this.table.bytes
  }
}

/** One page; lists are decoded for ranking when first asked for. */
export class OpenedPage {
  readonly lists: ReadonlyMap<string, PostingList>
  readonly #ranked = new Map<string, RankedPostings>()
  readonly #offsets = new Map<string, Uint32Array>()
  readonly #size: number
  readonly #grown: (bytes: number) => void

  constructor(bytes: Buffer | null, grown: (bytes: number) => void) {
    this.lists = bytes ? decodePage(bytes) : new Map()
    this.#size = bytes?.length ?? 0
    this.#grown = grown
  }

  get bytes(): number {
    return this.#size + 250 * this.lists.size + 100
  }

  ranked(term: string): RankedPostings | undefined {
    const known = this.#ranked.get(term)
    if (known) return known
    const list = this.lists.get(term)
    if (!list) return undefined
    const ranked = decodeRanked(list)
    this.#ranked.set(term, ranked)
    this.#grown(8 * list.count + 200)
    return ranked
  }

  /** Where a term stands in an entry; empty when it does not. */
  positions(term: string, entry: number): number[] {
    const list = this.lists.get(term)
    const at = indexOf(this.ranked(term)?.entries, entry)
    if (!list || at < 0) return []
    let offsets = this.#offsets.get(term)
    if (!offsets) {
      offsets = decodeOffsets(list)
      this.#offsets.set(term, offsets)
      this.#grown(4 * list.count + 100)
    }
    return decodePositions(list, offsets[at] ?? 0)
  }
}

/** Place of a number in a rising list, -1 when it is not there. */
function indexOf(entries: Uint32Array | undefined, entry: number): number {
  if (!entries) return -1
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((entries[middle] ?? 0) < entry) low = middle + 1
    else high = middle
  }
  return entries[low] === entry ? low : -1
}

/** The words of a segment. */
export class OpenedWords {
  readonly list: WordList

  constructor(parts: readonly Buffer[]) {
    this.list = decodeWords(parts)
  }

  get bytes(): number {
    return this.list.words.reduce((sum, word) => sum + word.length + 32, 100)
  }
}

/** A delta: everything in one. */
export class OpenedDelta {
  readonly head: OpenedTable
  readonly page: OpenedPage
  readonly words: OpenedWords
  readonly bytes: number

  constructor(plain: Buffer, seq: number, grown: (bytes: number) => void) {
    const blocks = splitDelta(plain)
    this.head = new OpenedTable([blocks.table], seq)
    this.page = new OpenedPage(blocks.page, grown)
    this.words = new OpenedWords(blocks.words)
    this.bytes = this.head.bytes + this.page.bytes + this.words.bytes
  }
}

/** What the last question of a tenant saw: where to look first. Only a guess; the database is asked each time. */
export class SeenManifest {
  readonly segments: readonly LiveSegment[]
  readonly deltas: readonly LiveDelta[]

  constructor(segments: readonly LiveSegment[], deltas: readonly LiveDelta[]) {
    this.segments = segments
    this.deltas = deltas
  }
}

/** Removals, with the fingerprint the database makes of them. */
export class SeenDead {
  readonly print: string
  readonly rows: readonly Dead[]

  constructor(print: string, rows: readonly Dead[]) {
    this.print = print
    this.rows = rows
  }
}

export interface LiveSegment {
  readonly id: string
  readonly bits: number
  readonly entries: number
  readonly version: number
}

export interface LiveDelta {
  readonly id: string
  readonly seq: number
  readonly version: number
}

/** Rows of one part of a segment's table. */
export const ENTRIES_PER_PART = 8_192

/** Buckets that hold the table of a segment of so many entries: -1, -2, … */
export function tableBuckets(entries: number): number[] {
  return Array.from({ length: Math.ceil(entries / ENTRIES_PER_PART) }, (_, i) => -1 - i)
}
