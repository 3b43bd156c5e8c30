import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { type OwnCluster, startCluster } from '#test/own-cluster.ts'
import { PublicError } from '../errors.ts'
import { kyselyOnPool, runStatement } from './kysely-on.ts'
import { LeasePools } from './lease-pools.ts'

let cluster: OwnCluster
let pools: LeasePools
before(async () => {
  cluster = await startCluster()
  pools = new LeasePools({ cap: 4, perLogin: 4, idleMs: 60_000, waitMs: 1_000 })
})
after(async () => {
  await pools.close()
  await cluster.stop()
})

const pooled = () =>
  kyselyOnPool<unknown>(() =>
    pools.lease({
      host: cluster.socketDir,
      port: cluster.port,
      database: 'postgres',
      user: cluster.superuser,
      password: async () => cluster.superuserPassword,
    }),
  )
const pid = async (db: Kysely<unknown>) =>
  (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)).rows[0]?.pid

test('statements of one turn share a connection, and each fails by itself', async () => {
  const db = pooled()
  const [first, bad, second] = await Promise.allSettled([pid(db), sql`select 1/0`.execute(db), pid(db)])
  assert.equal(bad.status, 'rejected')
  assert.ok(first.status === 'fulfilled' && second.status === 'fulfilled')
  assert.equal(first.value, second.value)
})

test('equal statements that were sent behind one that was ended while it was prepared can be sent again', async () => {
  const login = {
    host: cluster.socketDir,
    port: cluster.port,
    database: 'postgres',
    user: cluster.superuser,
    password: async () => cluster.superuserPassword,
  }
  const [holder, reader] = [await pools.lease(login), await pools.lease(login)]
  await holder.client.query('create table held (id int)')
  await holder.client.query('begin; lock table held in access exclusive mode')
  await reader.client.query(`set statement_timeout = '200ms'`)
  const read = () => runStatement(reader.client, { name: 'held', text: 'select id from held', values: [] })
  const ended = await Promise.allSettled([read(), read(), read()])
  await holder.client.query('commit')
  for (const end of ended) {
    assert.ok(end.status === 'rejected' && end.reason instanceof PublicError, JSON.stringify(end))
    assert.equal(end.reason.code, 'database_unavailable')
  }
  assert.deepEqual((await read()).rows, [])
  await reader.client.query('set statement_timeout = 0')
  holder.release()
  reader.release()
})

test('no more than sixteen share one', async () => {
  const db = pooled()
  const pids = await Promise.all(Array.from({ length: 40 }, () => pid(db)))
  assert.equal(new Set(pids).size, 3)
})

test('a shared connection that is lost fails all its statements, comes back to nobody, and the next work goes on', async () => {
  const db = pooled()
  const lost = await Promise.allSettled([
    pid(db),
    sql`select pg_terminate_backend(pg_backend_pid())`.execute(db),
    pid(db),
  ])
  const reasons = lost.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
  assert.ok(reasons.length >= 2, `${reasons.length} were refused`)
  for (const reason of reasons)
    assert.ok(reason instanceof PublicError && reason.code === 'database_unavailable', String(reason))
  assert.equal(typeof (await pid(db)), 'number')
})

test('what was lent is given back, also when a turn began nothing more', async () => {
  const db = pooled()
  for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 20 }, () => pid(db)))
  assert.ok(pools.open <= 4)
  const held = await Promise.all(
    Array.from({ length: 4 }, () =>
      pools.lease({
        host: cluster.socketDir,
        port: cluster.port,
        database: 'postgres',
        user: cluster.superuser,
        password: async () => cluster.superuserPassword,
      }),
    ),
  )
  assert.equal(held.length, 4)
  for (const lease of held) lease.release()
})
