// Merges deltas and segments into one new segment, in bounded steps of a transaction each: begin (table), passes (pages), finish.
// The row of `search_merge` is locked by each step and remembers how far the merge is, so any process can take it up after a crash.
// Must stay true: until `finish` commits, readers see only the inputs; from then on only the output; nobody ever sees both.
import { sql } from 'kysely'
import { newId } from '../ids.ts'
import { ANALYZER, Analyzer } from './analyzer.ts'
import { type EntryTable, encodeEntries } from './entry-table.ts'
import {
  eachList,
  isInRange,
  livingOf,
  type MergeSource,
  openSources,
  openTable,
  openWords,
  readDead,
  SearchBoxes,
} from './merge-inputs.ts'
import type { MergePlan } from './merge-plan.ts'
import { ENTRIES_PER_PART } from './opened-parts.ts'
import { encodePage, type MergeInput, mergePostings, type PostingList } from './posting-page.ts'
import { bucketOf, type SealedTable, type SearchBox } from './search-box.ts'
import type { Language, SearchDb, SearchKeys } from './tenant-search.ts'
import { encodeWords } from './word-list.ts'

/** Bytes of input one pass takes; about a second. */
const PASS_BYTES = 2 * 1024 * 1024
const PAGE_BYTES = 4_096
const MOST_BITS = 16
const ROWS_AT_ONCE = 128

interface MergeRow {
  readonly target: string | null
  readonly inputs: string[] | null
  readonly passes: number | null
  readonly next_pass: number | null
}

interface Target {
  readonly id: string
  readonly bits: number
  readonly entries: number
  readonly passBits: number
  readonly box: SearchBox
}

/**
 * One step of the merge under way, or else of the one `pick` chooses.
 * `idle`: nothing under way and nothing chosen; `worked`: call again; `busy`: another transaction
 * holds the lock and the caller would rather leave than wait.
 */
export async function mergeStep(
  db: SearchDb,
  keys: SearchKeys,
  pick: () => Promise<MergePlan | null>,
  whenLocked: 'leave' | 'wait',
): Promise<'idle' | 'worked' | 'busy'> {
  const lock = whenLocked === 'leave' ? sql`for update skip locked` : sql`for update`
  const locked = await sql<MergeRow>`
    select target, inputs, passes, next_pass from search_merge ${lock}`.execute(db)
  let row = locked.rows[0]
  if (!row) return 'busy'
  const boxes = new SearchBoxes(keys)
  let sources: MergeSource[]
  if (row.target === null) {
    const plan = await pick()
    if (!plan) return 'idle'
    sources = await openSources(db, boxes, plan.inputs)
    row = await begin(db, boxes.newest, sources, plan)
    if ((row.passes ?? 1) > 1) return 'worked'
  } else {
    sources = await openSources(db, boxes, row.inputs ?? [])
  }
  const target = await readTarget(db, boxes, row)
  const passes = row.passes ?? 1
  const pass = row.next_pass ?? 0
  if (pass < passes) {
    await runPass(db, sources, target, pass)
    await sql`update search_merge set next_pass = ${pass + 1}`.execute(db)
    if (passes > 1) return 'worked'
  }
  await finish(db, boxes, sources, target)
  return 'worked'
}

async function begin(
  db: SearchDb,
  box: SearchBox,
  sources: readonly MergeSource[],
  plan: MergePlan,
): Promise<MergeRow> {
  const living = livingOf(sources, await readDead(db))
  const rows = sources.flatMap(({ table }, i) => {
    const alive = living[i]?.alive
    return Array.from({ length: table.size }, (_, entry) => entry)
      .filter((entry) => !alive || alive[entry] === 1)
      .map((entry) => table.row(entry))
  })
  const inputs = sources.map(({ id }) => id)
  const size = await sql<{ bytes: string | number }>`
    select coalesce(sum(octet_length(sealed)), 0) as bytes from (
      select sealed from search_delta where id = any(${inputs}::uuid[])
      union all
      select sealed from search_page where segment = any(${inputs}::uuid[]) and bucket >= 0
    ) as input`.execute(db)
  const bytes = Number(size.rows[0]?.bytes ?? 0)
  const passBits = Math.min(MOST_BITS, Math.max(0, Math.ceil(Math.log2(bytes / PASS_BYTES))))
  const bits = Math.min(MOST_BITS, Math.max(passBits, Math.round(Math.log2(bytes / PAGE_BYTES)), 0))
  const id = newId()
  const firstSeq = Math.min(...sources.map((source) => source.firstSeq))
  await sql`
    insert into search_segment (id, state, level, bits, entries, words, first_seq, analyzer, key_version)
    values (${id}, 'building', ${plan.level}, ${bits}, ${rows.length}, 0, ${firstSeq}, ${ANALYZER}, ${box.version})`.execute(
    db,
  )
  const parts = new Map<number, Buffer>()
  for (let from = 0; from < rows.length; from += ENTRIES_PER_PART)
    parts.set(-1 - parts.size, encodeEntries(rows.slice(from, from + ENTRIES_PER_PART)))
  await writeSealed(db, box, 'search_page', id, parts)
  const row: MergeRow = { target: id, inputs, passes: 2 ** passBits, next_pass: 0 }
  await sql`
    update search_merge set target = ${id}, inputs = ${inputs}::uuid[], passes = ${row.passes}, next_pass = 0`.execute(
    db,
  )
  return row
}

async function readTarget(db: SearchDb, boxes: SearchBoxes, row: MergeRow): Promise<Target> {
  const { rows } = await sql<{ id: string; bits: number; entries: number; version: number }>`
    select id, bits, entries, key_version as version from search_segment where id = ${row.target}`.execute(db)
  const [found] = rows
  if (!found) throw new Error('the segment being built is gone')
  const { id, bits, entries, version } = found
  return { id, bits, entries, passBits: Math.log2(row.passes ?? 1), box: boxes.of(version) }
}

async function runPass(
  db: SearchDb,
  sources: readonly MergeSource[],
  target: Target,
  pass: number,
): Promise<void> {
  const { box, bits, passBits } = target
  const range = { pass, passBits }
  const maps = renumber(sources, await openTable(db, box, target.id))
  const hashes = new Map<string, number>()
  const inputs = new Map<string, MergeInput[]>()
  for (const [i, source] of sources.entries()) {
    const numbers = maps[i]
    if (!numbers) continue
    // Buckets of another key version lie elsewhere: all of them are read and what is not of this pass is left out.
    const own = source.box.version === box.version ? range : null
    await eachList(db, source, own, (term, list) => {
      let hash = hashes.get(term)
      if (hash === undefined) {
        hash = box.hashOf(term)
        hashes.set(term, hash)
      }
      if (!isInRange(hash, range)) return
      const input = { list, ...numbers }
      const known = inputs.get(term)
      if (known) known.push(input)
      else inputs.set(term, [input])
    })
  }
  const buckets = new Map<number, Map<string, PostingList>>()
  for (const [term, lists] of inputs) {
    const merged = mergePostings(lists)
    if (!merged) continue
    const bucket = bucketOf(hashes.get(term) ?? 0, bits)
    const page = buckets.get(bucket)
    if (page) page.set(term, merged)
    else buckets.set(bucket, new Map([[term, merged]]))
  }
  const pages = new Map(
    [...buckets].sort(([a], [b]) => a - b).map(([bucket, page]) => [bucket, encodePage(page)]),
  )
  await writeSealed(db, box, 'search_page', target.id, pages)
}

/** New numbers of the entries of each source: both tables are in the same order, the new one without what was removed. */
function renumber(
  sources: readonly MergeSource[],
  output: EntryTable,
): { map: Int32Array; whole: boolean }[] {
  let next = 0
  return sources.map(({ table }) => {
    const map = new Int32Array(table.size).fill(-1)
    let whole = true
    for (let entry = 0; entry < table.size; entry++) {
      if (next < output.size && table.isSame(entry, output, next)) map[entry] = next++
      else whole = false
    }
    return { map, whole }
  })
}

async function finish(
  db: SearchDb,
  boxes: SearchBoxes,
  sources: readonly MergeSource[],
  target: Target,
): Promise<void> {
  const inputs = sources.map(({ id }) => id)
  const words = await mergeWords(db, sources, target)
  const parts = new Map(words.map((part, i) => [i, part]))
  await writeSealed(db, target.box, 'search_word', target.id, parts)
  await sql`delete from search_delta where id = any(${inputs}::uuid[])`.execute(db)
  await sql`delete from search_page where segment = any(${inputs}::uuid[])`.execute(db)
  await sql`delete from search_word where segment = any(${inputs}::uuid[])`.execute(db)
  await sql`delete from search_segment where id = any(${inputs}::uuid[])`.execute(db)
  if (target.entries > 0)
    await sql`update search_segment set state = 'live', words = ${words.length} where id = ${target.id}`.execute(
      db,
    )
  else await sql`delete from search_segment where id = ${target.id}`.execute(db)
  await sql`update search_merge set target = null, inputs = null, passes = null, next_pass = null`.execute(db)
  await forgetRemovals(db, boxes)
}

/** Words of the sources; when entries were left out, only those that still have a term in the output. */
async function mergeWords(db: SearchDb, sources: readonly MergeSource[], target: Target): Promise<Buffer[]> {
  const counts = new Map<string, number>()
  for (const source of sources) {
    const { words, counts: own } = await openWords(db, source)
    words.forEach((word, i) => {
      counts.set(word, (counts.get(word) ?? 0) + (own[i] ?? 0))
    })
  }
  if (target.entries < sources.reduce((sum, { table }) => sum + table.size, 0)) {
    const terms = new Set<string>()
    const table = await openTable(db, target.box, target.id)
    const output = { ...target, firstSeq: 0, table, delta: null }
    await eachList(db, output, null, (term) => terms.add(term))
    const analyzer = new Analyzer()
    const isLeft = (word: string) => LANGUAGES.some((language) => terms.has(analyzer.term(word, language)))
    for (const word of counts.keys()) if (!isLeft(word)) counts.delete(word)
  }
  return encodeWords(counts)
}

const LANGUAGES: readonly Language[] = ['und', 'en', 'de', 'sv']

/** Deletes the rows of removals that no live source has anything of any more. */
async function forgetRemovals(db: SearchDb, boxes: SearchBoxes): Promise<void> {
  const dead = await readDead(db)
  if (dead.length === 0) return
  const needed = new Set<number>()
  for (const { table } of await openSources(db, boxes, null))
    for (const { field, uuid, seq } of dead)
      if (!needed.has(seq)) table.eachOf(field, uuid, seq, () => needed.add(seq))
  const over = dead.map(({ seq }) => seq).filter((seq) => !needed.has(seq))
  await sql`delete from search_dead where seq = any(${over}::bigint[])`.execute(db)
}

async function writeSealed(
  db: SearchDb,
  box: SearchBox,
  table: Exclude<SealedTable, 'search_delta'>,
  segment: string,
  parts: ReadonlyMap<number, Buffer>,
): Promise<void> {
  const numbers = [...parts.keys()]
  for (let from = 0; from < numbers.length; from += ROWS_AT_ONCE) {
    const some = numbers.slice(from, from + ROWS_AT_ONCE)
    const sealed = some.map((number) =>
      box.seal(table, segment, number, parts.get(number) ?? Buffer.alloc(0)),
    )
    const column = table === 'search_page' ? 'bucket' : 'part'
    await sql`
      insert into ${sql.table(table)} (segment, ${sql.ref(column)}, sealed)
      select ${segment}, * from unnest(${some}::int[], ${sealed}::bytea[])`.execute(db)
  }
}
