import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { connectAs } from '#core/db/system-login.ts'
import { cancelled } from '#core/jobs/job.ts'
import { type OwnDispatcher, startOwnDispatcher, task } from '#test/own-dispatcher.ts'
import type { Running } from '#worker/cell-link.ts'

let own: OwnDispatcher

before(async () => {
  own = await startOwnDispatcher()
})
after(() => own.stop())

test('a job is told who enqueued it by the login, runs once and leaves the queue', async () => {
  const cell = await own.startCell()
  const orders: Running['order'][] = []
  cell.join(async ({ order }) => {
    orders.push(order)
    return { end: 'done' }
  })
  const by = randomUUID()
  const [record] = await own.enqueue(own.a, 1, { by })
  await cell.dispatcher.drained()
  assert.equal(orders.length, 1)
  assert.deepEqual(
    { ...orders[0], job: '' },
    {
      type: 'job',
      job: '',
      region: 'eu',
      tenant: own.a,
      task,
      record,
      activity: null,
      by,
      attempt: 1,
      isLastAttempt: false,
      order: 'run',
    },
  )
  assert.equal(await own.held(), 0)
  await cell.stop()
})

test('a failure is tried again with a pause, a hopeless one is not, and the last attempt ends it', async () => {
  const cell = await own.startCell()
  const tries: { at: number; attempt: number; isLast: boolean }[] = []
  let isHopeless = false
  cell.join(async ({ order }) => {
    tries.push({ at: performance.now(), attempt: order.attempt, isLast: order.isLastAttempt })
    return { end: 'failed', code: isHopeless ? 'gone' : 'internal', isRetryable: !isHopeless }
  })
  await own.enqueue(own.a, 1, { attempts: 2 })
  await cell.dispatcher.drained()
  assert.deepEqual(
    tries.map(({ attempt, isLast }) => [attempt, isLast]),
    [
      [1, false],
      [2, true],
    ],
  )
  const pause = (tries[1]?.at ?? 0) - (tries[0]?.at ?? 0)
  assert.ok(pause > 2_500, `e seconds after the first failure, was ${pause}`)
  isHopeless = true
  await own.enqueue(own.a)
  await cell.dispatcher.drained()
  assert.equal(tries.length, 3)
  assert.equal(await own.held(), 0)
  await cell.stop()
})

test('cancelling removes a waiting job and stops a running one', async () => {
  const cell = await own.startCell()
  const activity = randomUUID()
  const started = Promise.withResolvers<void>()
  const reasons: unknown[] = []
  cell.join(async ({ signal }) => {
    started.resolve()
    await once(signal, 'abort')
    reasons.push(signal.reason)
    return { end: 'cancelled' }
  })
  await own.enqueue(own.a, 1, { activity })
  await started.promise
  await own.queue.as(`t_${own.b}`, 'select cell.cancel_job($1)', [activity])
  const other = randomUUID()
  await own.enqueue(own.a, 1, { activity: other, delay: 3600 })
  await own.queue.as(`t_${own.a}`, 'select cell.cancel_job($1), cell.cancel_job($2)', [activity, other])
  await cell.dispatcher.drained()
  assert.deepEqual(reasons, [cancelled], "another tenant's cancellation reaches nothing")
  assert.equal(await own.held(), 0)
  await cell.stop()
})

test('a worker that leaves gives back what it could not end, and nothing counts against the job', async () => {
  const cell = await own.startCell()
  const started = Promise.withResolvers<void>()
  const leaving = cell.join(async ({ signal }) => {
    started.resolve()
    await once(signal, 'abort')
    return { end: 'givenBack' }
  })
  await own.enqueue(own.a)
  await started.promise
  const attempts: number[] = []
  await leaving.leave(0)
  cell.join(async ({ order }) => {
    attempts.push(order.attempt)
    return { end: 'done' }
  })
  await cell.dispatcher.drained()
  assert.deepEqual(attempts, [1])
  await cell.stop()
})

test('a tenant with many jobs does not keep another one waiting', async () => {
  const cell = await own.startCell(1)
  const order: string[] = []
  let most = 0
  let now = 0
  await own.enqueue(own.a, 50)
  await own.enqueue(own.b, 1)
  cell.join(
    async ({ order: { tenant } }) => {
      order.push(tenant)
      if (tenant === own.a) most = Math.max(most, ++now)
      await new Promise((resolve) => setImmediate(resolve))
      if (tenant === own.a) now--
      return { end: 'done' }
    },
    { capacity: 8 },
  )
  await cell.dispatcher.drained()
  assert.equal(order.length, 51)
  assert.ok(order.indexOf(own.b) < 3, `served as number ${order.indexOf(own.b)}`)
  assert.equal(most, 1)
  await cell.stop()
})

test('a burst cannot slip past the share of a tenant', async () => {
  const cell = await own.startCell(2)
  let most = 0
  let now = 0
  cell.join(
    async () => {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setImmediate(resolve))
      now--
      return { end: 'done' }
    },
    { capacity: 8 },
  )
  await own.enqueue(own.a, 100)
  await cell.dispatcher.drained()
  assert.equal(most, 2)
  await cell.stop()
})

test('notifications carry counts and nothing else', async () => {
  const cell = await own.startCell()
  const listener = await connectAs(own.queue.login(`t_${own.b}`))
  const heard: string[] = []
  listener.on('notification', ({ payload }) => heard.push(payload ?? ''))
  await listener.query('listen "jobs:insert"; listen "jobs:cancel"; listen "worker:migrate"')
  cell.join(async () => ({ end: 'done' }))
  await own.enqueue(own.a, 3)
  await own.queue.as(`t_${own.a}`, 'select cell.cancel_job(gen_random_uuid())')
  await cell.dispatcher.drained()
  await listener.query('select 1')
  assert.ok(heard.length >= 2)
  for (const payload of heard) assert.match(payload, /^(1|\{"r":[0-9.e-]+,"count":\d+\})$/)
  await listener.end()
  await cell.stop()
})

test('1,000 jobs are done in seconds', async (t) => {
  const cell = await own.startCell(8)
  let runs = 0
  await own.enqueue(own.a, 500)
  await own.enqueue(own.b, 500)
  const began = performance.now()
  cell.join(
    async () => {
      runs++
      return { end: 'done' }
    },
    { capacity: 8 },
  )
  await cell.dispatcher.drained()
  const seconds = (performance.now() - began) / 1000
  t.diagnostic(`1,000 jobs of 2 tenants in ${seconds.toFixed(2)} s, ${Math.round(1000 / seconds)} a second`)
  assert.equal(runs, 1000)
  await cell.stop()
})
