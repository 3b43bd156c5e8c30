/**
 * A house with somebody who has webhooks, a receiver for them on loopback, and a courier that carries when the test says so. Registers its own
 * hooks: call it in a suite.
 */
import assert from 'node:assert/strict'
import type { IncomingHttpHeaders, RequestListener } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, before, beforeEach } from 'node:test'
import { connectAs } from '#core/db/system-login.ts'
import { fromApi, newId } from '#core/ids.ts'
import type { Job, Task } from '#core/jobs/job.ts'
import { systemActor } from '#core/tenancy/system-actor.ts'
import { Courier } from '#core/webhooks/courier.ts'
import { fileForm } from './ask.ts'
import { onePagePdf } from './one-page-pdf.ts'
import { type OutsideWorld, openWorld } from './outside-world.ts'
import { type OwnHouse, openHouse, type Resident } from './own-house.ts'

export interface Heard {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface State {
  house: OwnHouse
  owner: Resident
  courier: Courier
  /** The receiver's address. */
  base: string
  turn: number
  answer: RequestListener
  readonly heard: Heard[]
}

/** `turning.example` leads to the receiver when it is first asked for, and inside after that. */
export function webhookHouse() {
  let world: OutsideWorld | undefined
  const errors: unknown[] = []
  const state = { base: '', turn: 0, heard: [], answer: thanks } as unknown as State
  const tenant = (): string => state.owner.token.split('.')[0] ?? ''
  const actor = () =>
    systemActor(tenant(), { region: 'eu', origin: { ip: '', userAgent: '' }, requestId: newId() })
  const openCourier = () => new Courier({ ctx: state.house.ctx, onError: (error) => errors.push(error) })

  before(async () => {
    const opened = await openWorld((name, family, asked) =>
      family === 6 ? [] : name === 'turning.example' ? [asked < 2 ? '127.0.0.1' : '10.0.0.1'] : null,
    )
    world = opened
    const place = await opened.https(
      async (request, response) => {
        state.heard.push({ headers: request.headers, body: await text(request) })
        state.answer(request, response)
      },
      ['localhost', 'turning.example'],
    )
    state.base = `https://localhost:${place.port}/hook`
    const outside = {
      allowsLoopback: true,
      ca: [opened.ca],
      servers: [opened.nameServer],
      ports: [place.port],
    }
    state.house = await openHouse({ outside })
    state.courier = openCourier()
  })
  beforeEach(async () => {
    state.heard.length = 0
    errors.length = 0
    state.answer = thanks
    state.owner = await state.house.aResident()
  })
  after(async () => {
    await state.courier?.stop()
    await state.house?.stop()
    await world?.stop()
  })

  return Object.assign(state, {
    tenant,
    actor,
    openCourier,
    db: async () => (await state.house.ctx.tenant(tenant())).db('activity'),
    ask: (...question: Parameters<OwnHouse['ask']>) => state.house.ask(...question),
    async make(types = ['knowledge.document.added'], url = state.base) {
      const wish = { name: 'Ticket system', url, types }
      const made = await state.house.ask(state.owner, 'POST', '/v1/webhooks', wish)
      assert.equal(made.status, 201, made.text)
      return { ...made.json, uuid: fromApi('whk', made.json.id), path: `/v1/webhooks/${made.json.id}` }
    },
    /** Adds a document, another one each time. */
    async addDocument(): Promise<string> {
      const form = fileForm('a.pdf', onePagePdf(`Something new, number ${++state.turn}`))
      const added = await state.house.app.inject({
        method: 'POST',
        url: '/v1/documents',
        payload: form.bytes,
        headers: { 'content-type': form.type, authorization: `Bearer ${state.owner.token}` },
      })
      assert.ok([200, 201].includes(added.statusCode), added.body)
      return added.json().id
    },
    /** What the job does, and then all that it leads to. */
    async deliver(uuid: string): Promise<void> {
      state.courier.deliver({ actor: actor(), region: 'eu', webhook: uuid })
      await state.courier.settled()
      assert.deepEqual(errors, [])
    },
    /** Runs a task of webhooks as the worker does. */
    async run(task: Task, record: string): Promise<void> {
      const job: Job = {
        id: record,
        region: 'eu',
        tenant: tenant(),
        task: task.name,
        record,
        activity: null,
        attempt: 1,
        isLastAttempt: true,
        actor: actor(),
        signal: new AbortController().signal,
        progress: () => undefined,
      }
      await task.run(state.house.ctx, job)
    },
    /** Moves the clock on; the owner signs in again. */
    async pass(milliseconds: number): Promise<void> {
      state.house.passTime(milliseconds)
      const { email, password } = state.owner
      const opened = await state.house.ask(null, 'POST', '/v1/sessions', { email, password })
      assert.equal(opened.status, 201, opened.text)
      state.owner = { email, password, token: opened.json.token }
    },
    /** Jobs of webhooks that wait; `wait` in seconds. */
    async jobs(): Promise<{ task: string; record: string; key: string; wait: number }[]> {
      const client = await connectAs(state.house.login('dispatcher'))
      try {
        const { rows } = await client.query(
          `select payload ->> 'task' as task, payload ->> 'record' as record, key, extract(epoch from run_at - now())::float as wait
           from queue._private_jobs where payload ->> 'tenant' = $1 and payload ->> 'task' like 'core.webhook.%'`,
          [tenant()],
        )
        return rows
      } finally {
        await client.end()
      }
    },
  })
}

const thanks: RequestListener = (_, response) => response.end('thank you')

/** The three fields of a message. */
export function fieldsOf({ headers }: Heard) {
  return {
    'webhook-id': String(headers['webhook-id']),
    'webhook-timestamp': String(headers['webhook-timestamp']),
    'webhook-signature': String(headers['webhook-signature']),
  }
}
