// Lists of wrapped keys beside the database: what an older copy of it needs to open what still lives. Written whenever the region's older
// epochs are about to be forgotten, taken up when a cell starts on a copy from before.
// Must stay true: a list is on the disk before anything is forgotten; it holds what the tables hold, wrapped, and opens nothing without the
// keeper; taking it up brings nothing back that was destroyed, and does nothing where the tables are as new.
import { createReadStream, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { tenantNames } from '#core/db/migrate.ts'
import type { SteadyConnection } from '#core/db/steady-client.ts'
import { syncFolder } from '#core/durable-file.ts'
import { isRoutingId } from '#core/ids.ts'
import { RESTORE_INDEX_TASK } from '#core/search/restore-index.job.ts'

const EPOCHS = 'epochs.json'
const PAGE = 2_000
const FIRST = '00000000-0000-0000-0000-000000000000'

const Epochs = Type.Object({
  /** Epoch of the region under which they lie. */
  under: Type.Integer(),
  tenants: Type.Record(
    Type.String(),
    Type.Array(Type.Object({ epoch: Type.Integer(), wrapped: Type.String() })),
  ),
})
const Key = Type.Object({
  id: Type.String(),
  purpose: Type.String(),
  version: Type.Integer(),
  subject: Type.Union([Type.String(), Type.Null()]),
  epoch: Type.Integer(),
  wrapped: Type.Union([Type.String(), Type.Null()]),
  state: Type.String(),
  created_at: Type.String(),
  destroyed_at: Type.Union([Type.String(), Type.Null()]),
})
type Key = Type.Static<typeof Key>
const checkEpochs = Compile(Epochs)
const checkKey = Compile(Key)

/** Writes every key of a tenant whose keys lie under a new epoch. */
export async function writeKeyList(client: SteadyConnection, folder: string, tenant: string): Promise<void> {
  const { schema } = tenantNames(tenant)
  await replaceFile(folder, `${tenant}.jsonl`, async (write) => {
    for (let after: string | undefined = FIRST; after !== undefined; ) {
      const { rows }: { rows: Key[] } = await client.query<Key>(
        `select id, purpose, version, subject, epoch, encode(wrapped, 'base64') as wrapped, state,
           created_at::text as created_at, destroyed_at::text as destroyed_at
         from ${schema}.key where id > $1 order by id limit ${PAGE}`,
        [after],
      )
      await write(
        rows
          .map((row) => `${JSON.stringify({ ...row, wrapped: row.wrapped?.replaceAll('\n', '') ?? null })}\n`)
          .join(''),
      )
      after = rows.length < PAGE ? undefined : rows.at(-1)?.id
    }
  })
}

/** Writes the epochs of all tenants that live, and removes the lists of those that do not. */
export async function writeEpochList(
  clients: readonly SteadyConnection[],
  folder: string,
  under: number,
): Promise<void> {
  const tenants: Record<string, { epoch: number; wrapped: string }[]> = {}
  for (const client of clients) {
    const { rows } = await client.query<{ tenant: string }>(
      `select tenant from cell.tenant where state <> 'ended'`,
    )
    for (const { tenant } of rows) {
      const { schema } = tenantNames(tenant)
      const epochs = await client.query<{ epoch: number; wrapped: Buffer }>(
        `select epoch, wrapped from ${schema}.key_epoch order by epoch`,
      )
      tenants[tenant] = epochs.rows.map(({ epoch, wrapped }) => ({
        epoch,
        wrapped: wrapped.toString('base64'),
      }))
    }
  }
  await replaceFile(folder, EPOCHS, (write) => write(JSON.stringify({ under, tenants })))
  for (const name of readdirSync(folder)) {
    const tenant = name.replace(/\.jsonl$/, '')
    if (isRoutingId(tenant) && !(tenant in tenants)) rmSync(join(folder, name))
  }
}

/** Takes the lists up where a tenant lies under an older epoch of the region than they do. Answers how many tenants that were. */
export async function takeUpKeyLists(client: SteadyConnection, folder: string): Promise<number> {
  const file = join(folder, EPOCHS)
  if (!existsSync(file)) return 0
  const list: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (!checkEpochs.Check(list)) throw new Error(`${file} is not a list of epochs`)
  const { rows } = await client.query<{ tenant: string }>(
    `select tenant from cell.tenant where state <> 'ended' and coalesce(region_epoch, 0) < $1 and tenant = any($2)`,
    [list.under, Object.keys(list.tenants)],
  )
  for (const { tenant } of rows) await takeUp(client, folder, { tenant, list })
  return rows.length
}

async function takeUp(
  client: SteadyConnection,
  folder: string,
  { tenant, list }: { tenant: string; list: Type.Static<typeof Epochs> },
): Promise<void> {
  const { schema } = tenantNames(tenant)
  const keys = join(folder, `${tenant}.jsonl`)
  await client.query('begin')
  try {
    for (const { epoch, wrapped } of list.tenants[tenant] ?? [])
      await client.query(
        `insert into ${schema}.key_epoch (epoch, wrapped) values ($1, $2) on conflict (epoch) do update set wrapped = excluded.wrapped`,
        [epoch, Buffer.from(wrapped, 'base64')],
      )
    if (existsSync(keys)) {
      await takeUpKeys(client, schema, keys)
      await clearIndex(client, schema)
      await queueRestore(client, tenant)
    }
    await client.query('update cell.tenant set region_epoch = $2 where tenant = $1', [tenant, list.under])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

/** Of the index, what lies under a destroyed key: nothing opens it, and a question that met it would fail instead of finding less. */
async function clearIndex(client: SteadyConnection, schema: string): Promise<void> {
  const destroyed = `(select version from ${schema}.key where purpose = 'search' and state = 'destroyed')`
  await client.query(`delete from ${schema}.search_delta where key_version in ${destroyed}`)
  for (const table of ['search_page', 'search_word'])
    await client.query(
      `delete from ${schema}.${table} where segment in (select id from ${schema}.search_segment where key_version in ${destroyed})`,
    )
  const { rowCount } = await client.query(
    `delete from ${schema}.search_segment where key_version in ${destroyed}`,
  )
  if ((rowCount ?? 0) > 0)
    await client.query(
      `update ${schema}.search_merge set target = null, inputs = null, passes = null, next_pass = null`,
    )
}

/** As a tenant would enqueue it, so that it waits once. A worker makes the index anew; until it has come to a document, only reading it finds what is in it. */
async function queueRestore(client: SteadyConnection, tenant: string): Promise<void> {
  await client.query('set local role dispatcher')
  await client.query(
    `select queue.add_job(identifier => 'tenant',
       payload => json_build_object('task', $2::text, 'tenant', $1::text, 'record', gen_random_uuid()),
       max_attempts => 25, job_key => $1 || ':' || $2 || ':' || $2, flags => array[$1])`,
    [tenant, RESTORE_INDEX_TASK],
  )
  await client.query('reset role')
}

/** Keys that the list has under a newer epoch than the table; those it does not know stay as they are. */
async function takeUpKeys(client: SteadyConnection, schema: string, file: string): Promise<void> {
  let page: Key[] = []
  const flush = async () => {
    await client.query(
      `insert into ${schema}.key (id, purpose, version, subject, epoch, wrapped, state, created_at, destroyed_at)
       select id, purpose, version, subject, epoch, decode(wrapped, 'base64'), state, created_at, destroyed_at
       from jsonb_to_recordset($1::jsonb) as listed (id uuid, purpose text, version integer, subject uuid, epoch integer, wrapped text,
         state text, created_at timestamptz, destroyed_at timestamptz)
       on conflict (id) do update set epoch = excluded.epoch, wrapped = excluded.wrapped, state = excluded.state,
         destroyed_at = excluded.destroyed_at where key.epoch < excluded.epoch`,
      [JSON.stringify(page)],
    )
    page = []
  }
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const key: unknown = JSON.parse(line)
    if (!checkKey.Check(key)) throw new Error(`${file} is not a list of keys`)
    page.push(key)
    if (page.length >= PAGE) await flush()
  }
  await flush()
}

async function replaceFile(
  folder: string,
  name: string,
  fill: (write: (text: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const part = join(folder, `${name}.new`)
  const file = await open(part, 'w', 0o600)
  try {
    await fill(async (text) => void (await file.appendFile(text)))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(part, join(folder, name))
  syncFolder(folder)
}
