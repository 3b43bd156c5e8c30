/** Adds search entries and, when enough has gathered, queues the merge of the index. */
import type { SearchEntry } from '#core/search/tenant-search.ts'
import type { TenantWriter } from '#core/tenancy/tenant-door.ts'

/** Single entries look whether a merge is due one time in sixteen: the look costs a question, lateness costs nothing. */
const LOOK = /0$/
const MANY = 8

/** The caller holds a lock on the owners of the entries. */
export async function indexEntries(tx: TenantWriter, entries: readonly SearchEntry[]): Promise<void> {
  const [first] = entries
  if (!first) return
  await tx.search.index(entries)
  if (entries.length < MANY && !LOOK.test(first.id)) return
  if (await tx.search.needsMerge())
    await tx.enqueue('core.search.merge', first.owner, { key: 'core.search.merge', urgency: 'late' })
}
