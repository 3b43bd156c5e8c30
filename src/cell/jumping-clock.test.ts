// The clock of a database cannot be moved in a test; what it would make of the times in the queue can.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type OwnDispatcher, startOwnDispatcher } from '#test/own-dispatcher.ts'
import { takeBackJobs } from './prepare-queue.ts'

let own: OwnDispatcher

before(async () => {
  own = await startOwnDispatcher()
})
after(() => own.stop())

/** The clock jumps by so many minutes: every time that stands in the queue is as much further away from now. */
async function jump(minutes: number): Promise<void> {
  await own.queue.as(
    'dispatcher',
    `update queue._private_jobs set created_at = created_at - $1::interval, run_at = run_at - $1::interval,
       locked_at = locked_at - $1::interval`,
    [`${minutes} minutes`],
  )
}

async function waits(): Promise<{ minutes: number; attempts: number }[]> {
  return own.queue.as(
    'dispatcher',
    `select round(extract(epoch from run_at - now()) / 60)::int as minutes, attempts from queue._private_jobs order by id`,
  )
}

for (const minutes of [60, -60])
  test(`a running job whose clock jumps by ${minutes} minutes runs once and is not given to another`, async () => {
    const cell = await own.startCell()
    const ran: string[] = []
    const release = Promise.withResolvers<void>()
    const started = Promise.withResolvers<void>()
    cell.join(async ({ order }) => {
      ran.push(order.record)
      started.resolve()
      await release.promise
      return { end: 'done' }
    })
    const [record] = await own.enqueue(own.a)
    await started.promise
    await jump(minutes)
    // Several looks of the queue later.
    await pause(1_000)
    release.resolve()
    await cell.dispatcher.drained()
    assert.deepEqual(ran, [record])
    assert.equal(await own.held(), 0)
    await cell.stop()
  })

test('a job that was asked for before the clock went back an hour runs now, one that is put off when it was to', async () => {
  await own.enqueue(own.a)
  await own.enqueue(own.a, 1, { delay: 720 })
  await jump(-60)
  assert.deepEqual(await waits(), [
    { minutes: 60, attempts: 0 },
    { minutes: 72, attempts: 0 },
  ])
  const cell = await own.startCell()
  const done = Promise.withResolvers<void>()
  cell.join(async () => {
    done.resolve()
    return { end: 'done' }
  })
  await Promise.race([done.promise, pause(8_000)])
  await cell.dispatcher.drained()
  assert.deepEqual(await waits(), [{ minutes: 12, attempts: 0 }])
  await cell.stop()
  await own.queue.as('dispatcher', 'delete from queue._private_jobs')
})

test('a failed job is tried again after its pause, whatever the clock does meanwhile', async () => {
  const cell = await own.startCell()
  const tries: number[] = []
  cell.join(async ({ order }) => {
    tries.push(order.attempt)
    return order.attempt < 2 ? { end: 'failed', code: 'internal', isRetryable: true } : { end: 'done' }
  })
  await own.enqueue(own.a)
  while ((await waits())[0]?.attempts !== 1) await pause(50)
  while (tries.length === 1 && (await waits())[0]?.minutes === 0) {
    const [locked] = await own.queue.as<{ held: boolean }>(
      'dispatcher',
      'select locked_at is not null as held from queue._private_jobs',
    )
    if (locked?.held === false) await jump(-60)
  }
  const late = pause(30_000).then(() => assert.fail(`still waiting after ${tries.length} tries`))
  await Promise.race([cell.dispatcher.drained(), late])
  assert.deepEqual(tries, [1, 2])
  await cell.stop()
})

test('what a dead dispatcher held is taken back, whichever way the clock went meanwhile', async () => {
  for (const minutes of [60, -60]) {
    await own.enqueue(own.a)
    await own.queue.as(
      'dispatcher',
      `update queue._private_jobs set locked_at = now(), locked_by = 'dead', attempts = 1`,
    )
    await jump(minutes)
    const pool = own.queue.pool()
    assert.equal(await takeBackJobs(pool), 1)
    await pool.end()
    const cell = await own.startCell()
    cell.join(async () => ({ end: 'done' }))
    await cell.dispatcher.drained()
    assert.equal(await own.held(), 0)
    await cell.stop()
  }
})
