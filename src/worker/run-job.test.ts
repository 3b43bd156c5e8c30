import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { PublicError } from '#core/errors.ts'
import { fromApi, toApi } from '#core/ids.ts'
import { cancelled, givenBack, type Job, type Task } from '#core/jobs/job.ts'
import { silentLog } from '#core/log.ts'
import type { Actor } from '#core/tenancy/actor.ts'
import { type OwnHouse, openHouse, type Resident } from '#test/own-house.ts'
import type { RunEnd, Running } from './cell-link.ts'
import { runJob } from './run-job.ts'

let house: OwnHouse
let founder: Resident
let colleague: Resident
let stranger: Resident

before(async () => {
  house = await openHouse()
  founder = await house.aResident('ada@quiet-meadow.example')
  colleague = await house.aResident('bob@quiet-meadow.example')
  stranger = await house.aResident()
})
after(() => house.stop())

async function actorOf(resident: Resident): Promise<Actor> {
  const me = await ask(resident, 'GET', '/v1/me')
  return {
    tenant: resident.token.split('.')[0] ?? '',
    region: 'eu',
    kind: 'person',
    personId: fromApi('per', me.person.id),
    credentialId: null,
    role: 'owner',
    permissions: new Set(['core.activity.read']),
    storage: new Set(),
    origin: { ip: '192.0.2.7', userAgent: 'a test' },
    requestId: randomUUID(),
    onBehalfOf: null,
  }
}

interface Shown {
  id: string
  state: string
  done: number
  total: number | null
  title: string
  error: { code: string } | null
  isCancelRequested: boolean
  person: { id: string }
  items: Shown[]
  next: string | null
}

async function ask(resident: Resident, method: 'GET' | 'DELETE', url: string, status = 200): Promise<Shown> {
  const answer = await house.ask(resident, method, url)
  assert.equal(answer.status, status, answer.text)
  return answer.json
}

/** Enqueues as the resident would; the job itself is run by the test, not by a queue. */
async function anActivity(resident: Resident, title = 'The merger papers'): Promise<string> {
  const activity = await house.ctx.write(await actorOf(resident), async (tx) => {
    tx.audit({ action: 'core.test.enqueued' })
    return tx.enqueue('core.test.run', randomUUID(), {
      activity: { kind: 'core.test.running', recordKind: 'document', title, unit: 'pages', total: 9 },
    })
  })
  assert.ok(activity)
  return activity
}

async function order(
  resident: Resident,
  activity: string | null,
  run: Task['run'],
  more: { isLastAttempt?: boolean; order?: 'run' | 'abandon'; stop?: AbortController } = {},
): Promise<{ end: RunEnd; told: [number, number | null][] }> {
  const actor = await actorOf(resident)
  const told: [number, number | null][] = []
  const task: Task = { name: 'core.test.run', permissions: ['core.activity.read'], run }
  const running: Running = {
    order: {
      type: 'job',
      job: 'eu:1',
      region: 'eu',
      tenant: actor.tenant,
      task: task.name,
      record: randomUUID(),
      activity,
      by: actor.personId,
      attempt: 1,
      isLastAttempt: more.isLastAttempt ?? false,
      order: more.order ?? 'run',
    },
    signal: (more.stop ?? new AbortController()).signal,
    progress: (done, total) => told.push([done, total]),
  }
  const end = await runJob({ ctx: house.ctx, tasks: new Map([[task.name, task]]), log: silentLog() }, running)
  return { end, told }
}

const show = (resident: Resident, activity: string) =>
  ask(resident, 'GET', `/v1/activity/${toApi('act', activity)}`)

test('a job runs as the system for whoever asked, from where they asked, with the rights of its task only', async () => {
  const activity = await anActivity(founder)
  assert.equal((await show(founder, activity)).state, 'waiting')
  let seen: Job | undefined
  const { end } = await order(founder, activity, async (_ctx, job) => {
    seen = job
    assert.equal((await show(founder, activity)).state, 'running')
  })
  assert.deepEqual(end, { end: 'done' })
  const asker = await actorOf(founder)
  assert.equal(seen?.actor.kind, 'system')
  assert.equal(seen?.actor.onBehalfOf, asker.personId)
  assert.deepEqual(seen?.actor.origin, asker.origin)
  assert.deepEqual([...(seen?.actor.permissions ?? [])], ['core.activity.read'])
  const after = await show(founder, activity)
  assert.deepEqual([after.state, after.title, after.error], ['done', 'The merger papers', null])
})

test('what ended in an earlier run is not done again', async () => {
  const activity = await anActivity(founder)
  let runs = 0
  for (let i = 0; i < 2; i++)
    assert.deepEqual((await order(founder, activity, async () => void runs++)).end, { end: 'done' })
  assert.equal(runs, 1)
})

test('progress reaches Activity at most twice a second and the last of it always', async () => {
  const activity = await anActivity(founder)
  const { told } = await order(founder, activity, async (_ctx, job) => {
    for (let page = 1; page <= 1000; page++) job.progress(page, 1000)
  })
  assert.deepEqual(told, [
    [1, 1000],
    [1000, 1000],
  ])
  const after = await show(founder, activity)
  assert.deepEqual([after.done, after.total], [1000, 1000])
})

test('a failure that can be helped waits, the last or a hopeless one is shown with its code', async () => {
  const activity = await anActivity(founder)
  const bug = async () => {
    throw new Error('select secret from somewhere')
  }
  assert.deepEqual((await order(founder, activity, bug)).end, {
    end: 'failed',
    code: 'internal',
    isRetryable: true,
  })
  assert.equal((await show(founder, activity)).state, 'waiting')
  await order(founder, activity, bug, { isLastAttempt: true })
  const failed = await show(founder, activity)
  assert.deepEqual([failed.state, failed.error?.code], ['failed', 'internal'])
  assert.doesNotMatch(JSON.stringify(failed), /secret/)
  const other = await anActivity(founder)
  const gone = await order(founder, other, async () => {
    throw new PublicError('gone')
  })
  assert.deepEqual(gone.end, { end: 'failed', code: 'gone', isRetryable: false })
  assert.equal((await show(founder, other)).state, 'failed')
})

test('a job that killed its workers is shown as failed', async () => {
  const activity = await anActivity(founder)
  const { end } = await order(founder, activity, () => assert.fail('it must not run'), { order: 'abandon' })
  assert.deepEqual(end, { end: 'done' })
  assert.equal((await show(founder, activity)).state, 'failed')
})

test('what is cancelled while it waits never runs', async () => {
  const activity = await anActivity(founder)
  await ask(founder, 'DELETE', `/v1/activity/${toApi('act', activity)}`, 204)
  assert.equal((await show(founder, activity)).state, 'cancelled')
  const { end } = await order(founder, activity, () => assert.fail('it must not run'))
  assert.deepEqual(end, { end: 'cancelled' })
})

test('what is cancelled while it runs ends as cancelled, and what a stopping worker gives back waits again', async () => {
  const activity = await anActivity(founder)
  for (const reason of [givenBack, cancelled]) {
    const stop = new AbortController()
    const { end } = await order(
      founder,
      activity,
      async (_ctx, { signal }) => {
        stop.abort(reason)
        signal.throwIfAborted()
      },
      { stop },
    )
    assert.equal(end.end, reason === cancelled ? 'cancelled' : 'givenBack')
    assert.equal((await show(founder, activity)).state, reason === cancelled ? 'cancelled' : 'waiting')
  }
})

test('a cancellation whose worker died in between is kept by the next one', async () => {
  const activity = await anActivity(founder)
  const stop = new AbortController()
  await order(
    founder,
    activity,
    async (_ctx, { signal }) => {
      await ask(founder, 'DELETE', `/v1/activity/${toApi('act', activity)}`, 204)
      const now = await show(founder, activity)
      assert.deepEqual([now.state, now.isCancelRequested], ['running', true])
      stop.abort(givenBack)
      signal.throwIfAborted()
    },
    { stop },
  )
  const { end } = await order(founder, activity, () => assert.fail('it must not run'))
  assert.deepEqual(end, { end: 'cancelled' })
})

test('people see their own work, administrators all of it, strangers none', async () => {
  const mine = await anActivity(colleague, 'Bobs paper')
  const theirs = await anActivity(founder)
  const path = (id: string) => `/v1/activity/${toApi('act', id)}`
  assert.equal((await show(colleague, mine)).title, 'Bobs paper')
  for (const method of ['GET', 'DELETE'] as const) {
    await ask(colleague, method, path(theirs), 404)
    await ask(stranger, method, path(theirs), 404)
  }
  assert.equal((await show(founder, mine)).title, 'Bobs paper')
  const listed = await ask(colleague, 'GET', '/v1/activity')
  assert.deepEqual(
    listed.items.map(({ id }) => id),
    [toApi('act', mine)],
  )
  assert.deepEqual((await ask(stranger, 'GET', '/v1/activity')).items, [])
  const seen: string[] = []
  let next: string | null = ''
  while (next !== null) {
    const page: Shown = await ask(founder, 'GET', `/v1/activity?limit=2${next && `&cursor=${next}`}`)
    seen.push(...page.items.map(({ id }) => id))
    next = page.next
  }
  assert.ok(seen.includes(toApi('act', mine)) && seen.includes(toApi('act', theirs)))
  assert.equal(new Set(seen).size, seen.length)
  await ask(founder, 'GET', '/v1/activity?cursor=bm90IG91cnM', 400)
})
