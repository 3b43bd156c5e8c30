import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type OwnHouse, openHouse } from '#test/own-house.ts'
import { fromApi, newId } from '../ids.ts'
import { startSession } from './start-session.ts'

let house: OwnHouse
before(async () => {
  house = await openHouse()
})
after(() => house.stop())

const post = (url: string, payload: object) => house.app.inject({ method: 'POST', url, payload })

test('the first person of a domain founds the organisation, later ones join it as members', async () => {
  const founder = await house.aResident('ada@forge.example')
  const joiner = await house.aResident('ben@forge.example')
  const first = await house.ask(founder, 'GET', '/v1/me')
  const second = await house.ask(joiner, 'GET', '/v1/me')
  assert.equal(first.json.person.role, 'owner')
  assert.equal(second.json.person.role, 'member')
  assert.equal(first.json.organisation.id, second.json.organisation.id)
  assert.equal(first.json.organisation.region, 'eu')
})

test('two founders at the same moment end in one organisation', async () => {
  const residents = await Promise.all([
    house.aResident('a@twins.example'),
    house.aResident('b@twins.example'),
  ])
  const [a, b] = await Promise.all(residents.map((resident) => house.ask(resident, 'GET', '/v1/me')))
  assert.equal(a?.json.organisation.id, b?.json.organisation.id)
  assert.deepEqual([a?.json.person.role, b?.json.person.role].sort(), ['member', 'owner'])
})

test('founders from the EEA stay in eu unless a waiver is signed', async () => {
  const reply = await post('/v1/accounts', {
    email: 'x@waiver.example',
    displayName: 'X',
    country: 'NO',
    region: 'us',
  })
  assert.equal(reply.json().code, 'region_needs_waiver')
})

test('a link used twice makes one account', async () => {
  const email = 'once@link.example'
  const token = await house.signUp(email)
  const storage = { knowledge: true, agreements: true, fleet: false }
  const use = (password: string, link = token) =>
    post('/v1/accounts/verification', { token: link, password, storage })
  assert.equal((await use('quiet meadow number one')).statusCode, 201)
  assert.equal((await use('quiet meadow number two')).json().code, 'account_exists')
  assert.equal((await post('/v1/sessions', { email, password: 'quiet meadow number two' })).statusCode, 401)
  assert.equal((await use('quiet meadow number two', `${token.slice(0, -4)}AAAA`)).json().code, 'not_found')
})

test('a wrong password and an unknown address answer the same', async () => {
  const resident = await house.aResident('known@signin.example')
  const wrong = await post('/v1/sessions', { email: resident.email, password: 'not the password' })
  const unknown = await post('/v1/sessions', { email: 'nobody@signin.example', password: 'not the password' })
  const stranger = await post('/v1/sessions', {
    email: 'nobody@nowhere.example',
    password: 'not the password',
  })
  for (const reply of [wrong, unknown, stranger]) {
    assert.equal(reply.statusCode, 401)
    assert.deepEqual({ ...Object(reply.json()), requestId: '' }, { ...Object(wrong.json()), requestId: '' })
  }
  const right = await post('/v1/sessions', {
    email: resident.email.toUpperCase(),
    password: resident.password,
  })
  assert.equal(right.statusCode, 201)
  assert.match(
    String(right.headers['set-cookie']),
    /^__Host-panoply-eu=\S+; Path=\/; Secure; HttpOnly; SameSite=Strict/,
  )
})

test('a closed session is refused at its next request, and the refusal is in the log', async () => {
  const resident = await house.aResident()
  const other = await post('/v1/sessions', { email: resident.email, password: resident.password })
  const token: string = other.json().token
  const sessions = await house.ask(resident, 'GET', '/v1/sessions')
  const second = sessions.json.items.find((session: { current: boolean }) => !session.current)
  assert.equal((await house.ask(resident, 'DELETE', `/v1/sessions/${second.id}`)).status, 204)
  const refused = await house.ask({ ...resident, token }, 'GET', '/v1/me')
  assert.equal(refused.status, 401)
  const log = await house.ask(resident, 'GET', '/v1/audit?action=core.session.refused')
  assert.equal(log.json.items[0].detail.reason, 'revoked')
  assert.equal(log.json.items[0].outcome, 'refused')
  assert.equal(log.json.items[0].ip, '127.0.0.1')
})

test('the organisation decides how long a session may be idle', async () => {
  const resident = await house.aResident()
  const reply = await house.ask(resident, 'PATCH', '/v1/organisation', { sessionIdleMinutes: 5 })
  assert.equal(reply.status, 200)
  assert.equal(reply.json.sessionIdleMinutes, 5)
})

test('a session ends when it was idle too long, and at the latest when its hours are over', async () => {
  const resident = await house.aResident()
  await house.ask(resident, 'PATCH', '/v1/organisation', { sessionIdleMinutes: 5, sessionAbsoluteHours: 1 })
  const signIn = async () => {
    const reply = await post('/v1/sessions', { email: resident.email, password: resident.password })
    return { ...resident, token: reply.json().token as string }
  }
  const idle = await signIn()
  house.passTime(4 * 60_000)
  assert.equal((await house.ask(idle, 'GET', '/v1/me')).status, 200)
  house.passTime(4 * 60_000)
  assert.equal((await house.ask(idle, 'GET', '/v1/me')).status, 200, 'being used keeps it open')
  house.passTime(6 * 60_000)
  assert.equal((await house.ask(idle, 'GET', '/v1/me')).status, 401)

  const busy = await signIn()
  for (let minutes = 0; minutes < 60; minutes += 4) {
    assert.equal((await house.ask(busy, 'GET', '/v1/me')).status, 200, `after ${minutes} minutes`)
    house.passTime(4 * 60_000)
  }
  assert.equal((await house.ask(busy, 'GET', '/v1/me')).status, 401)
  const log = await house.ask(await signIn(), 'GET', '/v1/audit?action=core.session.refused')
  assert.equal(log.json.items[0].detail.reason, 'expired')
})

test('a cookie opens nothing that changes state for another site', async () => {
  const resident = await house.aResident()
  const request = (headers: Record<string, string>) =>
    house.app.inject({
      method: 'PATCH',
      url: '/v1/organisation',
      payload: { name: 'Stolen' },
      headers: { cookie: `__Host-panoply-eu=${resident.token}`, ...headers },
    })
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
    {},
  ]) {
    const reply = await request(headers)
    assert.equal(reply.json().code, 'cross_site')
  }
  assert.equal((await request({ 'sec-fetch-site': 'same-origin' })).statusCode, 200)
})

test('an API key acts until it is revoked', async () => {
  const resident = await house.aResident()
  const made = await house.ask(resident, 'POST', '/v1/api-keys', { name: 'Import' })
  assert.equal(made.status, 201)
  const read = () =>
    house.app.inject({
      method: 'GET',
      url: '/v1/people',
      headers: { authorization: `API-Key ${made.json.key}` },
    })
  assert.equal((await read()).statusCode, 200)
  assert.equal((await house.ask(resident, 'DELETE', `/v1/api-keys/${made.json.id}`)).status, 204)
  assert.equal((await read()).statusCode, 401)
})

test('a key without scopes sees and ends nobody’s session, its maker’s least of all, and is given no such scope', async () => {
  const owner = await house.aResident()
  const { key } = (await house.ask(owner, 'POST', '/v1/api-keys', { name: 'Everything' })).json
  const { json } = await house.ask(owner, 'GET', '/v1/sessions')
  const by = (method: 'GET' | 'DELETE', url: string) =>
    house.app.inject({ method, url, headers: { authorization: `API-Key ${key}` } })
  assert.equal((await by('GET', '/v1/sessions')).statusCode, 403)
  for (const id of [json.items[0].id, 'current'])
    assert.equal((await by('DELETE', `/v1/sessions/${id}`)).statusCode, 403)
  const me = await house.ask(owner, 'GET', '/v1/me')
  assert.equal(me.status, 200, 'the session is open still')
  const ofPeople = [
    'core.organisation.destroy',
    'core.session.close',
    'core.session.manage',
    'core.session.read',
  ]
  const { permissions, keyPermissions } = me.json
  assert.deepEqual(
    permissions.filter((name: string) => !keyPermissions.includes(name)),
    ofPeople,
  )
  assert.deepEqual((await by('GET', '/v1/me')).json().permissions, keyPermissions)
  const [listed] = (await house.ask(owner, 'GET', '/v1/api-keys')).json.items
  assert.deepEqual(listed.permissions, keyPermissions)
  const wish = { name: 'Reaper', permissions: ['core.session.manage'] }
  const refused = await house.ask(owner, 'POST', '/v1/api-keys', wish)
  assert.deepEqual([refused.status, refused.json.details], [403, { permission: 'core.session.manage' }])
})

test('a key loses what its maker loses, and an administrator cannot suspend an owner', async () => {
  const owner = await house.aResident('head@demoted.example')
  const second = await house.aResident('deputy@demoted.example')
  const idOf = async (resident: typeof owner) => (await house.ask(resident, 'GET', '/v1/me')).json.person.id
  const [head, deputy] = [await idOf(owner), await idOf(second)]
  assert.equal(
    (await house.ask(owner, 'PATCH', `/v1/people/${deputy}`, { role: 'administrator' })).status,
    200,
  )
  const made = await house.ask(second, 'POST', '/v1/api-keys', { name: 'Deputy' })
  const audit = () =>
    house.app.inject({
      method: 'GET',
      url: '/v1/audit',
      headers: { authorization: `API-Key ${made.json.key}` },
    })
  assert.equal((await audit()).statusCode, 200)
  const coup = await house.ask(second, 'PATCH', `/v1/people/${head}`, { state: 'suspended' })
  assert.equal(coup.json.code, 'forbidden')
  assert.equal((await house.ask(owner, 'PATCH', `/v1/people/${deputy}`, { role: 'member' })).status, 200)
  assert.equal((await audit()).statusCode, 403)
  assert.equal((await house.ask(owner, 'PATCH', `/v1/people/${deputy}`, { state: 'suspended' })).status, 200)
  assert.equal((await audit()).statusCode, 401)
})

test('whoever was suspended and is readmitted signs in anew; their keys rest meanwhile and act again', async () => {
  const owner = await house.aResident('head@return.example')
  const member = await house.aResident('leaver@return.example')
  const { person } = (await house.ask(member, 'GET', '/v1/me')).json
  const promote = { role: 'administrator' }
  assert.equal((await house.ask(owner, 'PATCH', `/v1/people/${person.id}`, promote)).status, 200)
  const { key } = (await house.ask(member, 'POST', '/v1/api-keys', { name: 'Nightly' })).json
  const byKey = () =>
    house.app.inject({ method: 'GET', url: '/v1/people', headers: { authorization: `API-Key ${key}` } })
  const bySession = async () => (await house.ask(member, 'GET', '/v1/me')).status
  const set = (state: string) => house.ask(owner, 'PATCH', `/v1/people/${person.id}`, { state })
  assert.equal((await set('suspended')).status, 200)
  assert.deepEqual([await bySession(), (await byKey()).statusCode], [401, 401])
  assert.deepEqual((await house.ask(owner, 'GET', `/v1/sessions?personId=${person.id}`)).json.items, [])
  // Somebody whose password was found right a moment before.
  const start = { tenant: member.token.split('.')[0] ?? '', region: 'eu', person: fromApi('per', person.id) }
  const origin = { ip: '127.0.0.1', userAgent: 'test' }
  await assert.rejects(
    startSession(house.ctx, { ...start, role: 'administrator', origin, requestId: newId(), password: null }),
    { code: 'wrong_credentials' },
  )
  assert.equal((await set('active')).status, 200)
  assert.deepEqual([await bySession(), (await byKey()).statusCode], [401, 200])
  const { email, password } = member
  assert.equal((await post('/v1/sessions', { email, password })).statusCode, 201)
  const log = await house.ask(owner, 'GET', '/v1/audit?action=core.person.updated')
  const found = log.json.items.map(({ detail }: { detail: { sessions?: number } }) => detail.sessions ?? 0)
  assert.deepEqual(found, [0, 1, 0])
})

test('the last owner stays', async () => {
  const resident = await house.aResident()
  const me = await house.ask(resident, 'GET', '/v1/me')
  const reply = await house.ask(resident, 'PATCH', `/v1/people/${me.json.person.id}`, { role: 'member' })
  assert.equal(reply.json.code, 'last_owner')
})

test('a member cannot promote anybody', async () => {
  await house.aResident('boss@ranks.example')
  const member = await house.aResident('hand@ranks.example')
  const me = await house.ask(member, 'GET', '/v1/me')
  const reply = await house.ask(member, 'PATCH', `/v1/people/${me.json.person.id}`, { role: 'owner' })
  assert.equal(reply.json.code, 'forbidden')
})
