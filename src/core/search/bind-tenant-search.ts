// Binds the index to one transaction of one tenant, for the door.
import { indexEntries, type Send } from './index-entries.ts'
import { dropOlder, mergeSegments, needsMerge, rewriteIndex } from './merge-segments.ts'
import { removeEntries } from './remove-entries.ts'
import type { SearchCache } from './search-cache.ts'
import { searchEntries } from './search-entries.ts'
import type { SearchDb, SearchKeys, TenantSearch } from './tenant-search.ts'

/** The index of the tenant whose schema `db` works in; `cache` is the one of the process. New entries go through `send`. */
export function bindTenantSearch(
  db: SearchDb,
  keys: SearchKeys,
  cache: SearchCache,
  send: Send = (query) => db.executeQuery(query),
): TenantSearch {
  return {
    index: (entries) => indexEntries(send, keys, entries),
    remove: (what) => removeEntries(db, what),
    query: (question) => searchEntries(db, keys, cache, question),
    needsMerge: () => needsMerge(db),
    merge: () => mergeSegments(db, keys),
    rewrite: (keyVersion) => rewriteIndex(db, keys, keyVersion),
    dropOlder: (keyVersion) => dropOlder(db, keyVersion),
  }
}
