import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { sql } from 'kysely'
import { type OwnHouse, openHouse, type Resident } from '#test/own-house.ts'
import { connectAs } from '../db/system-login.ts'
import { fromApi, newId, toApi } from '../ids.ts'
import { tellActivityEnd } from '../jobs/run-activity.ts'
import type { Actor } from '../tenancy/actor.ts'
import { systemActor } from '../tenancy/system-actor.ts'
import { roleChanged } from './core-notifications.ts'
import { eraseNotifications, KEPT_DAYS, MOST_KEPT, notify } from './notify.ts'

describe('what concerns a person', () => {
  let house: OwnHouse
  let owner: Resident
  let member: Resident
  const domain = `${randomBytes(6).toString('hex')}.example`

  before(async () => {
    house = await openHouse()
    owner = await house.aResident(`owner@${domain}`)
    member = await house.aResident(`member@${domain}`)
  })
  after(() => house.stop())

  const tenantOf = ({ token }: Resident) => token.split('.')[0] ?? ''
  const told = async (resident: Resident, query = '') => {
    const { status, json, text } = await house.ask(resident, 'GET', `/v1/notifications${query}`)
    assert.equal(status, 200, text)
    return json
  }
  const kinds = async (resident: Resident) =>
    (await told(resident)).items.map(({ kind }: { kind: string }) => kind)
  const personOf = async (resident: Resident) => (await house.ask(resident, 'GET', '/v1/me')).json.person.id
  const uuidOf = async (resident: Resident): Promise<string> => {
    const opened = await house.ctx.tenant(tenantOf(resident))
    const rows = await opened.db('activity').selectFrom('session').select(['id', 'person']).execute()
    const { session } = (await house.ask(resident, 'GET', '/v1/me')).json
    return rows.find(({ id }) => toApi('ses', id) === session.id)?.person ?? ''
  }
  const system = (resident: Resident): Actor =>
    systemActor(tenantOf(resident), {
      region: 'eu',
      origin: { ip: '192.0.2.1', userAgent: 'test' },
      requestId: newId(),
    })
  const signIn = async (resident: Resident, userAgent: string, remoteAddress = '127.0.0.1') => {
    const { email, password } = resident
    const reply = await house.app.inject({
      method: 'POST',
      url: '/v1/sessions',
      payload: { email, password },
      headers: { 'user-agent': userAgent },
      remoteAddress,
    })
    assert.equal(reply.statusCode, 201, reply.body)
    return { ...resident, token: reply.json().token }
  }

  it('is that somebody joined, for administrators', async () => {
    const { items, unread } = await told(owner)
    assert.equal(unread, 1)
    assert.equal(items[0].kind, 'core.person.joined')
    assert.deepEqual(items[0].record, { kind: 'person', id: await personOf(member) })
    assert.deepEqual(await kinds(member), [])
  })

  it('is listed as far as it opens: one that is damaged hides no other', async () => {
    const person = await uuidOf(member)
    for (const role of ['owner', 'member'])
      await house.ctx.write(system(member), async (tx) => {
        await notify(tx, roleChanged, { to: [person], detail: { role } })
        tx.audit({ action: 'test.told' })
      })
    const [newest] = (await told(member)).items
    const db = (await house.ctx.tenant(tenantOf(member))).db('activity')
    await db
      .updateTable('notification')
      .set({ card: Buffer.alloc(60, 1) })
      .where('id', '=', fromApi('ntf', newest.id))
      .execute()
    assert.deepEqual(
      (await told(member)).items.map(({ kind, detail }: { kind: string; detail: object }) => [kind, detail]),
      [
        [roleChanged.name, {}],
        [roleChanged.name, { role: 'owner' }],
      ],
    )
    await db.deleteFrom('notification').where('person', '=', person).execute()
  })

  it('is a sign-in from a browser or a network that is new, and no other', async () => {
    const resident = await house.aResident(`traveller@${domain}`)
    const first = 'Mozilla/5.0 (X11; Linux x86_64) Firefox/141.0'
    await signIn(resident, first)
    assert.deepEqual(await kinds(resident), ['core.session.opened'])
    await signIn(resident, first.replace('141.0', '142.3'))
    await signIn(resident, first, '127.0.0.77')
    assert.equal((await kinds(resident)).length, 1, 'a new version in the same network is no news')
    await signIn(resident, first, '198.51.100.7')
    await signIn(resident, 'Mozilla/5.0 (iPhone) Safari/18', '198.51.100.7')
    const { items } = await told(resident)
    assert.equal(items.length, 3)
    assert.deepEqual(items[0].detail, { ip: '198.51.100.7', userAgent: 'Mozilla/5.0 (iPhone) Safari/18' })
    assert.match(items[0].record.id, /^ses_/)
  })

  it('is one’s role, when somebody else changed it', async () => {
    const id = await personOf(member)
    const change = await house.ask(owner, 'PATCH', `/v1/people/${id}`, { role: 'administrator' })
    assert.equal(change.status, 200, change.text)
    assert.deepEqual((await told(member)).items[0].detail, { role: 'administrator' })
    await house.ask(owner, 'PATCH', `/v1/people/${id}`, { displayName: 'Another name' })
    assert.equal((await kinds(member)).length, 1)
    await house.ask(owner, 'PATCH', `/v1/people/${id}`, { role: 'member' })
  })

  it('is how long work ended, with its title, told once', async () => {
    const exported = await house.ask(owner, 'POST', '/v1/exports', { kind: 'audit' })
    assert.equal(exported.status, 202, exported.text)
    const opened = await house.ctx.tenant(tenantOf(owner))
    const work = await opened
      .db('activity')
      .selectFrom('activity')
      .select('id')
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow()
    for (const _ of [1, 2])
      await tellActivityEnd(house.ctx, system(owner), work.id, { state: 'failed', code: 'internal' })
    const mine = (await told(owner)).items.filter(
      ({ kind }: { kind: string }) => kind === 'core.activity.failed',
    )
    assert.equal(mine.length, 1)
    assert.equal(mine[0].activity.code, 'internal')
    assert.equal(mine[0].activity.kind, 'core.audit.exporting')
    assert.equal(mine[0].activity.record.id, exported.json.id)
  })

  it('is read when they say so, and unread again', async () => {
    const { items } = await told(owner)
    const { id } = items[0]
    const read = await house.ask(owner, 'PATCH', `/v1/notifications/${id}`, { isRead: true })
    assert.equal(read.status, 200, read.text)
    assert.notEqual(read.json.readAt, null)
    assert.ok((await told(owner, '?isRead=true')).items.some((one: { id: string }) => one.id === id))
    assert.ok(!(await told(owner, '?isRead=false')).items.some((one: { id: string }) => one.id === id))
    const again = await house.ask(owner, 'PATCH', `/v1/notifications/${id}`, { isRead: false })
    assert.equal(again.json.readAt, null)
  })

  it('is nobody else’s to see or to mark', async () => {
    const { items } = await told(owner)
    const stranger = await house.aResident()
    for (const other of [member, stranger]) {
      const mark = await house.ask(other, 'PATCH', `/v1/notifications/${items[0].id}`, { isRead: true })
      assert.equal(mark.status, 404)
      assert.ok(!(await told(other)).items.some((one: { id: string }) => one.id === items[0].id))
    }
    assert.equal((await told(owner)).items[0].readAt, null)
  })

  it('stays unread when it came after what was seen', async () => {
    const seen = (await told(owner)).items[0].createdAt
    house.passTime(1_000)
    await house.ctx.write(system(owner), async (tx) => {
      const [person = ''] = [await uuidOf(owner)]
      await notify(tx, roleChanged, { to: [person], detail: { role: 'owner' } })
      tx.audit({ action: 'test.told' })
    })
    const { status, json } = await house.ask(owner, 'POST', '/v1/notifications/read', { until: seen })
    assert.equal(status, 200)
    assert.equal(json.unread, 1)
    const bad = await house.ask(owner, 'POST', '/v1/notifications/read', { until: 'yesterday' })
    assert.equal(bad.status, 400)
  })

  it('comes in pages', async () => {
    const first = await told(owner, '?limit=2')
    assert.equal(first.items.length, 2)
    const second = await told(owner, `?limit=2&cursor=${first.next}`)
    const ids = [...first.items, ...second.items].map(({ id }: { id: string }) => id)
    assert.equal(new Set(ids).size, ids.length)
    assert.equal((await house.ask(owner, 'GET', '/v1/notifications?cursor=abc')).status, 400)
  })

  it('lies sealed, is told once for one source, is bounded and goes with the person', async () => {
    const person = await uuidOf(member)
    const planted = `planted${randomBytes(6).toString('hex')}`
    const tell = (source: string, detail = { role: planted }) =>
      house.ctx.write(system(member), async (tx) => {
        await notify(tx, roleChanged, { to: [person], source, detail })
        tx.audit({ action: 'test.told' })
      })
    await tell('one')
    await tell('one')
    const before = (await told(member)).items.length
    assert.equal((await told(member)).items[0].detail.role, planted)
    const db = (await house.ctx.tenant(tenantOf(member))).db('activity')
    const raw = await sql<{ row: string }>`select notification::text as row from notification`.execute(db)
    assert.ok(raw.rows.length >= before)
    assert.doesNotMatch(
      JSON.stringify(raw.rows),
      new RegExp(`${planted}|${Buffer.from(planted).toString('hex')}`),
    )

    // Older than any of today, as many as may be kept.
    await sql`
      insert into notification (id, person, kind, card, created_at, origin)
      select lpad(to_hex(n), 32, '0')::uuid, ${person}, 'core.person.joined', '\\x00', ${house.ctx.now()}, '\\x00'
      from generate_series(1, ${MOST_KEPT}) as n`.execute(db)
    await tell('newest')
    const kept = await db.selectFrom('notification').select('id').where('person', '=', person).execute()
    assert.equal(kept.length, MOST_KEPT)
    assert.equal((await told(member, '?limit=1')).items[0].detail.role, planted)
    house.passTime((KEPT_DAYS + 1) * 86_400_000)
    member = await signIn(member, 'much later')
    assert.deepEqual(await kinds(member), ['core.session.opened'])
    const young = await db.selectFrom('notification').select('id').where('person', '=', person).execute()
    assert.equal(young.length, 1, 'what is older than it is kept was removed')

    await house.ctx.write(system(member), async (tx) => {
      await eraseNotifications(tx, person)
      tx.audit({ action: 'test.erased' })
    })
    assert.deepEqual((await told(member)).items, [])
  })

  it('is a claim that fails, told to each administrator once, and to nobody else', async () => {
    const founder = await house.aResident()
    const evidence = house.ctx.evidence.find(({ name }) => name === 'tenant-walls')
    assert.ok(evidence)
    const client = await connectAs(house.login('migrator'))
    const show = async (position: number, outcome: 'pass' | 'fail') => {
      const at = house.ctx.now().toISOString()
      const told = { kind: 'live', claims: evidence.claims, milliseconds: 1, looked: {}, faults: [] }
      const leaf = JSON.stringify({
        evidence: evidence.name,
        outcome,
        at,
        program: 'this',
        signedBy: null,
        ...told,
      })
      await client.query('insert into trust.result values ($1, $2, $3, $4, $5)', [
        position,
        evidence.name,
        outcome,
        at,
        leaf,
      ])
      house.passTime(60_000)
    }
    const failing = async (resident: Resident) =>
      (await told(resident)).items.filter(({ kind }: { kind: string }) => kind === 'trust.claim.failed')
    try {
      await client.query(`insert into trust.program (digest, at) values ('this', now())`)
      await show(0, 'pass')
      assert.deepEqual(await failing(founder), [])
      await show(1, 'fail')
      const first = await failing(founder)
      assert.deepEqual(
        first.map(({ detail }: { detail: { claim: string } }) => detail.claim).sort(),
        [...evidence.claims].sort(),
      )
      await show(2, 'fail')
      assert.equal((await failing(founder)).length, first.length, 'the same failure is seen again')
      await show(3, 'pass')
      await show(4, 'fail')
      assert.equal((await failing(founder)).length, 2 * first.length, 'it failed anew')
      assert.deepEqual(await failing(member), [])
    } finally {
      await client.end()
    }
  })
})
