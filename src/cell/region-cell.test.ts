import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { buildConfig } from '#core/config.ts'
import { readMigrations } from '#core/db/migrate.ts'
import { openQueuePool } from '#core/db/queue-pool.ts'
import { steadyClient } from '#core/db/steady-client.ts'
import { connectAs, loginOf } from '#core/db/system-login.ts'
import { silentLog } from '#core/log.ts'
import { type OwnGround, openGround } from '#test/own-ground.ts'
import { foldRefusals } from './keep-refusals.ts'
import { migrateTenants, tenantsBehind } from './migrate-tenants.ts'
import { migrateDirectory, type RegionCell, type RegionCellOptions, startRegionCell } from './region-cell.ts'
import { Workers } from './workers.ts'

const appFolder = join(import.meta.dirname, '../..')
let ground: OwnGround
let options: RegionCellOptions
let cell: RegionCell

before(async () => {
  ground = await openGround('')
  const { region, place } = ground
  options = {
    config: {
      ...buildConfig({ role: 'up', home: join(appFolder, 'no-home') }),
      regions: [region],
      appFolder,
    },
    region,
    place,
    keeper: ground.keeper.as('cell'),
    workers: new Workers(),
    log: silentLog(),
  }
  await migrateDirectory(options)
  cell = await startRegionCell(options)
})
after(async () => {
  options.workers.close()
  await cell.stop()
  await ground.stop()
})

async function as<T>(role: string, database: string, statement: string, values: unknown[] = []) {
  const client = await connectAs(loginOf(options.keeper, options.place, database, role))
  try {
    return (await client.query(statement, values)).rows as T[]
  } finally {
    await client.end()
  }
}

const domain = () => randomBytes(32)

test('a tenant is there in less than 100 ms, and its place in the directory', async (t) => {
  const took: number[] = []
  let tenant = ''
  // The quickest of three, because a busy machine says nothing about us.
  for (let i = 0; i < 3; i++) {
    const began = performance.now()
    tenant = await cell.spares.claim(domain())
    took.push(performance.now() - began)
  }
  t.diagnostic(`claimed in ${took.map((ms) => ms.toFixed(1)).join(', ')} ms`)
  assert.ok(Math.min(...took) < 100)
  const [route] = await as(
    'registrar',
    'directory',
    'select region, cell from directory.route where tenant = $1',
    [tenant],
  )
  assert.deepEqual(route, { region: 'eu', cell: 'eu-1' })
})

test('more founders than spares at once each get a tenant of their own', async () => {
  const tenants = await Promise.all(Array.from({ length: 6 }, () => cell.spares.claim(domain())))
  assert.equal(new Set(tenants).size, 6)
})

test('two founders of one domain at once get the same tenant', async () => {
  const same = domain()
  const [one, two] = await Promise.all([cell.spares.claim(same), cell.spares.claim(same)])
  assert.equal(one, two)
  assert.equal(await cell.spares.claim(same), one)
})

test('a claim that a kill broke off is undone at the next start', async () => {
  await cell.spares.claim(domain())
  await cell.stop()
  // What a kill between the cell's row and the directory's leaves.
  const [broken] = await as<{ tenant: string }>(
    'migrator',
    'cell',
    `update cell.tenant set state = 'active', claimed_at = now()
     where tenant = (select tenant from cell.tenant where state = 'spare' limit 1) returning tenant`,
  )
  assert.ok(broken)
  cell = await startRegionCell(options)
  const active = await as<{ tenant: string }>(
    'migrator',
    'cell',
    `select tenant from cell.tenant where state = 'active'`,
  )
  const routes = await as<{ tenant: string }>('registrar', 'directory', 'select tenant from directory.route')
  const ids = (rows: readonly { tenant: string }[]) => rows.map(({ tenant }) => tenant).sort()
  assert.deepEqual(ids(active), ids(routes))
  assert.ok(!ids(active).includes(broken.tenant))
})

test('tenants behind are migrated one by one, and one that fails keeps no other behind', async () => {
  const client = steadyClient(loginOf(options.keeper, options.place, 'cell', 'migrator'))
  const [odd] = await as<{ tenant: string }>(
    'registrar',
    'directory',
    'select tenant from directory.route limit 1',
  )
  await client.use((connection) => connection.query(`create table t_${odd?.tenant}.extra ()`))
  const sql = 'create table {schema}.extra ()'
  const migrations = [
    ...readMigrations(join(appFolder, 'migrations/tenant')),
    { number: 9999, name: '9999-test-extra.sql', sql, checksum: Buffer.alloc(32) },
  ]
  const work = { region: 'eu', client, migrations, log: silentLog() }
  const behind = await tenantsBehind(work)
  assert.ok(behind.length >= 8)
  assert.equal(await migrateTenants(work, new AbortController().signal), 1)
  assert.deepEqual(await tenantsBehind(work), [odd?.tenant])
  await client.use((connection) => connection.query(`drop table t_${odd?.tenant}.extra`))
  assert.equal(await migrateTenants(work, new AbortController().signal), 0)
  await client.close()
})

test('a lost connection is opened again', async () => {
  const client = steadyClient(loginOf(options.keeper, options.place, 'cell', 'migrator'))
  const pid = () =>
    client.use(async (connection) => (await connection.query('select pg_backend_pid() as pid')).rows[0]?.pid)
  const first = await pid()
  await as('migrator', 'cell', 'select pg_terminate_backend($1)', [first])
  const second = await pid().catch(pid)
  assert.notEqual(second, first)
  await client.close()
})

test('the log of refusals is folded after a week and gone after a quarter of a year', async () => {
  const day = 86_400_000
  const began = Date.UTC(2031, 4, 1, 0, 0)
  const refuse = async (at: number, address: string, reason: string, count: number) =>
    as('migrator', 'cell', 'select cell.refuse($1, $2, $3, $4, $5)', [
      new Date(at),
      createHash('sha256').update(address).digest(),
      reason,
      Buffer.from('sealed'),
      count,
    ])
  for (let minute = 0; minute < 90; minute++) await refuse(began + minute * 60_000, `${minute % 3}`, 'a', 2)
  await refuse(began + 60_000, '1', 'b', 5)
  await refuse(began + day, '1', 'a', 1)
  const pool = openQueuePool(loginOf(options.keeper, options.place, 'cell', 'dispatcher'), 1)
  const fold = (at: number) => foldRefusals({ pool, now: () => new Date(at) })
  const left = async () => {
    const [minutes, days] = await Promise.all([
      as('migrator', 'cell', 'select minute from cell.refusal where minute >= $1', [new Date(began)]),
      as(
        'migrator',
        'cell',
        `select day::text, reason, addresses::int, count::int from cell.refusal_day where day >= $1 order by day, reason`,
        [new Date(began)],
      ),
    ])
    return { minutes: minutes.length, days }
  }
  try {
    assert.equal(await fold(began + 8 * day - 1), 0)
    assert.deepEqual(await left(), { minutes: 92, days: [] }, 'a week is kept whole')
    assert.equal(await fold(began + 8 * day), 91)
    assert.equal(await fold(began + 8 * day), 0)
    const first = [
      { day: '2031-05-01', reason: 'a', addresses: 3, count: 180 },
      { day: '2031-05-01', reason: 'b', addresses: 1, count: 5 },
    ]
    assert.deepEqual(await left(), { minutes: 1, days: first })
    await fold(began + 91 * day)
    const second = { day: '2031-05-02', reason: 'a', addresses: 1, count: 1 }
    assert.deepEqual(await left(), { minutes: 0, days: [second] })
    await fold(began + 92 * day)
    assert.deepEqual(await left(), { minutes: 0, days: [] })
  } finally {
    await pool.end()
  }
})
