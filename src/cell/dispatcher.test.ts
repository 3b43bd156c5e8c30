import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { QueuePool } from '#core/db/queue-pool.ts'
import { connectAs } from '#core/db/system-login.ts'
import { cancelled } from '#core/jobs/job.ts'
import { silentLog } from '#core/log.ts'
import { listenOn } from '#core/net/listen-on.ts'
import { type OwnQueue, startQueue } from '#test/own-queue.ts'
import { type CellLinkOptions, joinCell, type RunEnd, type Running } from '#worker/cell-link.ts'
import { type Dispatcher, startDispatcher } from './dispatcher.ts'
import { Workers } from './workers.ts'

const task = 'core.test.run'
const processFile = join(import.meta.dirname, '../../test/queue-process.ts')
let queue: OwnQueue
let a = ''
let b = ''
const folders: string[] = []
const children: ChildProcess[] = []

before(async () => {
  queue = await startQueue(2)
  a = queue.tenants[0] ?? ''
  b = queue.tenants[1] ?? ''
})
after(async () => {
  for (const child of children) child.kill('SIGKILL')
  await queue.stop()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'panoply-q-'))
  folders.push(made)
  return made
}

interface Cell {
  socket: string
  pool: QueuePool
  dispatcher: Dispatcher
  join(
    run: (running: Running) => Promise<RunEnd>,
    more?: Partial<CellLinkOptions>,
  ): { leave(grace: number): Promise<void> }
  stop(): Promise<void>
}

async function startCell(perTenant = 2): Promise<Cell> {
  const socket = join(folder(), 'worker.sock')
  const workers = new Workers()
  const pool = queue.pool()
  const dispatcher = await startDispatcher({
    region: 'eu',
    pool,
    workers,
    log: silentLog(),
    perTenant,
    pollInterval: 200,
  })
  const server: Server = await listenOn(socket, (connection) => workers.add(connection))
  const links: { leave(grace: number): Promise<void> }[] = []
  return {
    socket,
    pool,
    dispatcher,
    join(run, more) {
      const link = joinCell({ socket, capacity: 2, tasks: [task], run, ...more })
      links.push(link)
      return link
    },
    async stop() {
      for (const link of links) await link.leave(0)
      workers.close()
      await dispatcher.stop()
      server.close()
      await pool.end()
    },
  }
}

async function enqueue(tenant: string, count = 1, options: Record<string, unknown> = {}): Promise<string[]> {
  const records = Array.from({ length: count }, () => randomUUID())
  await queue.as(
    `t_${tenant}`,
    'select cell.enqueue($1, record, $2::jsonb) from unnest($3::uuid[]) as record',
    [task, JSON.stringify(options), records],
  )
  return records
}

const waiting = async () =>
  (await queue.as<{ count: string }>('dispatcher', 'select count(*) from queue._private_jobs'))[0]?.count

function start(...argv: string[]): ChildProcess {
  const child = spawn(process.execPath, [processFile, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  return child
}

async function line(child: ChildProcess, begins: string): Promise<void> {
  let text = ''
  for await (const [chunk] of child.stdout ? onData(child.stdout) : []) {
    text += chunk
    if (text.split('\n').some((one) => one.startsWith(begins))) return
  }
  throw new Error(`the process ended without saying ${begins}`)
}

async function* onData(stream: NodeJS.ReadableStream): AsyncGenerator<[string]> {
  for (;;) {
    const [chunk] = await once(stream, 'data')
    yield [String(chunk)]
  }
}

async function die(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

test('a job is told who enqueued it by the login, runs once and leaves the queue', async () => {
  const cell = await startCell()
  const orders: Running['order'][] = []
  cell.join(async ({ order }) => {
    orders.push(order)
    return { end: 'done' }
  })
  const by = randomUUID()
  const [record] = await enqueue(a, 1, { by })
  await cell.dispatcher.drained()
  assert.equal(orders.length, 1)
  assert.deepEqual(
    { ...orders[0], job: '' },
    {
      type: 'job',
      job: '',
      region: 'eu',
      tenant: a,
      task,
      record,
      activity: null,
      by,
      attempt: 1,
      isLastAttempt: false,
      order: 'run',
    },
  )
  assert.equal(await waiting(), '0')
  await cell.stop()
})

test('a worker that is killed in the middle loses the job to another one, and the effect is there once', async () => {
  const cell = await startCell()
  const effects = folder()
  const first = start('worker', cell.socket, effects, 'hang')
  const [record = ''] = await enqueue(a)
  await line(first, `ran ${record}`)
  await die(first)
  const killedAt = performance.now()
  const second = start('worker', cell.socket, effects)
  await cell.dispatcher.drained()
  assert.ok(performance.now() - killedAt < 2_500, 'a dead worker costs no back-off')
  assert.equal(readFileSync(join(effects, 'runs'), 'utf8'), `${record} 1\n${record} 1\n`)
  assert.ok(existsSync(join(effects, record)))
  await die(second)
  await cell.stop()
})

test('a job that kills every worker is given up, with an order to say so in Activity', async () => {
  const cell = await startCell()
  const orders: string[] = []
  const poison = start('worker', cell.socket, folder(), 'hang')
  await enqueue(a)
  await line(poison, 'ran')
  await die(poison)
  for (let i = 0; i < 2; i++) {
    const next = start('worker', cell.socket, folder(), 'hang')
    await line(next, 'ran')
    await die(next)
  }
  cell.join(async ({ order }) => {
    orders.push(order.order)
    return { end: 'done' }
  })
  await cell.dispatcher.drained()
  assert.deepEqual(orders, ['abandon'])
  assert.equal(await waiting(), '0')
  await cell.stop()
})

test('a cell process that is killed leaves its jobs to the next one, without counting the attempt', async () => {
  const effects = folder()
  const socket = join(folder(), 'worker.sock')
  const login = queue.login('dispatcher')
  const told = JSON.stringify({ ...login, password: await login.password() })
  const cell = start('cell', socket, told)
  await line(cell, 'ready')
  const hanging = start('worker', socket, effects, 'hang')
  const [record = ''] = await enqueue(a)
  await line(hanging, `ran ${record}`)
  await die(cell)
  await die(hanging)
  const again = await startCell()
  const attempts: number[] = []
  again.join(async ({ order }) => {
    attempts.push(order.attempt)
    return { end: 'done' }
  })
  await again.dispatcher.drained()
  assert.deepEqual(attempts, [1])
  await again.stop()
})

test('a failure is tried again with a pause, a hopeless one is not, and the last attempt ends it', async () => {
  const cell = await startCell()
  const tries: { at: number; attempt: number; isLast: boolean }[] = []
  let isHopeless = false
  cell.join(async ({ order }) => {
    tries.push({ at: performance.now(), attempt: order.attempt, isLast: order.isLastAttempt })
    return { end: 'failed', code: isHopeless ? 'gone' : 'internal', isRetryable: !isHopeless }
  })
  await enqueue(a, 1, { attempts: 2 })
  await cell.dispatcher.drained()
  assert.deepEqual(
    tries.map(({ attempt, isLast }) => [attempt, isLast]),
    [
      [1, false],
      [2, true],
    ],
  )
  const pause = (tries[1]?.at ?? 0) - (tries[0]?.at ?? 0)
  assert.ok(pause > 2_500 && pause < 4_000, `e seconds after the first failure, was ${pause}`)
  isHopeless = true
  await enqueue(a)
  await cell.dispatcher.drained()
  assert.equal(tries.length, 3)
  assert.equal(await waiting(), '0')
  await cell.stop()
})

test('cancelling removes a waiting job and stops a running one', async () => {
  const cell = await startCell()
  const activity = randomUUID()
  const started = Promise.withResolvers<void>()
  const reasons: unknown[] = []
  cell.join(async ({ signal }) => {
    started.resolve()
    await once(signal, 'abort')
    reasons.push(signal.reason)
    return { end: 'cancelled' }
  })
  await enqueue(a, 1, { activity })
  await started.promise
  await queue.as(`t_${b}`, 'select cell.cancel_job($1)', [activity])
  const other = randomUUID()
  await enqueue(a, 1, { activity: other, delay: 3600 })
  await queue.as(`t_${a}`, 'select cell.cancel_job($1), cell.cancel_job($2)', [activity, other])
  await cell.dispatcher.drained()
  assert.deepEqual(reasons, [cancelled], "another tenant's cancellation reaches nothing")
  assert.equal(await waiting(), '0')
  await cell.stop()
})

test('a worker that leaves gives back what it could not end, and nothing counts against the job', async () => {
  const cell = await startCell()
  const started = Promise.withResolvers<void>()
  const leaving = cell.join(async ({ signal }) => {
    started.resolve()
    await once(signal, 'abort')
    return { end: 'givenBack' }
  })
  await enqueue(a)
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
  const cell = await startCell(1)
  const order: string[] = []
  let most = 0
  let now = 0
  await enqueue(a, 50)
  await enqueue(b, 1)
  cell.join(
    async ({ order: { tenant } }) => {
      order.push(tenant)
      if (tenant === a) most = Math.max(most, ++now)
      await new Promise((resolve) => setImmediate(resolve))
      if (tenant === a) now--
      return { end: 'done' }
    },
    { capacity: 8 },
  )
  await cell.dispatcher.drained()
  assert.equal(order.length, 51)
  assert.ok(order.indexOf(b) < 3, `served as number ${order.indexOf(b)}`)
  assert.equal(most, 1)
  await cell.stop()
})

test('a burst cannot slip past the share of a tenant', async () => {
  const cell = await startCell(2)
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
  await enqueue(a, 100)
  await cell.dispatcher.drained()
  assert.equal(most, 2)
  await cell.stop()
})

test('a forged announcement of a migration does not stop the queue', async () => {
  const cell = await startCell()
  let runs = 0
  cell.join(async () => {
    runs++
    return { end: 'done' }
  })
  await queue.as(
    `t_${a}`,
    `select pg_notify('worker:migrate', '{"migrationNumber":99,"breaking":true}'), pg_notify('jobs:insert', '{"count":1e99}'), pg_notify('jobs:insert', '[')`,
  )
  await enqueue(a)
  await cell.dispatcher.drained()
  assert.equal(runs, 1)
  assert.equal(process.exitCode, undefined)
  await cell.stop()
})

test('the queue goes on after the database ended its connections', async () => {
  const cell = await startCell()
  let runs = 0
  cell.join(async () => {
    runs++
    return { end: 'done' }
  })
  await enqueue(a)
  await cell.dispatcher.drained()
  await queue.as(
    'postgres',
    `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'dispatcher'`,
  )
  await enqueue(a)
  await cell.dispatcher.drained()
  assert.equal(runs, 2)
  await cell.stop()
})

test('notifications carry counts and nothing else', async () => {
  const cell = await startCell()
  const listener = await connectAs(queue.login(`t_${b}`))
  const heard: string[] = []
  listener.on('notification', ({ payload }) => heard.push(payload ?? ''))
  await listener.query('listen "jobs:insert"; listen "jobs:cancel"; listen "worker:migrate"')
  cell.join(async () => ({ end: 'done' }))
  await enqueue(a, 3)
  await queue.as(`t_${a}`, 'select cell.cancel_job(gen_random_uuid())')
  await cell.dispatcher.drained()
  await listener.query('select 1')
  assert.ok(heard.length >= 2)
  for (const payload of heard) assert.match(payload, /^(1|\{"r":[0-9.e-]+,"count":\d+\})$/)
  await listener.end()
  await cell.stop()
})

test('1,000 jobs are done in seconds', async (t) => {
  const cell = await startCell(8)
  let runs = 0
  await enqueue(a, 500)
  await enqueue(b, 500)
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
  assert.ok(seconds < 15)
  await cell.stop()
})
