// Full-text search inside one tenant, as product code holds it. Everything at rest is sealed; see docs/decisions and 0003-search.sql.
// Must stay true: a removed entry is never found again, an entry is found by its own transaction at once and by others after its commit.
import type { Kysely } from 'kysely'
import type { TenantTables } from '../db/tables.gen.ts'
import type { TenantKeys } from '../keys/tenant-keys.ts'

/** What the index needs of the database: a handle whose search_path is the tenant's schema. */
export type SearchDb = Kysely<TenantTables>
/** What the index needs of the tenant's keys. */
export type SearchKeys = Pick<TenantKeys, 'tenant' | 'derive' | 'current'>

/** Languages whose words are stemmed; `und` (any other) is folded only. */
export type Language = 'en' | 'de' | 'sv' | 'und'

/** A stretch of text of an entry. `weight` is an integer from 1 to 8; titles have 2. Phrases do not cross fields. */
export interface SearchField {
  readonly text: string
  readonly weight: number
}

/** One searchable unit: a page of a document, the title of a document, a snip. */
export interface SearchEntry {
  /** UUID; indexing it again without removing it first leaves two. */
  readonly id: string
  /** A few lower-case letters, e.g. `page`, `title`, `snip`. */
  readonly kind: string
  /** UUID of the record the entry goes with; removing the owner removes it. */
  readonly owner: string
  /** A number given back with the hit, e.g. the page; 0 when it has none. */
  readonly part: number
  readonly language: Language
  readonly fields: readonly SearchField[]
}

/** Which entry a hit is. */
export interface EntryRef {
  readonly entry: string
  readonly kind: string
  readonly owner: string
  readonly part: number
}

/** A question. Words are joined by OR and ranked; `"…"` must match, `-word` must not, `word*` and the last word are prefixes. */
export interface SearchQuestion {
  readonly text: string
  /** 20 unless said. */
  readonly limit?: number
  /** Only entries of these kinds. */
  readonly kinds?: readonly string[]
  /** Only entries this says yes to; asked for every entry that matches, so it must be cheap. */
  readonly allows?: (ref: EntryRef) => boolean
}

export interface SearchHit extends EntryRef {
  readonly score: number
}

export interface SearchAnswer {
  /** Best first; equal scores by entry id. */
  readonly hits: SearchHit[]
  /** How many entries match in all. */
  readonly total: number
  /** The question with unknown words replaced by near ones the index knows (they were searched too), else null. */
  readonly suggestion: string | null
  /** Milliseconds. */
  readonly took: number
}

/** What to remove: single entries, or all that an owner has up to now. */
export type Removal = { readonly entries: readonly string[] } | { readonly owner: string }

/** `done`: nothing left to merge; `more`: call again in a new transaction; `busy`: somebody else is merging. */
export type MergeOutcome = 'done' | 'more' | 'busy'

/** How far a rewrite is, in entries; finished when both are equal. */
export interface RewriteProgress {
  readonly done: number
  readonly total: number
}

/** The index of one tenant, bound to the caller's transaction (or autocommit handle, for `query`). */
export interface TenantSearch {
  /** Adds entries in the caller's transaction. Hold a lock on the owner's row, so that it is not removed meanwhile. */
  index(entries: readonly SearchEntry[]): Promise<void>
  /** Hides entries at once; a later merge takes them out of the pages. */
  remove(what: Removal): Promise<void>
  query(question: SearchQuestion): Promise<SearchAnswer>
  needsMerge(): Promise<boolean>
  /** One bounded step (about a second at most) of merging. */
  merge(): Promise<MergeOutcome>
  /**
   * One bounded step of moving everything to this version of the search key, without what was removed. Call in a new
   * transaction each time until `done === total`. Throws when the version is not the newest the keys offer.
   */
  rewrite(keyVersion: number): Promise<RewriteProgress>
  /** Throws away all that lies under older versions, for whoever puts every record in again (restore-index.job.ts): some of it does not open. */
  dropOlder(keyVersion: number): Promise<void>
}
