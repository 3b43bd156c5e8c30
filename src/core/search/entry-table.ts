// The table of a segment's entries: who each is, how long it is, when it was indexed. Opened into flat arrays, about 50 bytes an entry.
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import type { EntryRef, Language } from './tenant-search.ts'

/** One row, as it is written. `length` is the weighted number of words, `seq` the order of indexing. */
export interface EntryRow extends EntryRef {
  readonly language: Language
  readonly length: number
  readonly seq: number
}

const LANGUAGES: readonly Language[] = ['und', 'en', 'de', 'sv']

/** Entries of one segment; the number of an entry is its place here. */
export class EntryTable {
  readonly size: number
  readonly #ids: Buffer
  readonly #owners: Buffer
  readonly kinds: readonly string[]
  readonly kindOf: Uint8Array
  readonly languageOf: Uint8Array
  readonly parts: Uint32Array
  readonly lengths: Uint32Array
  readonly seqs: Float64Array
  /** Languages that occur. */
  readonly languages: readonly Language[]

  /** Joins the encoded parts of a table, in order. Rows of a delta are written before their `seq` is known: pass it. */
  constructor(blocks: readonly Buffer[], seq?: number) {
    const readers = blocks.map((block) => new ByteReader(block))
    const counts = readers.map((reader) => reader.integer())
    this.size = counts.reduce((a, b) => a + b, 0)
    this.#ids = Buffer.alloc(16 * this.size)
    this.#owners = Buffer.alloc(16 * this.size)
    this.kindOf = new Uint8Array(this.size)
    this.languageOf = new Uint8Array(this.size)
    this.parts = new Uint32Array(this.size)
    this.lengths = new Uint32Array(this.size)
    this.seqs = new Float64Array(this.size)
    const kinds: string[] = []
    let at = 0
    readers.forEach((reader, block) => {
      const localKinds = Array.from({ length: reader.integer() }, () => reader.text())
      for (const kind of localKinds) if (!kinds.includes(kind)) kinds.push(kind)
      const owners = reader.raw(16 * reader.integer())
      let time = reader.integer()
      for (let left = counts[block] ?? 0; left > 0; left--, at++) {
        reader.raw(16).copy(this.#ids, 16 * at)
        const owner = 16 * reader.integer()
        owners.copy(this.#owners, 16 * at, owner, owner + 16)
        this.kindOf[at] = kinds.indexOf(localKinds[reader.integer()] ?? '')
        this.languageOf[at] = reader.integer()
        this.parts[at] = reader.integer()
        this.lengths[at] = reader.integer()
        time += reader.integer()
        this.seqs[at] = seq ?? time
      }
    })
    this.kinds = kinds
    this.languages = LANGUAGES.filter((_, i) => this.languageOf.includes(i))
  }

  /** Memory it holds, bytes. */
  get bytes(): number {
    return this.size * 50 + 200
  }

  ref(entry: number): EntryRef {
    return {
      entry: uuidAt(this.#ids, entry),
      kind: this.kinds[this.kindOf[entry] ?? 0] ?? '',
      owner: uuidAt(this.#owners, entry),
      part: this.parts[entry] ?? 0,
    }
  }

  row(entry: number): EntryRow {
    return {
      ...this.ref(entry),
      language: LANGUAGES[this.languageOf[entry] ?? 0] ?? 'und',
      length: this.lengths[entry] ?? 0,
      seq: this.seqs[entry] ?? 0,
    }
  }

  /** Orders by entry id, without making texts of them. */
  compareIds(entry: number, other: EntryTable, otherEntry: number): number {
    const own = this.#ids
    const others = other.#ids
    // A loop is several times faster than Buffer.compare on 16 bytes, and equal scores make this run often.
    for (let i = 0; i < 16; i++) {
      const difference = (own[16 * entry + i] ?? 0) - (others[16 * otherEntry + i] ?? 0)
      if (difference !== 0) return difference
    }
    return 0
  }

  /** Whether both rows are the same indexing of the same entry. */
  isSame(entry: number, other: EntryTable, otherEntry: number): boolean {
    return this.seqs[entry] === other.seqs[otherEntry] && this.compareIds(entry, other, otherEntry) === 0
  }

  /** Calls back with every entry that has this id (or this owner) and was indexed before `seq`. */
  eachOf(field: 'entry' | 'owner', uuid: string, seq: number, each: (entry: number) => void): void {
    const column = field === 'entry' ? this.#ids : this.#owners
    const wanted = uuidBytes(uuid)
    for (let at = column.indexOf(wanted); at >= 0; at = column.indexOf(wanted, at + 1)) {
      if (at % 16 === 0 && (this.seqs[at / 16] ?? 0) < seq) each(at / 16)
    }
  }
}

/** Encodes rows as one part of a table; `seq` must not fall. */
export function encodeEntries(rows: readonly EntryRow[]): Buffer {
  const kinds = [...new Set(rows.map((row) => row.kind))]
  const owners = new Map<string, number>()
  for (const row of rows) if (!owners.has(row.owner)) owners.set(row.owner, owners.size)
  const writer = new ByteWriter().integer(rows.length).integer(kinds.length)
  for (const kind of kinds) writer.text(kind)
  writer.integer(owners.size)
  for (const owner of owners.keys()) writer.raw(uuidBytes(owner))
  let time = rows[0]?.seq ?? 0
  writer.integer(time)
  for (const row of rows) {
    writer
      .raw(uuidBytes(row.entry))
      .integer(owners.get(row.owner) ?? 0)
      .integer(kinds.indexOf(row.kind))
      .integer(LANGUAGES.indexOf(row.language))
      .integer(row.part)
      .integer(row.length)
      .integer(row.seq - time)
    time = row.seq
  }
  return writer.done()
}

function uuidBytes(uuid: string): Buffer {
  const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex')
  if (bytes.length !== 16) throw new TypeError('not a UUID')
  return bytes
}

function uuidAt(column: Buffer, entry: number): string {
  const hex = column.toString('hex', 16 * entry, 16 * entry + 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
