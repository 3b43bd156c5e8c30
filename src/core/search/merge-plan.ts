// Decides what is merged next, from what the tables say in clear: numbers of deltas, segments, entries and removals.
import { type RawBuilder, sql } from 'kysely'
import type { SearchDb } from './tenant-search.ts'

/** Inputs of one merge: deltas and segments, oldest first, and the level of what they become. */
export interface MergePlan {
  readonly inputs: readonly string[]
  readonly level: number
}

/** Deltas, or entries in them, that make a segment; segments of a level that make one of the next. */
const DELTAS = 128
const DELTA_ENTRIES = 2_048
const SEGMENTS = 8
/** Most deltas of one merge, and entries in them: deltas have no buckets, so each pass reads them whole. */
const MOST_DELTAS = 512
const MOST_DELTA_ENTRIES = 4_096
/** Removals that make everything be rewritten: so many, and one for so many entries. */
const DEAD = 256
const ENTRIES_PER_DEAD = 50

interface Sources {
  readonly deltas: readonly SourceRow[]
  readonly segments: readonly SourceRow[]
  readonly dead: number
}

interface SourceRow {
  readonly id: string
  readonly level: number
  readonly entries: number
  readonly version: number
}

/** Whether a merge is due. Costs the same however many deltas wait. */
export async function isMergeDue(db: SearchDb): Promise<boolean> {
  return mergeOf(await readSources(db, sql`limit ${DELTAS}`)) !== null
}

/** The next merge that is due, or null. */
export async function planMerge(db: SearchDb): Promise<MergePlan | null> {
  return mergeOf(await readSources(db, sql`order by seq limit ${MOST_DELTAS}`))
}

function mergeOf({ deltas, segments, dead }: Sources): MergePlan | null {
  const waiting = deltas.reduce((sum, delta) => sum + delta.entries, 0)
  if (deltas.length >= DELTAS || waiting >= DELTA_ENTRIES)
    return { inputs: oldest(deltas).map(({ id }) => id), level: 1 }
  const levels = [...new Set(segments.map(({ level }) => level))].sort((a, b) => a - b)
  for (const level of levels) {
    const same = segments.filter((segment) => segment.level === level)
    if (same.length >= SEGMENTS) return { inputs: same.map(({ id }) => id), level: level + 1 }
  }
  const entries = segments.reduce((sum, segment) => sum + segment.entries, 0)
  if (dead >= DEAD && dead * ENTRIES_PER_DEAD >= entries && deltas.length + segments.length > 0)
    return {
      inputs: [...segments, ...oldest(deltas)].map(({ id }) => id),
      level: Math.max(1, ...levels),
    }
  return null
}

/** The next rewrite of what is not under this key version, or null; and how far that is, in entries. */
export async function planRewrite(
  db: SearchDb,
  version: number,
): Promise<{ plan: MergePlan | null; done: number; total: number }> {
  const { deltas, segments } = await readSources(db, sql``)
  const count = (rows: readonly SourceRow[]) => rows.reduce((sum, row) => sum + row.entries, 0)
  const isStale = (row: SourceRow) => row.version !== version
  const total = count(deltas) + count(segments)
  const left = count(deltas.filter(isStale)) + count(segments.filter(isStale))
  const staleDeltas = oldest(deltas.filter(isStale))
  const staleSegment = segments.find(isStale)
  const plan =
    staleDeltas.length > 0
      ? { inputs: staleDeltas.map(({ id }) => id), level: 1 }
      : staleSegment
        ? { inputs: [staleSegment.id], level: staleSegment.level }
        : null
  return { plan, done: total - left, total }
}

function oldest(deltas: readonly SourceRow[]): SourceRow[] {
  let entries = 0
  return deltas.slice(0, MOST_DELTAS).filter((delta, i) => {
    entries += delta.entries
    return i === 0 || entries <= MOST_DELTA_ENTRIES
  })
}

/** What there is, `which` says of deltas which ones; oldest first. */
async function readSources(db: SearchDb, which: RawBuilder<unknown>): Promise<Sources> {
  const { rows } = await sql<SourceRow & { what: 'delta' | 'segment' | 'dead' }>`
    select * from (
      (select 'delta' as what, id, 0 as level, entries, key_version as version, seq as place
       from search_delta ${which})
      union all
      select 'segment', id, level, entries, key_version, first_seq from search_segment where state = 'live'
      union all
      select 'dead', null, 0, count(*)::int, 0, 0 from search_dead
    ) as source order by place, id`.execute(db)
  return {
    deltas: rows.filter((row) => row.what === 'delta'),
    segments: rows.filter((row) => row.what === 'segment'),
    dead: rows.find((row) => row.what === 'dead')?.entries ?? 0,
  }
}
