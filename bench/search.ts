/**
 * Full-text search in one tenant of 100,000 entries of 20 to 60 words, sealed, against PostgreSQL's own on plaintext
 * (generated tsvector, GIN, ts_rank) on the same server; and how well both rank, on Cranfield.
 */
import pg from 'pg'
import { newId } from '#core/ids.ts'
import type { SearchEntry } from '#core/search/tenant-search.ts'
import { type OwnCluster, startCluster } from '#test/own-cluster.ts'
import { aSearchTenant, type SearchTenant } from '#test/search-tenant.ts'
import { type Cranfield, judge, readCranfield } from './cranfield.ts'
import type { Bench, Row } from './row.ts'

const ENTRIES = 100_000
const VOCABULARY = 60_000
const QUESTIONS = 100
const BATCH = 500
const TOP = 20
const REACH = 0.2
const MAP = 0.43

export const bench: Bench = { name: 'search', run: () => benchSearch() }

/** Speed and relevance rows; fewer entries make it shorter. */
export async function benchSearch(entries = ENTRIES): Promise<Row[]> {
  return onCluster(async (cluster, client) => [
    ...(await relevance(cluster, client)),
    ...(await speed(cluster, client, entries)),
  ])
}

/** The relevance row alone; none where the collection is absent. */
export async function benchRelevance(): Promise<Row[]> {
  return onCluster(relevance)
}

async function onCluster(work: (cluster: OwnCluster, client: pg.Client) => Promise<Row[]>): Promise<Row[]> {
  const cluster = await startCluster({ settings: { shared_buffers: '256MB', autovacuum: 'on' } })
  const client = new pg.Client({
    host: cluster.socketDir,
    port: cluster.port,
    user: cluster.superuser,
    password: cluster.superuserPassword,
    database: 'postgres',
  })
  await client.connect()
  try {
    return await work(cluster, client)
  } finally {
    await client.end()
    await cluster.stop()
  }
}

async function relevance(cluster: OwnCluster, client: pg.Client): Promise<Row[]> {
  const collection = readCranfield()
  if (!collection) return []
  await using tenant = await aSearchTenant(cluster)
  const numbers = new Map<string, number>()
  const entries = collection.documents.map(({ number, title, text }): SearchEntry => {
    const id = newId()
    numbers.set(id, number)
    const fields = [
      { text: title, weight: 2 },
      { text, weight: 1 },
    ]
    return { id, kind: 'page', owner: newId(), part: 1, language: 'en', fields }
  })
  await tenant.write((search) => search.index(entries))
  const ours: number[][] = []
  for (const { text } of collection.questions) {
    const { hits } = await tenant.search.query({ text, limit: entries.length })
    ours.push(hits.map(({ entry }) => numbers.get(entry) ?? 0))
  }
  const own = judge(collection.questions, ours)
  const theirs = judge(collection.questions, await rankedByPostgres(client, collection))
  return [
    {
      name: `relevance, Cranfield, ${collection.questions.length} judged questions, MAP`,
      baseline: 'PostgreSQL ts_rank, title weight A, length-normalised',
      baselineValue: theirs.map,
      ours: own.map,
      unit: '',
      ratio: own.map / theirs.map,
      reach: `>= ${MAP}`,
      pass: own.map >= MAP,
      note: `nDCG@10 ${own.ndcg.toFixed(3)} against ${theirs.ndcg.toFixed(3)}`,
    },
  ]
}

async function rankedByPostgres(client: pg.Client, collection: Cranfield): Promise<number[][]> {
  await client.query('create table cranfield (number integer, terms tsvector)')
  for (const { number, title, text } of collection.documents)
    await client.query(
      `insert into cranfield values
        ($1, setweight(to_tsvector('english', $2), 'A') || setweight(to_tsvector('english', $3), 'B'))`,
      [number, title, text],
    )
  const ranked: number[][] = []
  for (const { text } of collection.questions) {
    const { rows } = await client.query<{ number: number }>(
      `select number from cranfield,
        to_tsquery('english', (select string_agg(lexeme, ' | ') from unnest(to_tsvector('english', $1)))) question
       where terms @@ question order by ts_rank('{0.1, 0.2, 0.5, 1}', terms, question, 1) desc, number`,
      [text],
    )
    ranked.push(rows.map(({ number }) => number))
  }
  return ranked
}

async function speed(cluster: OwnCluster, client: pg.Client, count: number): Promise<Row[]> {
  await using tenant = await aSearchTenant(cluster)
  const texts = madeUpTexts(count)
  await client.query(
    `create table plain (id integer, body text, terms tsvector generated always as (to_tsvector('english', body)) stored)`,
  )
  await client.query('create index on plain using gin (terms)')
  const writing = { ours: 0, theirs: 0, merging: 0 }
  for (let from = 0; from < count; from += BATCH) {
    const some = texts.slice(from, from + BATCH)
    writing.ours += await timed(() => tenant.write((search) => search.index(some.map(asEntry))))
    writing.merging += await timed(() => tenant.mergeAll())
    writing.theirs += await timed(() =>
      client.query('insert into plain (id, body) select * from unnest($1::int[], $2::text[])', [
        some.map((_, i) => from + i),
        some,
      ]),
    )
  }
  await client.query('vacuum analyze plain')
  await client.query('vacuum analyze')
  const each = (milliseconds: number) => `${(milliseconds / count).toFixed(2)}`
  const notes = [
    `written ${each(writing.ours)} + merged ${each(writing.merging)} ms an entry, plain ${each(writing.theirs)}`,
    await sizes(client, tenant),
  ]
  const rows: Row[] = []
  for (const [name, questions] of Object.entries(madeUpQuestions())) {
    const ours: number[] = []
    const theirs: number[] = []
    const cold = await timed(() => tenant.elsewhere().query({ text: questions[0] ?? '', limit: TOP }))
    for (const text of questions) await tenant.search.query({ text, limit: TOP })
    for (const text of questions) {
      theirs.push(await timed(() => askPostgres(client, text)))
      ours.push(await timed(() => tenant.search.query({ text, limit: TOP })))
    }
    const ratio = quantile(ours, 0.5) / quantile(theirs, 0.5)
    rows.push({
      name: `search, ${count} entries, ${name}, p50`,
      baseline: 'PostgreSQL tsvector, GIN, ts_rank on plaintext',
      baselineValue: quantile(theirs, 0.5),
      ours: quantile(ours, 0.5),
      unit: 'ms',
      ratio,
      reach: `<= ${REACH}`,
      pass: ratio <= REACH,
      note: [
        `p95 ${quantile(ours, 0.95).toFixed(2)} against ${quantile(theirs, 0.95).toFixed(1)} ms`,
        `first ever ${cold.toFixed(0)} ms`,
        `cache ${(tenant.cache.bytes / 1e6).toFixed(0)} MB`,
        ...notes.splice(0),
      ].join('; '),
    })
  }
  return rows
}

async function askPostgres(client: pg.Client, text: string): Promise<void> {
  await client.query(
    `select id, ts_rank(terms, question) from plain, to_tsquery('english', $1) question
     where terms @@ question order by 2 desc limit ${TOP}`,
    [text.trim().split(' ').join(' | ')],
  )
}

async function sizes(client: pg.Client, tenant: SearchTenant): Promise<string> {
  const { rows } = await client.query<{ ours: string; theirs: string }>(
    `select (select sum(octet_length(sealed)) from (
        select sealed from t_${tenant.tenant}.search_page union all
        select sealed from t_${tenant.tenant}.search_word union all
        select sealed from t_${tenant.tenant}.search_delta) as part) as ours,
      pg_total_relation_size('plain') as theirs`,
  )
  const size = (bytes: unknown) => `${(Number(bytes) / 1e6).toFixed(0)} MB`
  return `${size(rows[0]?.ours)} sealed, plain ${size(rows[0]?.theirs)} with its text`
}

function asEntry(text: string): SearchEntry {
  const fields = [{ text, weight: 1 }]
  return { id: newId(), kind: 'page', owner: newId(), part: 1, language: 'en', fields }
}

/** Texts whose words follow Zipf's law; the same in every run. */
function madeUpTexts(count: number): string[] {
  const random = fromSeed(7)
  return Array.from({ length: count }, () => {
    const length = 20 + Math.floor(random() * 41)
    return Array.from({ length }, () => wordAt(rankBy(random()))).join(' ')
  })
}

/** Three words each: one common, one of the middle, one rare; and three common ones. No stop words, no unknown words. */
function madeUpQuestions(): Record<string, string[]> {
  const random = fromSeed(11)
  const between = (low: number, high: number) => wordAt(Math.floor(low + random() * (high - low)))
  const many = <T>(make: () => T) => Array.from({ length: QUESTIONS }, make)
  return {
    'common + middle + rare word': many(
      () => `${between(3, 40)} ${between(200, 2_000)} ${between(5_000, 20_000)} `,
    ),
    'three common words': many(() => `${between(3, 40)} ${between(3, 40)} ${between(3, 40)} `),
    'as typed, last word a prefix': many(
      () => `${between(3, 40)} ${between(200, 2_000)} ${between(200, 2_000).slice(0, -1)}`,
    ),
  }
}

/** Rank 0 is the most frequent; frequency falls as 1 / (rank + 3). */
function rankBy(random: number): number {
  return Math.min(VOCABULARY - 1, Math.floor(3 * (VOCABULARY / 3) ** random - 3 + random))
}

function wordAt(rank: number): string {
  const syllables = [
    'ba',
    'co',
    'di',
    'fu',
    'ga',
    'lo',
    'mi',
    'nu',
    'pa',
    'ro',
    'si',
    'tu',
    'va',
    'xo',
    'zi',
    'ke',
  ]
  let word = ''
  // Neighbouring ranks must not be neighbouring spellings: mix the bits first.
  let rest = (rank * 40_503 + 12_345) % 65_536
  for (let i = 0; i < 4; i++) {
    word += syllables[rest % 16] ?? ''
    rest = Math.floor(rest / 16)
  }
  return word
}

function fromSeed(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}
