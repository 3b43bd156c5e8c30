// Sees the index as one statement of the database saw it. The statement answers what is live (segments, deltas, removals) together
// with the parts asked for; if the snapshot turns out to need more, it is asked again as a whole.
// Must stay true: every answer is made from one statement's manifest plus immutable parts, so a merge in between loses nothing.
import { sql } from 'kysely'
import type { EntryTable } from './entry-table.ts'
import type { Dead, Living } from './live-entries.ts'
import {
  type LiveDelta,
  type LiveSegment,
  OpenedDelta,
  OpenedPage,
  OpenedTable,
  OpenedWords,
  SeenDead,
  SeenManifest,
  tableBuckets,
} from './opened-parts.ts'
import type { RankedPostings } from './posting-page.ts'
import { bucketOf, SearchBox } from './search-box.ts'
import type { SearchCache } from './search-cache.ts'
import type { Language, SearchDb, SearchKeys } from './tenant-search.ts'
import type { WordList } from './word-list.ts'

/** A segment or delta, ready to be ranked. */
export interface Source {
  readonly table: EntryTable
  readonly living: Living
  ranked(term: string): RankedPostings | undefined
  /** Where the term stands in an entry; empty when it does not. */
  positions(term: string, entry: number): readonly number[]
}

/** One consistent view: the lists of the terms asked for, of everything that is live. */
export interface IndexView {
  readonly sources: readonly Source[]
  readonly languages: ReadonlySet<Language>
  /** Empty unless words were asked for. */
  readonly words: readonly WordList[]
}

/** What a view must hold. */
export interface Wanted {
  /** Terms, once the languages of the index are known. */
  terms(languages: ReadonlySet<Language>): Iterable<string>
  readonly words: 'wanted' | 'not'
}

interface Row {
  what: 'segment' | 'delta' | 'print' | 'dead' | 'page' | 'word'
  id: string | null
  a: number
  b: number
  version: number
  seq: string | number
  note: string | null
  sealed: Buffer | null
}

interface Missing {
  readonly pages: { segment: string; bucket: number }[]
  readonly words: string[]
}

const MOST_ROUNDS = 12

/** Loads views for one question; what was loaded stays for its whole life, whatever the cache throws out. */
export class IndexSnapshot {
  readonly #db: SearchDb
  readonly #keys: SearchKeys
  readonly #cache: SearchCache
  readonly #held = new Map<string, object>()
  readonly #boxes = new Map<number, SearchBox>()
  readonly #hashes = new Map<string, number>()
  #manifest: SeenManifest | undefined
  #dead: SeenDead

  constructor(db: SearchDb, keys: SearchKeys, cache: SearchCache) {
    this.#db = db
    this.#keys = keys
    this.#cache = cache
    this.#dead = cache.get(keys.tenant, 'dead', SeenDead) ?? new SeenDead('', [])
  }

  /** A view that holds what is wanted. Later calls keep the first view's snapshot when it has the parts, else take a new one. */
  async load(wanted: Wanted): Promise<IndexView> {
    if (this.#manifest) {
      const missing = this.#missing(this.#manifest, wanted)
      if (missing === undefined) return this.#view(this.#manifest, wanted)
    }
    let guess = this.#manifest ?? this.#cache.get(this.#keys.tenant, 'seen', SeenManifest)
    for (let round = 0; round < MOST_ROUNDS; round++) {
      guess = await this.#ask(guess, guess && this.#missing(guess, wanted))
      if (this.#missing(guess, wanted) !== undefined) continue
      this.#manifest = guess
      this.#cache.set(this.#keys.tenant, 'seen', guess, 100 * (guess.segments.length + guess.deltas.length))
      return this.#view(guess, wanted)
    }
    throw new Error('the index changed faster than it could be read')
  }

  #missing(manifest: SeenManifest, wanted: Wanted): Missing | undefined {
    const pages: Missing['pages'] = []
    const words: string[] = []
    const tables: OpenedTable[] = []
    for (const { id } of manifest.deltas) {
      const delta = this.#get(`delta/${id}`, OpenedDelta)
      if (delta) tables.push(delta.head)
    }
    for (const { id, entries } of manifest.segments) {
      const head = this.#get(`table/${id}`, OpenedTable)
      if (head) tables.push(head)
      else for (const bucket of tableBuckets(entries)) pages.push({ segment: id, bucket })
      if (wanted.words === 'wanted' && !this.#get(`words/${id}`, OpenedWords)) words.push(id)
    }
    // Terms depend on the languages, and those are only known once every table is here.
    if (pages.length === 0) {
      const terms = [...wanted.terms(languagesOf(tables))]
      for (const segment of manifest.segments) {
        const buckets = new Set(terms.map((term) => this.#bucket(segment, term)))
        for (const bucket of buckets)
          if (!this.#get(`page/${segment.id}/${bucket}`, OpenedPage))
            pages.push({ segment: segment.id, bucket })
      }
    }
    return pages.length + words.length === 0 ? undefined : { pages, words }
  }

  async #ask(guess: SeenManifest | undefined, missing: Missing | undefined): Promise<SeenManifest> {
    const known = (guess?.deltas ?? [])
      .filter(({ id }) => this.#get(`delta/${id}`, OpenedDelta))
      .map(({ id }) => id)
    const pages = missing?.pages ?? []
    const words = missing?.words ?? []
    const { rows } = await sql<Row>`
      with print as (
        select count(*) || ':' || coalesce(bit_xor(hashint8extended(seq, 0)), 0) as note from search_dead
      )
      select 'segment' as what, id, bits as a, entries as b, key_version as version, 0::bigint as seq,
        null as note, null::bytea as sealed
      from search_segment where state = 'live'
      union all
      select 'delta', id, 0, entries, key_version, seq, null,
        case when id = any(${known}::uuid[]) then null else sealed end
      from search_delta
      union all
      select 'print', null, 0, 0, 0, 0, note, null from print
      union all
      select 'dead', coalesce(entry, owner), num_nonnulls(owner), 0, 0, seq, null, null
      from search_dead where (select note from print) <> ${this.#dead.print}
      union all
      select 'page', segment, bucket, 0, 0, 0, null, sealed
      from unnest(${pages.map((page) => page.segment)}::uuid[], ${pages.map((page) => page.bucket)}::int[])
        as asked (segment, bucket)
      join search_page using (segment, bucket)
      union all
      select 'word', segment, part, 0, 0, 0, null, sealed
      from search_word where segment = any(${words}::uuid[])`.execute(this.#db)
    return this.#take(rows, pages, words)
  }

  #take(rows: readonly Row[], pages: Missing['pages'], words: readonly string[]): SeenManifest {
    const segments: LiveSegment[] = []
    const deltas: LiveDelta[] = []
    const dead: Dead[] = []
    const parts = new Map<string, Row[]>()
    let print = ''
    for (const row of rows) {
      const id = row.id ?? ''
      const seq = Number(row.seq)
      if (row.what === 'segment') segments.push({ id, bits: row.a, entries: row.b, version: row.version })
      else if (row.what === 'delta') {
        deltas.push({ id, seq, version: row.version })
        if (row.sealed) this.#openDelta(id, seq, row.version, row.sealed)
      } else if (row.what === 'print') print = row.note ?? ''
      else if (row.what === 'dead') dead.push({ seq, field: row.a === 1 ? 'owner' : 'entry', uuid: id })
      else {
        const key = row.what === 'word' ? `words/${id}` : row.a < 0 ? `table/${id}` : `page/${id}/${row.a}`
        const list = parts.get(key)
        if (list) list.push(row)
        else parts.set(key, [row])
      }
    }
    if (print !== this.#dead.print) {
      this.#dead = new SeenDead(print, dead)
      this.#cache.set(this.#keys.tenant, 'dead', this.#dead, 100 + 150 * dead.length)
    }
    const live = new Map(segments.map((segment) => [segment.id, segment]))
    for (const { segment: id, bucket } of pages) {
      const segment = live.get(id)
      if (segment && bucket >= 0) this.#openPage(segment, bucket, parts.get(`page/${id}/${bucket}`)?.[0])
      else if (segment && bucket === -1) this.#openTable(segment, parts.get(`table/${id}`) ?? [])
    }
    for (const id of words) {
      const segment = live.get(id)
      if (segment) this.#openWords(segment, parts.get(`words/${id}`) ?? [])
    }
    return new SeenManifest(segments, deltas)
  }

  #openDelta(id: string, seq: number, version: number, sealed: Buffer): void {
    const plain = this.#box(version).open('search_delta', id, 0, sealed)
    const name = `delta/${id}`
    this.#hold(name, new OpenedDelta(plain, seq, (bytes) => this.#cache.grow(this.#keys.tenant, name, bytes)))
  }

  #openTable(segment: LiveSegment, rows: readonly Row[]): void {
    const blocks = [...rows].sort((a, b) => b.a - a.a).map((row) => this.#plain('search_page', segment, row))
    this.#hold(`table/${segment.id}`, new OpenedTable(blocks))
  }

  #openPage(segment: LiveSegment, bucket: number, row: Row | undefined): void {
    const name = `page/${segment.id}/${bucket}`
    const plain = row ? this.#plain('search_page', segment, row) : null
    this.#hold(name, new OpenedPage(plain, (bytes) => this.#cache.grow(this.#keys.tenant, name, bytes)))
  }

  #openWords(segment: LiveSegment, rows: readonly Row[]): void {
    const parts = [...rows].sort((a, b) => a.a - b.a).map((row) => this.#plain('search_word', segment, row))
    this.#hold(`words/${segment.id}`, new OpenedWords(parts))
  }

  #plain(table: 'search_page' | 'search_word', segment: LiveSegment, row: Row): Buffer {
    return this.#box(segment.version).open(table, segment.id, row.a, row.sealed ?? Buffer.alloc(0))
  }

  #view(manifest: SeenManifest, wanted: Wanted): IndexView {
    const dead = this.#dead.rows
    const sources: Source[] = []
    const tables: OpenedTable[] = []
    const words: WordList[] = []
    for (const { id } of manifest.deltas) {
      const delta = this.#get(`delta/${id}`, OpenedDelta)
      if (!delta) continue
      const { head, page } = delta
      tables.push(head)
      words.push(delta.words.list)
      sources.push({
        table: head.table,
        living: head.live.under(dead),
        ranked: (term) => page.ranked(term),
        positions: (term, entry) => page.positions(term, entry),
      })
    }
    for (const segment of manifest.segments) {
      const head = this.#get(`table/${segment.id}`, OpenedTable)
      if (!head) continue
      const pageOf = (term: string) =>
        this.#get(`page/${segment.id}/${this.#bucket(segment, term)}`, OpenedPage)
      tables.push(head)
      const list = this.#get(`words/${segment.id}`, OpenedWords)?.list
      if (list) words.push(list)
      sources.push({
        table: head.table,
        living: head.live.under(dead),
        ranked: (term) => pageOf(term)?.ranked(term),
        positions: (term, entry) => pageOf(term)?.positions(term, entry) ?? [],
      })
    }
    return { sources, languages: languagesOf(tables), words: wanted.words === 'wanted' ? words : [] }
  }

  #bucket(segment: LiveSegment, term: string): number {
    const key = `${segment.version}/${term}`
    let hash = this.#hashes.get(key)
    if (hash === undefined) {
      hash = this.#box(segment.version).hashOf(term)
      this.#hashes.set(key, hash)
    }
    return bucketOf(hash, segment.bits)
  }

  #box(version: number): SearchBox {
    let box = this.#boxes.get(version)
    if (!box) {
      box = new SearchBox(this.#keys, version)
      this.#boxes.set(version, box)
    }
    return box
  }

  #get<T extends object>(name: string, kind: abstract new (...args: never[]) => T): T | undefined {
    const held = this.#held.get(name)
    if (held instanceof kind) return held
    const cached = this.#cache.get(this.#keys.tenant, name, kind)
    if (cached) this.#held.set(name, cached)
    return cached
  }

  #hold(name: string, part: object & { readonly bytes: number }): void {
    this.#held.set(name, part)
    this.#cache.set(this.#keys.tenant, name, part, part.bytes)
  }
}

function languagesOf(tables: readonly OpenedTable[]): Set<Language> {
  const found = new Set<Language>()
  for (const { table } of tables) for (const language of table.languages) found.add(language)
  return found
}
