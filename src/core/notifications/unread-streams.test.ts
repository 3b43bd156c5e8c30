import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { type OwnHouse, openHouse, type Resident } from '#test/own-house.ts'
import { newId } from '../ids.ts'
import { systemActor } from '../tenancy/system-actor.ts'
import { roleChanged } from './core-notifications.ts'
import { notify } from './notify.ts'
import { STREAM_BOUNDS } from './unread-streams.ts'

interface Heard {
  readonly event: string
  readonly data: { readonly unread?: number; readonly newest?: string | null }
}

/** A stream as a page has it open. */
interface Listener {
  readonly status: number
  readonly contentType: string
  /** The next event that says something. */
  next(): Promise<Heard>
  readonly ended: Promise<void>
  hangUp(): void
}

describe('a page that waits for what concerns its person', () => {
  let house: OwnHouse
  let owner: Resident
  let port: number
  const listeners: Listener[] = []
  const domain = `${randomBytes(6).toString('hex')}.example`

  before(async () => {
    house = await openHouse()
    owner = await house.aResident(`owner@${domain}`)
    await house.app.listen({ port: 0, host: '127.0.0.1' })
    port = (house.app.server.address() as AddressInfo).port
  })
  after(async () => {
    for (const one of listeners) one.hangUp()
    await house.stop()
  })

  function listen(resident: Resident, token = resident.token): Promise<Listener> {
    const { promise, resolve, reject } = Promise.withResolvers<Listener>()
    const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' }
    const sent = request({ port, path: '/v1/notifications/unread', headers, agent: false }, (incoming) => {
      const heard: Heard[] = []
      const waiting: ((one: Heard) => void)[] = []
      let text = ''
      incoming.setEncoding('utf8').on('data', (more: string) => {
        text += more
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const block = text.slice(0, end)
          text = text.slice(end + 2)
          const event = /^event: (.*)$/m.exec(block)?.[1]
          if (event === undefined) continue
          const one = { event, data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '{}') }
          const taker = waiting.shift()
          if (taker) taker(one)
          else heard.push(one)
        }
      })
      const listener: Listener = {
        status: incoming.statusCode ?? 0,
        contentType: String(incoming.headers['content-type']),
        next() {
          const one = heard.shift()
          return one ? Promise.resolve(one) : new Promise((take) => waiting.push(take))
        },
        ended: new Promise((end) => incoming.once('close', () => end())),
        hangUp: () => sent.destroy(),
      }
      listeners.push(listener)
      resolve(listener)
    })
    sent.on('error', reject)
    sent.end()
    return promise
  }

  const personOf = async (resident: Resident): Promise<string> => {
    const db = (await house.ctx.tenant(resident.token.split('.')[0] ?? '')).db('activity')
    return (await db.selectFrom('member').select('person').orderBy('created_at').executeTakeFirstOrThrow())
      .person
  }
  const tell = async (ctx: OwnHouse['ctx'], resident: Resident): Promise<void> => {
    const person = await personOf(resident)
    const origin = { ip: '', userAgent: '' }
    const actor = systemActor(resident.token.split('.')[0] ?? '', {
      region: 'eu',
      origin,
      requestId: newId(),
    })
    await ctx.write(actor, async (tx) => {
      await notify(tx, roleChanged, { to: [person], detail: { role: 'owner' } })
      tx.audit({ action: 'test.told' })
    })
  }

  it('hears the count at once, then each change, also of another process', async () => {
    const page = await listen(owner)
    assert.equal(page.status, 200)
    assert.match(page.contentType, /^text\/event-stream/)
    assert.deepEqual(await page.next(), { event: 'unread', data: { unread: 0, newest: null } })
    await tell(house.ctx, owner)
    const first = await page.next()
    assert.equal(first.data.unread, 1)
    assert.match(first.data.newest ?? '', /^ntf_/)
    await tell(house.aNeighbour(0), owner)
    assert.equal((await page.next()).data.unread, 2)
    const until = house.ctx.now().toISOString()
    await house.ask(owner, 'POST', '/v1/notifications/read', { until })
    assert.equal((await page.next()).data.unread, 0)
    page.hangUp()
  })

  it('hears nothing of other people', async () => {
    const member = await house.aResident(`member@${domain}`)
    const page = await listen(member)
    assert.equal((await page.next()).data.unread, 0)
    await tell(house.ctx, owner)
    const { id } = (await house.ask(member, 'GET', '/v1/me')).json.person
    await house.ask(owner, 'PATCH', `/v1/people/${id}`, { role: 'administrator' })
    assert.equal((await page.next()).data.unread, 1)
    page.hangUp()
  })

  it('ends when its session is ended elsewhere, is idle too long, or the person is suspended', async () => {
    const member = await house.aResident(`leaver@${domain}`)
    const { email, password } = member
    const { id: person } = (await house.ask(member, 'GET', '/v1/me')).json.person
    for (const end of ['ended', 'suspended', 'idle'] as const) {
      await house.ask(owner, 'PATCH', `/v1/people/${person}`, { state: 'active' })
      const opened = await house.ask(null, 'POST', '/v1/sessions', { email, password })
      assert.equal(opened.status, 201, opened.text)
      const { token } = opened.json
      const page = await listen(member, token)
      await page.next()
      if (end === 'ended') await house.ask({ ...member, token }, 'DELETE', '/v1/sessions/current')
      if (end === 'suspended') await house.ask(owner, 'PATCH', `/v1/people/${person}`, { state: 'suspended' })
      if (end === 'idle') {
        house.passTime(13 * 3_600_000)
        house.ctx.unreadStreams.nudged(member.token.split('.')[0] ?? '')
      }
      let heard = await page.next()
      while (heard.event === 'unread') heard = await page.next()
      assert.equal(heard.event, 'ended', end)
      await page.ended
    }
    owner = {
      ...owner,
      token: (await house.ask(null, 'POST', '/v1/sessions', { email: owner.email, password: owner.password }))
        .json.token,
    }
  })

  it('ends when its organisation is destroyed', async () => {
    const founder = await house.aResident()
    const page = await listen(founder)
    await page.next()
    const { name } = (await house.ask(founder, 'GET', '/v1/organisation')).json
    assert.equal((await house.ask(founder, 'POST', '/v1/organisation/destruction', { name })).status, 202)
    await house.destroyer().round()
    house.ctx.unreadStreams.nudged(founder.token.split('.')[0] ?? '')
    assert.equal((await page.next()).event, 'ended')
    await page.ended
  })

  it('is looked at when its time has come, wherever the clock goes', async (t) => {
    const founder = await house.aResident()
    const page = await listen(founder)
    await page.next()
    // The marks are known, and nobody nudges: that the session is over is seen by looking.
    await house.ctx.unreadStreams.ask()
    house.passTime(13 * 3_600_000)
    const before = performance.now()
    const now = Date.now()
    t.mock.method(Date, 'now', () => now - 3_600_000)
    t.mock.method(performance, 'now', () => before + 2 * STREAM_BOUNDS.lookMs)
    await house.ctx.unreadStreams.ask()
    t.mock.restoreAll()
    assert.equal((await page.next()).event, 'ended')
    await page.ended
    house.passTime(-13 * 3_600_000)
  })

  it('is one of few of its person; who is refused may still ask', async () => {
    const person = await house.aResident()
    const pages = []
    for (let opened = 0; opened < STREAM_BOUNDS.perPerson; opened++) pages.push(await listen(person))
    const refused = await listen(person)
    assert.equal(refused.status, 429)
    const { status, json } = await house.ask(person, 'GET', '/v1/notifications/unread')
    assert.equal(status, 200)
    assert.deepEqual(json, { unread: 0, newest: null })
    for (const page of pages) page.hangUp()
  })

  it('is none where only the head is asked for', async () => {
    const person = await house.aResident()
    const open = house.ctx.unreadStreams.open
    for (let asked = 0; asked <= STREAM_BOUNDS.perPerson; asked++) {
      const head = await house.app.inject({
        method: 'HEAD',
        url: '/v1/notifications/unread',
        headers: { authorization: `Bearer ${person.token}`, accept: 'text/event-stream' },
      })
      assert.equal(head.statusCode, 200)
    }
    assert.equal(house.ctx.unreadStreams.open, open)
  })

  it('is forgotten when it goes away', async () => {
    const page = await listen(owner)
    await page.next()
    page.hangUp()
    await page.ended
    for (const one of listeners) one.hangUp()
    while (house.ctx.unreadStreams.open > 0) await new Promise((soon) => setImmediate(soon))
  })
})
