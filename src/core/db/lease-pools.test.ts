import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type OwnCluster, startCluster } from '#test/own-cluster.ts'
import { PublicError } from '../errors.ts'
import { type Lease, LeasePools, type Login } from './lease-pools.ts'

let cluster: OwnCluster
before(async () => {
  cluster = await startCluster()
})
after(() => cluster.stop())

const loginOf = (database: string): Login => ({
  host: cluster.socketDir,
  port: cluster.port,
  database,
  user: cluster.superuser,
  password: async () => cluster.superuserPassword,
})

test('connections never exceed the cap, and the longest idle one gives way', async () => {
  const pools = new LeasePools({ cap: 3, perLogin: 2, idleMs: 60_000, waitMs: 5_000 })
  const logins = ['postgres', 'template1'].map(loginOf)
  let most = 0
  await Promise.all(
    Array.from({ length: 40 }, async (_, i) => {
      const lease = await pools.lease(logins[i % 2] ?? loginOf('postgres'))
      most = Math.max(most, pools.open)
      await lease.client.query('select pg_sleep(0.005)')
      lease.release()
    }),
  )
  assert.ok(most <= 3, `${most} were open`)
  await pools.close()
})

test('work that waits too long gets busy, and the next goes on', async () => {
  const pools = new LeasePools({ cap: 1, perLogin: 1, idleMs: 60_000, waitMs: 50 })
  const held = await pools.lease(loginOf('postgres'))
  await assert.rejects(
    pools.lease(loginOf('postgres')),
    (error) => error instanceof PublicError && error.code === 'busy',
  )
  held.release()
  const next = await pools.lease(loginOf('postgres'))
  next.release()
  await pools.close()
})

test('a connection that was lost is not lent again', async () => {
  const pools = new LeasePools({ cap: 2, perLogin: 2, idleMs: 60_000, waitMs: 1_000 })
  const first: Lease = await pools.lease(loginOf('postgres'))
  const { rows } = await first.client.query('select pg_backend_pid() as pid')
  first.release()
  const killer = await pools.lease(loginOf('template1'))
  await killer.client.query('select pg_terminate_backend($1)', [rows[0].pid])
  killer.release()
  const again = await pools.lease(loginOf('postgres'))
  const answer = await again.client.query('select pg_backend_pid() as pid').catch(() => undefined)
  if (answer) assert.notEqual(answer.rows[0].pid, rows[0].pid)
  again.release(true)
  await pools.close()
})

test('a server that does not answer is said to be unavailable', async () => {
  const pools = new LeasePools({ cap: 1, perLogin: 1, idleMs: 60_000, waitMs: 1_000 })
  await assert.rejects(
    pools.lease({ ...loginOf('postgres'), host: '/nonexistent' }),
    (error) => error instanceof PublicError && error.code === 'database_unavailable',
  )
  assert.equal(pools.open, 0)
  await pools.close()
})

test('what is asked for within other work does not wait for that work', async () => {
  const pools = new LeasePools({ cap: 2, perLogin: 2, idleMs: 60_000, waitMs: 5_000 })
  const login = loginOf('postgres')
  const work = Array.from({ length: 30 }, async () => {
    const held = await pools.lease(login)
    const inner = await pools.lease(login, 'within')
    await inner.client.query('select 1')
    inner.release()
    held.release()
  })
  await Promise.all(work)
  assert.ok(pools.open <= 2)
  await pools.close()
})
