import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type OwnQueue, startQueue } from '#test/own-queue.ts'

let queue: OwnQueue
let a = ''
let b = ''

before(async () => {
  queue = await startQueue(2)
  a = queue.tenants[0] ?? ''
  b = queue.tenants[1] ?? ''
})
after(() => queue.stop())

const enqueue = 'select cell.enqueue($1, $2, $3)'
const denied = { code: '42501' }

async function jobs(): Promise<{ payload: Record<string, string>; key: string | null; flags: object }[]> {
  return queue.as('dispatcher', 'select payload, key, flags from queue._private_jobs order by id')
}

test('whose job it is comes from the login, of either store, and not from what it says', async () => {
  const record = randomUUID()
  const lie = JSON.stringify({ tenant: b, flags: [b], payload: { tenant: b }, session_user: `t_${b}` })
  await queue.as(`t_${a}`, enqueue, ['core.test.run', record, lie])
  await queue.as(`t_${a}_people`, enqueue, ['core.test.run', record, '{}'])
  const found = await jobs()
  assert.deepEqual(
    found.map(({ payload, flags }) => [payload, flags]),
    [
      [{ task: 'core.test.run', tenant: a, record }, { [a]: true }],
      [{ task: 'core.test.run', tenant: a, record }, { [a]: true }],
    ],
  )
})

test('the same key of two tenants is two jobs, and of one tenant is one', async () => {
  await queue.as('dispatcher', 'delete from queue._private_jobs')
  for (const tenant of [a, b, a])
    await queue.as(`t_${tenant}`, enqueue, ['core.test.run', randomUUID(), '{"key":"same"}'])
  const found = await jobs()
  assert.deepEqual(
    found.map(({ key }) => key).sort(),
    [`${a}:core.test.run:same`, `${b}:core.test.run:same`].sort(),
  )
})

test('a tenant reaches no table and no function of the queue', async () => {
  const { rows } = {
    rows: await queue.as<{ name: string }>(
      'dispatcher',
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'queue'`,
    ),
  }
  assert.ok(rows.length >= 5)
  for (const { name } of rows)
    for (const role of [`t_${a}`, `t_${a}_people`])
      for (const statement of [`select * from ${name}`, `delete from ${name}`, `truncate ${name}`])
        await assert.rejects(queue.as(role, statement), denied)
  for (const statement of [
    `select queue.add_job('tenant', '{}')`,
    `select queue.complete_jobs(array[1])`,
    `select queue.force_unlock_workers(array['x'])`,
    `set role dispatcher`,
    `set role t_${b}`,
    `set session authorization t_${b}`,
  ])
    await assert.rejects(queue.as(`t_${a}`, statement), denied)
  // SET ROLE to the group is not switching tenant: who enqueues is still the session's user.
  await queue.as('dispatcher', 'delete from queue._private_jobs')
  await queue.as(`t_${a}`, `set role tenant; select cell.enqueue('core.test.run', gen_random_uuid(), '{}')`)
  assert.deepEqual(
    (await jobs()).map(({ payload }) => payload.tenant),
    [a],
  )
})

test('roles that are no tenants do not enqueue', async () => {
  for (const role of ['sealer', 'router'])
    await assert.rejects(queue.as(role, enqueue, ['core.test.run', randomUUID(), '{}']), denied)
  await assert.rejects(queue.as('postgres', enqueue, ['core.test.run', randomUUID(), '{}']), denied)
})

test('what is not a job is refused and leaves nothing', async () => {
  await queue.as('dispatcher', 'delete from queue._private_jobs')
  const bad: [string, string, string][] = [
    ['', randomUUID(), '{}'],
    ["core.test'; drop schema queue; --", randomUUID(), '{}'],
    ['a'.repeat(65), randomUUID(), '{}'],
    ['core.test.run', randomUUID(), '{"key":"a b"}'],
    ['core.test.run', randomUUID(), `{"key":"${'k'.repeat(101)}"}`],
    ['core.test.run', randomUUID(), '{"delay":-1}'],
    ['core.test.run', randomUUID(), '{"delay":2592001}'],
    ['core.test.run', randomUUID(), '{"delay":"NaN"}'],
    ['core.test.run', randomUUID(), '{"by":"Ada Lovelace"}'],
    ['core.test.run', randomUUID(), '{"activity":"the merger papers"}'],
    ['core.test.run', 'not an id', '{}'],
  ]
  for (const values of bad) await assert.rejects(queue.as(`t_${a}`, enqueue, values), JSON.stringify(values))
  assert.deepEqual(await jobs(), [])
})

test('attempts and priority stay within their bounds', async () => {
  await queue.as(`t_${a}`, enqueue, ['core.test.run', randomUUID(), '{"attempts":1000,"priority":-30000}'])
  const [job] = await queue.as<{ max_attempts: number; priority: number }>(
    'dispatcher',
    'delete from queue._private_jobs returning max_attempts, priority',
  )
  assert.deepEqual(job, { max_attempts: 25, priority: -10 })
})

test('a tenant has some 10,000 jobs waiting at most, and that stops nobody else', async (t) => {
  const many = `select cell.enqueue('core.test.run', gen_random_uuid(), '{"delay":60}') from generate_series(1, $1::int)`
  const began = performance.now()
  await queue.as(`t_${a}`, many, [100])
  t.diagnostic(`enqueuing: ${((performance.now() - began) / 100).toFixed(1)} ms each`)
  await queue.as(
    'dispatcher',
    `insert into queue._private_jobs (task_id, payload)
    select task_id, payload from queue._private_jobs, generate_series(1, 99)`,
  )
  await assert.rejects(queue.as(`t_${a}`, many, [1_000]), { code: '53400' })
  await queue.as(`t_${b}`, many, [1])
  await queue.as('dispatcher', 'delete from queue._private_jobs')
})

test('a job whose transaction does not commit never was', async () => {
  await queue.as(`t_${a}`, `begin; select cell.enqueue('core.test.run', gen_random_uuid(), '{}'); rollback`)
  assert.deepEqual(await jobs(), [])
})
