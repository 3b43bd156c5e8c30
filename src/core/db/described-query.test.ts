import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { type OwnCluster, startCluster } from '#test/own-cluster.ts'
import { DescribedQuery } from './described-query.ts'

let cluster: OwnCluster
let client: pg.Client
before(async () => {
  cluster = await startCluster()
  const config = {
    host: cluster.socketDir,
    port: cluster.port,
    user: cluster.superuser,
    password: cluster.superuserPassword,
    database: 'postgres',
    pipeline: true,
  }
  client = new pg.Client(config)
  await client.connect()
  await client.query('create table kept (id int primary key, word text, at timestamptz, bytes bytea)')
})
after(async () => {
  await client.end()
  await cluster.stop()
})

const run = (name: string | undefined, text: string, values: unknown[] = []) =>
  new Promise<pg.QueryResult>((resolve, reject) => {
    client.query(
      new DescribedQuery({ name, text, values }, (error, result) =>
        error ? reject(error) : resolve(result),
      ),
    )
  })

/** How often the server described rows. */
async function descriptions(work: () => Promise<unknown>): Promise<number> {
  let count = 0
  const heard = () => {
    count++
  }
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter }
  connection.on('rowDescription', heard)
  await work()
  connection.off('rowDescription', heard)
  return count
}

test('the same rows come of a statement that is described once, alone and behind each other', async () => {
  const insert = 'insert into kept values ($1, $2, $3, $4)'
  const at = new Date('2026-11-27T12:00:00Z')
  await run('insert', insert, [1, 'one', at, Buffer.from([1])])
  await run('insert', insert, [2, null, at, Buffer.from([2])])
  assert.equal((await run('insert', insert, [3, 'three', null, Buffer.alloc(0)])).rowCount, 1)
  const text = 'select id, word, at, bytes from kept where id <= $1 order by id'
  const described = (await client.query(text, [3])).rows
  const seen: unknown[][] = []
  assert.equal(
    await descriptions(async () => {
      seen.push((await run('select', text, [3])).rows)
      for (const { rows } of await Promise.all([run('select', text, [3]), run('select', text, [3])]))
        seen.push(rows)
    }),
    1,
  )
  for (const rows of seen) assert.deepEqual(rows, described)
  assert.deepEqual((await run('select', text, [0])).rows, [])
  assert.deepEqual((await run('select', text, [2])).rows, described.slice(0, 2))
})

test('what has no name is described each time, and an error leaves the next in order', async () => {
  assert.equal(
    await descriptions(async () => {
      await run(undefined, 'select 1 as one')
      await run(undefined, 'select 1 as one')
    }),
    2,
  )
  await assert.rejects(run('divide', 'select 1 / $1::int as part', [0]), { code: '22012' })
  assert.deepEqual((await run('divide', 'select 1 / $1::int as part', [1])).rows, [{ part: 1 }])
  await assert.rejects(run('divide', 'select 1 / $1::int as part', [0]), { code: '22012' })
  assert.deepEqual((await run('divide', 'select 1 / $1::int as part', [1])).rows, [{ part: 1 }])
  await assert.rejects(run('insert', 'insert into kept values ($1, $2, $3, $4)', [1, '', null, null]), {
    code: '23505',
  })
})

test('a statement whose columns changed is refused, not read wrongly', async () => {
  await client.query('create table changing (a int, b text)')
  await client.query(`insert into changing values (1, 'b')`)
  const all = 'select * from changing'
  assert.deepEqual((await run('all', all)).rows, [{ a: 1, b: 'b' }])
  await client.query('alter table changing drop column a')
  await assert.rejects(run('all', all), /cached plan must not change result type/)
})
