// The background work of the index, as jobs call it: merge what is due, or move everything to a new key version.
import { sql } from 'kysely'
import { isMergeDue, planMerge, planRewrite } from './merge-plan.ts'
import { mergeStep } from './merge-step.ts'
import type { MergeOutcome, RewriteProgress, SearchDb, SearchKeys } from './tenant-search.ts'

/** Whether a merge is due or under way. */
export async function needsMerge(db: SearchDb): Promise<boolean> {
  const { rows } = await sql<{ target: string | null }>`select target from search_merge`.execute(db)
  return rows[0]?.target != null || (await isMergeDue(db))
}

/** One step; see TenantSearch.merge. */
export async function mergeSegments(db: SearchDb, keys: SearchKeys): Promise<MergeOutcome> {
  const outcome = await mergeStep(db, keys, () => planMerge(db), 'leave')
  return outcome === 'worked' ? 'more' : outcome === 'idle' ? 'done' : 'busy'
}

/** One step; see TenantSearch.rewrite. Waits for the step of a merge that another transaction is doing. */
export async function rewriteIndex(
  db: SearchDb,
  keys: SearchKeys,
  keyVersion: number,
): Promise<RewriteProgress> {
  if (keys.current('search').version !== keyVersion)
    throw new Error('the index is rewritten under the newest search key only')
  await mergeStep(db, keys, async () => (await planRewrite(db, keyVersion)).plan, 'wait')
  const { plan, done, total } = await planRewrite(db, keyVersion)
  // An unfinished old merge may leave nothing stale to see and still hold old pages.
  const open = await sql`select 1 from search_merge where target is not null`.execute(db)
  if (plan === null && open.rows.length === 0) return { done: total, total }
  return { done: Math.min(done, total - 1), total: Math.max(total, 1) }
}

/** See TenantSearch.dropOlder. */
export async function dropOlder(db: SearchDb, keyVersion: number): Promise<void> {
  // Whoever merges holds this row.
  await sql`update search_merge set target = null, inputs = null, passes = null, next_pass = null`.execute(db)
  await sql`delete from search_delta where key_version < ${keyVersion}`.execute(db)
  const older = sql`select id from search_segment where key_version < ${keyVersion}`
  for (const table of ['search_page', 'search_word'])
    await sql`delete from ${sql.table(table)} where segment in (${older})`.execute(db)
  await sql`delete from search_segment where key_version < ${keyVersion}`.execute(db)
}
