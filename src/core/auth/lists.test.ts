import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type OwnHouse, openHouse, type Resident } from '#test/own-house.ts'
import { newId } from '../ids.ts'
import { MOST_SESSIONS, startSession } from './start-session.ts'

let house: OwnHouse
before(async () => {
  house = await openHouse()
})
after(() => house.stop())

/** Every id of a list, asked for page by page. */
async function all(resident: Resident, path: string, limit: number): Promise<string[]> {
  const ids: string[] = []
  for (let cursor = ''; ; ) {
    const mark = cursor === '' ? '' : `&cursor=${cursor}`
    const { status, json, text } = await house.ask(resident, 'GET', `${path}limit=${limit}${mark}`)
    assert.equal(status, 200, text)
    assert.ok(json.items.length <= limit, 'a page is no longer than asked for')
    ids.push(...json.items.map(({ id }: { id: string }) => id))
    if (json.next === null) return ids
    cursor = json.next
  }
}

const origin = { ip: '127.0.0.1', userAgent: 'test' }

async function meOf(resident: Resident) {
  const { json } = await house.ask(resident, 'GET', '/v1/me')
  return { apiId: json.person.id as string, session: json.session.id as string }
}

/** Opens sessions as a right password does, without its work. */
async function openSessions(resident: Resident, count: number): Promise<string[]> {
  const tenant = resident.token.split('.')[0] ?? ''
  const opened = await house.ctx.tenant(tenant)
  const rows = await opened
    .db('activity')
    .selectFrom('session')
    .select(['person'])
    .where('token_hash', '=', (await import('node:crypto')).hash('sha256', resident.token, 'buffer'))
    .execute()
  const tokens: string[] = []
  for (let i = 0; i < count; i++) {
    const start = {
      tenant,
      region: 'eu',
      person: rows[0]?.person ?? '',
      role: 'member' as const,
      origin,
      requestId: newId(),
      password: null,
    }
    tokens.push((await startSession(house.ctx, start)).token)
  }
  return tokens
}

test('every open session is listed, and nobody’s many hide another’s', async () => {
  const owner = await house.aResident('boss@many.example')
  const member = await house.aResident('busy@many.example')
  await openSessions(member, 70)
  await openSessions(owner, 60)
  const ids = await all(owner, '/v1/sessions?', 50)
  assert.equal(ids.length, 132)
  assert.equal(new Set(ids).size, 132)
  const { apiId } = await meOf(member)
  const theirs = await all(owner, `/v1/sessions?personId=${apiId}&`, 30)
  assert.equal(theirs.length, 71)
  assert.equal((await all(member, '/v1/sessions?', 200)).length, 71, 'a member sees their own')
  const me = await meOf(owner)
  assert.deepEqual(await all(member, `/v1/sessions?personId=${me.apiId}&`, 200), [], 'and nobody else’s')
  for (const id of theirs) assert.equal((await house.ask(owner, 'DELETE', `/v1/sessions/${id}`)).status, 204)
  assert.equal((await house.ask(member, 'GET', '/v1/me')).status, 401, 'what is listed can be ended')
})

test('who opens one session too many ends the one that was used longest ago, and the log says so', async () => {
  const owner = await house.aResident('boss@cap.example')
  const member = await house.aResident('busy@cap.example')
  house.passTime(5 * 60_000)
  const tokens = await openSessions(member, MOST_SESSIONS - 1)
  const { session } = await meOf(member)
  house.passTime(5 * 60_000)
  assert.equal((await house.ask(member, 'GET', '/v1/me')).status, 200, 'as many as one may have stay open')
  house.passTime(5 * 60_000)
  const [newest] = await openSessions(member, 1)
  assert.equal((await house.ask({ ...member, token: newest ?? '' }, 'GET', '/v1/me')).status, 200)
  assert.equal((await house.ask(member, 'GET', '/v1/me')).status, 200, 'the one in use stays')
  const first = { ...member, token: tokens[0] ?? '' }
  assert.equal((await house.ask(first, 'GET', '/v1/me')).status, 401)
  assert.equal((await all(member, '/v1/sessions?', 200)).length, MOST_SESSIONS)
  const log = await house.ask(owner, 'GET', '/v1/audit?action=core.session.closed')
  assert.equal(log.json.items.length, 1)
  assert.deepEqual(log.json.items[0].detail, { reason: 'too_many' })
  assert.notEqual(log.json.items[0].record.id, session)
})

test('every key, person and kept mail is on some page', async () => {
  const owner = await house.aResident('boss@pages.example')
  for (let i = 0; i < 7; i++) {
    assert.equal((await house.ask(owner, 'POST', '/v1/api-keys', { name: `Key ${i}` })).status, 201)
    await house.aResident(`colleague-${i}@pages.example`)
  }
  for (const [path, count] of [
    ['/v1/api-keys?', 7],
    ['/v1/people?', 8],
    ['/v1/outbox?', 7],
  ] as const) {
    for (const limit of [1, 3, 200]) {
      const ids = await all(owner, path, limit)
      assert.equal(new Set(ids).size, ids.length, path)
      assert.equal(ids.length, count, `${path} in pages of ${limit}`)
    }
    const wrong = await house.ask(owner, 'GET', `${path}cursor=nonsense`)
    assert.equal(wrong.json.code, 'invalid_request', path)
  }
})

test('whoever runs the installation reads all kept mail, a page at a time', async () => {
  const secret = await house.ctx.mail.secret()
  const once = new Set<string>()
  for (let cursor: string | undefined; ; ) {
    const page = await house.ctx.mail.listAll(secret, { limit: 2, cursor })
    assert.ok(page)
    for (const { id } of page.items) {
      assert.ok(!once.has(id))
      once.add(id)
    }
    if (page.next === null) break
    cursor = page.next
  }
  const whole = await house.ctx.mail.listAll(secret)
  assert.equal(once.size, whole?.items.length)
})

test('what is no cursor is refused by every list that takes one', async () => {
  const resident = await house.aResident()
  const forged = [`0.${'-'.repeat(36)}`, `0.${'f'.repeat(36)}`, '0.', 'x'].map((text) =>
    Buffer.from(text).toString('base64url'),
  )
  for (const path of ['/v1/api-keys', '/v1/sessions', '/v1/people', '/v1/documents', '/v1/snips'])
    for (const cursor of forged) {
      const { status, json } = await house.ask(resident, 'GET', `${path}?cursor=${cursor}`)
      assert.deepEqual([status, json.code], [400, 'invalid_request'], `${path} ${cursor}`)
    }
})
