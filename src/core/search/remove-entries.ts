// Hides entries at once by a row each; merges take what is hidden out of the pages, and then the row.
import { sql } from 'kysely'
import type { Removal, SearchDb } from './tenant-search.ts'

/** Hides entries, or everything an owner has up to now; see TenantSearch.remove. */
export async function removeEntries(db: SearchDb, what: Removal): Promise<void> {
  if ('owner' in what) {
    await sql`insert into search_dead (owner) values (${what.owner})`.execute(db)
  } else if (what.entries.length > 0) {
    await sql`insert into search_dead (entry) select * from unnest(${[...what.entries]}::uuid[])`.execute(db)
  }
}
