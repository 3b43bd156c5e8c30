import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { type OwnCluster, startCluster } from '#test/own-cluster.ts'
import { PublicError } from '../errors.ts'
import { LeasePools } from './lease-pools.ts'
import { inTransaction } from './transaction.ts'

interface Tables {
  thing: { id: number }
}
let cluster: OwnCluster
let pools: LeasePools
const lease = () =>
  pools.lease({
    host: cluster.socketDir,
    port: cluster.port,
    database: 'postgres',
    user: cluster.superuser,
    password: async () => cluster.superuserPassword,
  })

before(async () => {
  cluster = await startCluster()
  pools = new LeasePools({ cap: 4, perLogin: 4, idleMs: 60_000, waitMs: 1_000 })
  const held = await lease()
  await held.client.query('create table thing (id integer primary key)')
  held.release()
})
after(async () => {
  await pools.close()
  await cluster.stop()
})
beforeEach(async () => {
  const held = await lease()
  await held.client.query('delete from thing')
  held.release()
})

async function things(): Promise<number[]> {
  const held = await lease()
  const { rows } = await held.client.query('select id from thing order by id')
  held.release()
  return rows.map(({ id }) => id)
}
const insert = (db: Kysely<Tables>, id: number) => db.insertInto('thing').values({ id }).execute()

test('what work and its last statement wrote commits together', async () => {
  const result = await inTransaction<Tables, string>(
    await lease(),
    async (db) => {
      await insert(db, 1)
      return 'done'
    },
    async (db) => void (await insert(db, 2)),
  )
  assert.equal(result, 'done')
  assert.deepEqual(await things(), [1, 2])
})

test('when the last statement fails nothing is committed, though the commit was on its way', async () => {
  const attempt = inTransaction<Tables, void>(
    await lease(),
    async (db) => void (await insert(db, 1)),
    async (db) => void (await insert(db, 1)),
  )
  await assert.rejects(attempt, (error) => error instanceof PublicError && error.code === 'conflict')
  assert.deepEqual(await things(), [])
})

test('when the work fails nothing is committed and the connection can be used again', async () => {
  for (let i = 0; i < 8; i++) {
    const attempt = inTransaction<Tables, void>(
      await lease(),
      async (db) => {
        await insert(db, 1)
        throw new TypeError('a bug')
      },
      async () => undefined,
    )
    await assert.rejects(attempt, TypeError)
  }
  assert.deepEqual(await things(), [])
  assert.ok(pools.open <= 4)
})

test('a last step that prepares before it writes still goes before the commit', async () => {
  await inTransaction<Tables, void>(
    await lease(),
    async (db) => void (await insert(db, 1)),
    async (db) => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      await insert(db, 2)
    },
  )
  assert.deepEqual(await things(), [1, 2])
})

test('a connection that dies in the middle commits nothing and says that the store is unavailable', async () => {
  const attempt = inTransaction<Tables, void>(
    await lease(),
    async (db) => {
      await insert(db, 1)
      await sql`select pg_terminate_backend(pg_backend_pid())`.execute(db)
    },
    async (db) => void (await insert(db, 2)),
  )
  await assert.rejects(
    attempt,
    (error) => error instanceof PublicError && error.code === 'database_unavailable',
  )
  assert.deepEqual(await things(), [])
})

test('statements sent without waiting keep their order and commit with the rest', async () => {
  await inTransaction<Tables, void>(
    await lease(),
    async (db, send) => {
      send(db.insertInto('thing').values({ id: 1 }).compile())
      send(db.updateTable('thing').set({ id: 2 }).where('id', '=', 1).compile())
      const rows = await db.selectFrom('thing').select('id').execute()
      assert.deepEqual(rows, [{ id: 2 }])
      send(db.insertInto('thing').values({ id: 3 }).compile())
    },
    async (db) => void (await insert(db, 4)),
  )
  assert.deepEqual(await things(), [2, 3, 4])
})

test('when a statement sent without waiting fails, nothing commits and its error is thrown', async () => {
  const attempts = [
    (db: Kysely<Tables>) => insert(db, 2),
    async () => undefined,
    async () => {
      throw new Error('the work stumbled over what failed before')
    },
  ]
  for (const then of attempts) {
    const attempt = inTransaction<Tables, unknown>(
      await lease(),
      async (db, send) => {
        send(db.insertInto('thing').values({ id: 1 }).compile())
        send(db.insertInto('thing').values({ id: 1 }).compile())
        return then(db)
      },
      async (db) => void (await insert(db, 9)),
    )
    await assert.rejects(attempt, (error) => error instanceof PublicError && error.code === 'conflict')
    assert.deepEqual(await things(), [])
  }
})

/** A value that the client cannot write down: it throws before anything of its statement is sent. */
function aLoop(): number {
  const loop: { of?: unknown } = {}
  loop.of = loop
  return loop as unknown as number
}

test('when the client itself refuses a statement that nobody waits for, nothing commits and the connection is not used again', async () => {
  const held = await lease()
  const { rows } = await held.client.query('select pg_backend_pid() as pid')
  const attempt = inTransaction<Tables, void>(
    held,
    async (db, send) => {
      await insert(db, 1)
      send(db.updateTable('thing').set({ id: aLoop() }).compile())
    },
    async (db) => void (await insert(db, 2)),
  )
  await assert.rejects(attempt, /circular/)
  assert.deepEqual(await things(), [])
  const next = await lease()
  assert.notEqual((await next.client.query('select pg_backend_pid() as pid')).rows[0].pid, rows[0].pid)
  next.release()
})

test('when the client itself refuses the last statement, nothing commits', async () => {
  const attempt = inTransaction<Tables, void>(
    await lease(),
    async (db) => void (await insert(db, 1)),
    async (db) => void (await insert(db, aLoop())),
  )
  await assert.rejects(attempt, /circular/)
  assert.deepEqual(await things(), [])
  // The same text again: what was prepared for it was thrown away with the connection.
  await inTransaction<Tables, void>(
    await lease(),
    async (db) => void (await insert(db, 1)),
    async (db) => void (await insert(db, 2)),
  )
  assert.deepEqual(await things(), [1, 2])
})
