import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { die, type OwnDispatcher, saidBy, startOwnDispatcher } from '#test/own-dispatcher.ts'

let own: OwnDispatcher

before(async () => {
  own = await startOwnDispatcher()
})
after(() => own.stop())

test('a worker that is killed in the middle loses the job to another one, and the effect is there once', async () => {
  const cell = await own.startCell()
  const effects = own.folder()
  const first = own.start('worker', cell.socket, effects, 'hang')
  const [record = ''] = await own.enqueue(own.a)
  await saidBy(first, `ran ${record}`)
  await die(first)
  const second = own.start('worker', cell.socket, effects)
  await cell.dispatcher.drained()
  // Twice the first attempt: a dead worker costs neither an attempt nor a pause.
  assert.equal(readFileSync(join(effects, 'runs'), 'utf8'), `${record} 1\n${record} 1\n`)
  assert.ok(existsSync(join(effects, record)))
  await die(second)
  await cell.stop()
})

test('a job that kills every worker is given up, with an order to say so in Activity', async () => {
  const cell = await own.startCell()
  const orders: string[] = []
  const poison = own.start('worker', cell.socket, own.folder(), 'hang')
  await own.enqueue(own.a)
  await saidBy(poison, 'ran')
  await die(poison)
  for (let i = 0; i < 2; i++) {
    const next = own.start('worker', cell.socket, own.folder(), 'hang')
    await saidBy(next, 'ran')
    await die(next)
  }
  cell.join(async ({ order }) => {
    orders.push(order.order)
    return { end: 'done' }
  })
  await cell.dispatcher.drained()
  assert.deepEqual(orders, ['abandon'])
  assert.equal(await own.held(), 0)
  await cell.stop()
})

test('a cell process that is killed leaves its jobs to the next one, without counting the attempt', async () => {
  const effects = own.folder()
  const socket = join(own.folder(), 'worker.sock')
  const login = own.queue.login('dispatcher')
  const told = JSON.stringify({ ...login, password: await login.password() })
  const cell = own.start('cell', socket, told)
  await saidBy(cell, 'ready')
  const hanging = own.start('worker', socket, effects, 'hang')
  const [record = ''] = await own.enqueue(own.a)
  await saidBy(hanging, `ran ${record}`)
  await die(cell)
  await die(hanging)
  const again = await own.startCell()
  const attempts: number[] = []
  again.join(async ({ order }) => {
    attempts.push(order.attempt)
    return { end: 'done' }
  })
  await again.dispatcher.drained()
  assert.deepEqual(attempts, [1])
  await again.stop()
})

test('a cell process that is told to stop does, whatever its workers were doing, and gives their jobs back', async () => {
  const socket = join(own.folder(), 'worker.sock')
  const login = own.queue.login('dispatcher')
  const told = JSON.stringify({ ...login, password: await login.password() })
  const cell = own.start('cell', socket, told)
  await saidBy(cell, 'ready')
  const hanging = own.start('worker', socket, own.folder(), 'hang')
  const [record = ''] = await own.enqueue(own.a)
  await saidBy(hanging, `ran ${record}`)
  const ended = once(cell, 'exit')
  cell.kill('SIGTERM')
  const late = setTimeout(() => cell.kill('SIGKILL'), 60_000)
  assert.deepEqual(await ended, [0, null])
  clearTimeout(late)
  await die(hanging)
  const next = await own.startCell()
  const attempts: number[] = []
  next.join(async ({ order }) => {
    attempts.push(order.attempt)
    return { end: 'done' }
  })
  await next.dispatcher.drained()
  assert.deepEqual(attempts, [1])
  await next.stop()
})

test('a forged announcement of a migration does not stop the queue', async () => {
  const cell = await own.startCell()
  let runs = 0
  cell.join(async () => {
    runs++
    return { end: 'done' }
  })
  const listening = () =>
    own.queue.as(
      'postgres',
      `select from pg_stat_activity where usename = 'dispatcher' and query = 'LISTEN "jobs:cancel"' and state = 'idle'`,
    )
  while ((await listening()).length === 0);
  await own.queue.as(
    `t_${own.a}`,
    `select pg_notify('worker:migrate', '{"migrationNumber":99,"breaking":true}'), pg_notify('jobs:insert', '{"count":1e99}'), pg_notify('jobs:insert', '[')`,
  )
  await own.enqueue(own.a)
  await cell.dispatcher.drained()
  assert.equal(runs, 1)
  assert.equal(process.exitCode, undefined)
  await cell.stop()
})

test('the queue goes on after the database ended its connections', async () => {
  const cell = await own.startCell()
  let runs = 0
  cell.join(async () => {
    runs++
    return { end: 'done' }
  })
  await own.enqueue(own.a)
  await cell.dispatcher.drained()
  await own.queue.as(
    'postgres',
    `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'dispatcher'`,
  )
  await own.enqueue(own.a)
  await cell.dispatcher.drained()
  assert.equal(runs, 2)
  await cell.stop()
})
