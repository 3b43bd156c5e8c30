/** What one client can do to others, through the app: floods of requests, of guesses and of mail. Counts, never times. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { tenantNames } from '#core/db/migrate.ts'
import { connectAs } from '#core/db/system-login.ts'
import { LIMITS, type LimitBounds, Limits } from '#core/limits/limits.ts'
import { type OwnHouse, openHouse, type Resident } from '#test/own-house.ts'
import { WIDE_LIMITS } from '#test/wide-limits.ts'
import { buildApp } from './app.ts'
import { allRoutes } from './route-table.ts'

let house: OwnHouse
let flooder: Resident
let calm: Resident
const apps: FastifyInstance[] = []

before(async () => {
  house = await openHouse()
  flooder = await house.aResident()
  calm = await house.aResident()
})
after(async () => {
  for (const app of apps) await app.close()
  await house.stop()
})

/** The app under these limits, and the lines it logs. */
async function anApp(bounds: LimitBounds): Promise<{ app: FastifyInstance; lines: string[] }> {
  const lines: string[] = []
  const app = await buildApp({
    ctx: { ...house.ctx, limits: new Limits(bounds, house.ctx.now) },
    log: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }),
    routes: allRoutes(),
    hosts: { arrivalOf: () => 'eu', regionOf: () => 'eu' },
    trustedProxies: [],
  })
  apps.push(app)
  return { app, lines }
}

const read = (app: FastifyInstance, who: Resident, remoteAddress = '192.0.2.1') =>
  app.inject({ url: '/v1/documents', headers: { authorization: `Bearer ${who.token}` }, remoteAddress })

const signIn = (app: FastifyInstance, who: Resident, password: string, remoteAddress: string) =>
  app.inject({ method: 'POST', url: '/v1/sessions', payload: { email: who.email, password }, remoteAddress })

test('a tenant that floods is refused beyond its share; another is refused nothing and served meanwhile', async () => {
  const work = { turns: 4, turnsPerParty: 3, waiting: 60, waitingPerParty: 30 }
  const { app, lines } = await anApp({ ...WIDE_LIMITS, work })
  const answers: Record<string, number> = {}
  const note = async (name: string, who: Resident) => {
    const { statusCode, headers } = await read(app, who)
    answers[`${name} ${statusCode}`] = (answers[`${name} ${statusCode}`] ?? 0) + 1
    if (statusCode === 429) assert.match(String(headers['retry-after']), /^\d+$/)
  }
  // What the flood asks for cannot be had yet, so that it holds all it can hold while the other asks.
  const { schema } = tenantNames(flooder.token.split('.')[0] ?? '')
  const holder = await connectAs(house.login('migrator'))
  await holder.query(`begin; lock table ${schema}.document in access exclusive mode`)
  const flood = Array.from({ length: 100 }, () => note('flooder', flooder))
  // The first of those refused wait for a connection, to leave an event.
  while ((answers['flooder 429'] ?? 0) < 60) await setImmediate()
  await Promise.all(Array.from({ length: 10 }, () => note('calm', calm)))
  assert.equal(answers['calm 200'], 10)
  assert.equal(answers['flooder 200'], undefined)
  await holder.query('commit')
  await holder.end()
  await Promise.all(flood)
  assert.deepEqual(answers, { 'flooder 429': 67, 'calm 200': 10, 'flooder 200': 33 })
  assert.deepEqual(lines, [])
})

test('passwords that wait for their turn take none from those who are signed in', async () => {
  const bounds = {
    ...WIDE_LIMITS,
    work: { turns: 2, turnsPerParty: 2, waiting: 100, waitingPerParty: 100 },
    passwords: { turns: 1, turnsPerParty: 1, waiting: 100, waitingPerParty: 100 },
  }
  const { app } = await anApp(bounds)
  await read(app, calm)
  let signedIn = 0
  const guesses = Array.from({ length: 12 }, async () => {
    await signIn(app, flooder, 'not the password of anybody', '192.0.2.9')
    signedIn++
  })
  const token = await house.signUp(`slow@${flooder.email.split('@')[1]}`)
  const verified = app.inject({
    method: 'POST',
    url: '/v1/accounts/verification',
    payload: { token, password: 'quiet meadow at the lake' },
    remoteAddress: '192.0.2.10',
  })
  const answers = await Promise.all(Array.from({ length: 20 }, () => read(app, calm)))
  assert.ok(answers.every(({ statusCode }) => statusCode === 200))
  assert.ok(signedIn < 6, `${signedIn} sign-ins were answered first`)
  await Promise.all(guesses)
  assert.equal((await verified).statusCode, 201)
})

test('a key, a tenant and an address each have their bucket; the answer names it and says when to come back', async () => {
  const small = { burst: 5, perSecond: 1 / 600 }
  for (const name of ['credential', 'tenant', 'address'] as const) {
    const { app } = await anApp({ ...WIDE_LIMITS, requests: { ...WIDE_LIMITS.requests, [name]: small } })
    const first = await read(app, flooder)
    assert.equal(first.statusCode, 200)
    if (name !== 'address') {
      assert.equal(first.headers.ratelimit, `"${name}";r=4;t=0`)
      assert.equal(first.headers['ratelimit-policy'], `"${name}";q=5;w=3000`)
    }
    for (let n = 0; n < 4; n++) await read(app, flooder)
    const refused = await read(app, flooder)
    assert.equal(refused.statusCode, 429, name)
    assert.equal(refused.json().code, 'too_many_requests')
    assert.deepEqual(refused.json().details, { limit: name, retryAfter: refused.json().details.retryAfter })
    const wait = Number(refused.headers['retry-after'])
    assert.ok(wait > 500 && wait <= 600, `${wait}`)
    assert.equal(refused.headers.ratelimit, `"${name}";r=0;t=${wait}`)
    assert.equal((await read(app, calm, '198.51.100.1')).statusCode, 200, name)
  }
})

test('wrong passwords from one client stop nobody else from signing in, and are few', async () => {
  const { app, lines } = await anApp(LIMITS)
  const guesses = Array.from({ length: 120 }, (_, n) => signIn(app, calm, `a wrong guess ${n}`, '192.0.2.9'))
  const owner = Array.from({ length: 20 }, () => signIn(app, calm, calm.password, '198.51.100.9'))
  const statuses = (await Promise.all(guesses)).map(({ statusCode }) => statusCode)
  assert.deepEqual(
    (await Promise.all(owner)).map(({ statusCode }) => statusCode),
    new Array(20).fill(201),
  )
  assert.equal(statuses.filter((status) => status === 401).length, 10)
  assert.equal(statuses.filter((status) => status === 429).length, 110)
  // Expected refusals are counted, and write no line.
  assert.deepEqual(lines, [])
})

test('sixty sign-ups for one address send five mails, and say nothing of who asked', async () => {
  const { app } = await anApp(LIMITS)
  const email = 'victim@cannon.example'
  const payload = { email, displayName: 'Win now', country: 'SE' }
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, n) =>
      app.inject({ method: 'POST', url: '/v1/accounts', payload, remoteAddress: `192.0.2.${n}` }),
    ),
  )
  const statuses = answers.map(({ statusCode }) => statusCode)
  assert.equal(statuses.filter((status) => status === 202).length, 5)
  assert.equal(statuses.filter((status) => status === 429).length, 55)
  const mails = await house.ctx.mail.listAll(await house.ctx.mail.secret())
  assert.equal(mails?.items.filter(({ to }) => to === email).length, 5)
})

test('what a credential is refused for asking too much is one event a minute and then a count', async () => {
  const credential = { burst: 3, perSecond: 1 / 600 }
  const { app } = await anApp({ ...WIDE_LIMITS, requests: { ...WIDE_LIMITS.requests, credential } })
  const asker = await house.aResident()
  const before = await house.countRefused('listDocuments:too_many_requests')
  for (let n = 0; n < 13; n++) await read(app, asker)
  const { json } = await house.ask(asker, 'GET', '/v1/audit?action=core.request.refused&limit=100')
  assert.equal(json.items.length, 1)
  assert.equal((await house.countRefused('listDocuments:too_many_requests')) - before, 9)
})

test('a session that has ended is refused with one event a minute and then a count', async () => {
  const { app } = await anApp(WIDE_LIMITS)
  const asker = await house.aResident()
  const other = await house.ask(null, 'POST', '/v1/sessions', {
    email: asker.email,
    password: asker.password,
  })
  await house.ask({ ...asker, token: other.json.token }, 'DELETE', '/v1/sessions/current')
  for (let n = 0; n < 9; n++) {
    const ended = await read(app, { ...asker, token: other.json.token })
    assert.equal(ended.statusCode, 401)
  }
  const { json } = await house.ask(asker, 'GET', '/v1/audit?action=core.session.refused&limit=100')
  assert.equal(json.items.length, 1)
  assert.equal(await house.countRefused('listDocuments:revoked'), 8)
})

test('a sender with a /64 of its own is one row a minute in the log of the region', async () => {
  const { app } = await anApp(WIDE_LIMITS)
  const cell = await connectAs(house.login('migrator'))
  const rows = async () =>
    (
      await cell.query(
        `select count(*)::int as rows from cell.refusal where reason = 'readCheckpoint:absent'`,
      )
    ).rows[0].rows
  for (let n = 1; n <= 20; n++)
    await app.inject({ url: '/v1/audit/checkpoint', remoteAddress: `2001:db8:1:2::${n}` })
  assert.ok((await rows()) <= 2, 'and two where a minute ends')
  assert.equal(await house.countRefused('readCheckpoint:absent'), 20)
  await cell.end()
})
