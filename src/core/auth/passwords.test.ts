/** Passwords over their life: what a new one must be, changing it, and choosing another behind a mailed link. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { buildApp } from '#server/app.ts'
import { allRoutes } from '#server/route-table.ts'
import { until } from '#test/drained.ts'
import { type OwnHouse, openHouse, type Resident } from '#test/own-house.ts'
import { WIDE_LIMITS } from '#test/wide-limits.ts'
import { fromApi, newId } from '../ids.ts'
import { Limits } from '../limits/limits.ts'
import { silentLog } from '../log.ts'
import { startSession } from './start-session.ts'

let house: OwnHouse
before(async () => {
  house = await openHouse()
})
after(() => house.stop())

const STRONG = 'nine lanterns over tepid water'
const STRONGER = 'an otter rehearses the tuba'

const me = ({ token }: Resident) => house.ask({ token } as Resident, 'GET', '/v1/me')
const signIn = (email: string, password: string) =>
  house.ask(null, 'POST', '/v1/sessions', { email, password })
const tokens = new Map<string, string>()
const latest = (who: Resident): Resident => ({ ...who, token: tokens.get(who.token) ?? who.token })
/** Changes it; from then on the person acts with the token that came back. */
async function change(who: Resident, current: string, password: string) {
  const answer = await house.ask(latest(who), 'POST', '/v1/me/password', { current, password })
  if (answer.status === 200) tokens.set(who.token, answer.json.token)
  return answer
}
const setRule = async (owner: Resident, rule: object) =>
  assert.equal((await house.ask(owner, 'PATCH', '/v1/organisation', rule)).status, 200)

async function mailsTo(email: string) {
  const kept = await house.ctx.mail.listAll(await house.ctx.mail.secret())
  return (kept?.items ?? []).filter(({ to }) => to === email)
}

/** Asks for a reset and answers the token in its mail. */
async function askReset(email: string): Promise<string> {
  const asked = await house.ask(null, 'POST', '/v1/password-resets', { email })
  assert.deepEqual([asked.status, asked.json], [202, { sent: true }])
  const mail = (await mailsTo(email)).find(({ text }) => text.includes('token='))
  return /reset-password\?token=([A-Za-z0-9._-]+)/.exec(mail?.text ?? '')?.[1] ?? ''
}

const reset = (token: string, password: string) =>
  house.ask(null, 'POST', '/v1/password-resets/verification', { token, password })
const readReset = (token: string) => house.ask(null, 'GET', `/v1/password-resets/verification?token=${token}`)

test('a changed password opens, the one before does not, and every other session has ended', async () => {
  const who = await house.aResident()
  const elsewhere = await signIn(who.email, who.password)
  assert.equal(elsewhere.status, 201)
  const changed = await change(who, who.password, STRONG)
  assert.equal(changed.status, 200)
  const renewed = { ...who, token: changed.json.token }
  assert.equal((await me(who)).status, 401, 'who copied the token is out, too')
  const here = await me(renewed)
  assert.equal(here.status, 200, 'the session that changed it goes on')
  const ended = await me({ ...who, token: elsewhere.json.token })
  assert.equal(ended.status, 401)
  assert.equal((await signIn(who.email, who.password)).json.code, 'wrong_credentials')
  assert.equal((await signIn(who.email, STRONG)).status, 201)
  const log = await house.ask(renewed, 'GET', '/v1/audit?action=core.password.changed')
  assert.deepEqual(
    log.json.items.map(({ detail }: { detail: object }) => detail),
    [{ how: 'changed', sessions: 1 }],
  )
  const mailed = async () => (await mailsTo(who.email)).find(({ subject }) => /was changed/.test(subject))
  assert.ok(await until(mailed, 'the mail'))
  const told = await house.ask(renewed, 'GET', '/v1/notifications')
  assert.ok(told.json.items.some(({ kind }: { kind: string }) => kind === 'core.password.changed'))
})

test('a change asks for the password of today, and what is tried counts as a guess', async () => {
  const who = await house.aResident()
  const [pair, wide] = [
    { burst: 3, perSecond: 1e-6 },
    { burst: 1e6, perSecond: 1e6 },
  ]
  const bounds = { ...WIDE_LIMITS, wrongPasswords: { pair, address: wide, account: wide } }
  const app = await buildApp({
    ctx: { ...house.ctx, limits: new Limits(bounds, house.ctx.now) },
    log: silentLog(),
    routes: allRoutes(),
    hosts: { arrivalOf: () => 'eu', regionOf: () => 'eu' },
    trustedProxies: [],
  })
  const tried = async () => {
    const answer = await app.inject({
      method: 'POST',
      url: '/v1/me/password',
      headers: { authorization: `Bearer ${who.token}` },
      payload: { current: 'somebody else wrote this', password: STRONG },
    })
    return [answer.statusCode, answer.json().code]
  }
  try {
    for (let guess = 0; guess < 3; guess++) assert.deepEqual(await tried(), [422, 'wrong_password'])
    assert.deepEqual(await tried(), [429, 'too_many_requests'])
  } finally {
    await app.close()
  }
  assert.equal((await me(who)).status, 200)
  assert.equal((await signIn(who.email, who.password)).status, 201)
})

test('a key changes no password', async () => {
  const who = await house.aResident()
  const made = await house.ask(who, 'POST', '/v1/api-keys', { name: 'a program' })
  assert.equal(made.status, 201, made.text)
  const asked = await house.app.inject({
    method: 'POST',
    url: '/v1/me/password',
    headers: { authorization: `API-Key ${made.json.key}` },
    payload: { current: who.password, password: STRONG },
  })
  assert.deepEqual([asked.statusCode, asked.json().code], [403, 'forbidden'])
})

test('what is short, uniform, one’s own name, listed or guessable is refused for its reason', async () => {
  const who = await house.aResident(`casper.bellweather@bellweather-${Date.now()}.example`)
  const reasons: Record<string, string> = {
    'x7!kQ': 'short',
    // One character that is eighteen once it is folded.
    '\u{fdfa}': 'short',
    aaaaaaaaaaaaaa: 'uniform',
    abababababababab: 'uniform',
    'Casper.Bellweather1': 'personal',
    qwertyuiop123: 'listed',
    'Password1234!': 'guessable',
    'p@ssw0rdp@ssw0rd1': 'guessable',
    'letmein-letmein-2024': 'guessable',
  }
  for (const [password, reason] of Object.entries(reasons)) {
    const refused = await change(who, who.password, password)
    assert.deepEqual(
      [refused.status, refused.json.code, refused.json.details?.reason],
      [422, 'weak_password', reason],
      password,
    )
  }
  assert.equal((await change(who, who.password, STRONG)).status, 200)
})

test('an organisation decides how hard a password is to guess', async () => {
  const owner = await house.aResident()
  await setRule(owner, { passwordStrength: 4 })
  const middling = 'Sommer2024!!x'
  const refused = await change(owner, owner.password, middling)
  assert.deepEqual([refused.json.code, refused.json.details.reason], ['weak_password', 'guessable'])
  await setRule(owner, { passwordStrength: 2 })
  assert.equal((await change(owner, owner.password, middling)).status, 200)
  for (const rule of [
    { passwordStrength: 0 },
    { passwordStrength: 5 },
    { passwordHistory: 25 },
    { passwordHistory: -1 },
  ])
    assert.equal(
      (await house.ask(latest(owner), 'PATCH', '/v1/organisation', rule)).status,
      400,
      JSON.stringify(rule),
    )
})

test('the last so many passwords do not come again, nor does the one of today', async () => {
  const owner = await house.aResident()
  await setRule(owner, { passwordHistory: 2 })
  const words = ['a kettle of patient herons', 'seventeen umbrellas drift by', 'the ferry smells of cumin']
  let now = owner.password
  assert.equal((await change(owner, now, now)).json.code, 'password_reused')
  for (const next of words) {
    assert.equal((await change(owner, now, next)).status, 200, next)
    now = next
  }
  for (const former of words.slice(0, 2))
    assert.equal((await change(owner, now, former)).json.code, 'password_reused', former)
  assert.equal((await change(owner, now, owner.password)).status, 200, 'the third last may come again')
})

test('of two changes at once one wins', async () => {
  const who = await house.aResident()
  const both = await Promise.all([change(who, who.password, STRONG), change(who, who.password, STRONGER)])
  const statuses = both.map(({ status }) => status).sort()
  assert.equal(statuses[0], 200)
  // Conflict, or it came when the token of before was gone.
  assert.match(String(statuses[1]), /^(409|401)$/)
  const won = both[0]?.status === 200 ? STRONG : STRONGER
  assert.equal((await signIn(who.email, won)).status, 201)
})

test('a mailed link chooses another password once, signs in and ends all sessions', async () => {
  const who = await house.aResident()
  const token = await askReset(who.email)
  const shown = await readReset(token)
  assert.deepEqual(shown.json, { email: who.email, passwordMinimumLength: 12, region: 'eu' })
  assert.equal((await reset(token, 'Password1234!')).json.code, 'weak_password')
  assert.equal((await reset(token, who.password)).json.code, 'password_reused')
  const done = await reset(token, STRONG)
  assert.equal(done.status, 201, done.text)
  assert.equal((await me({ ...who, token: done.json.token })).status, 200)
  assert.equal((await me(who)).status, 401)
  assert.equal((await signIn(who.email, STRONG)).status, 201)
  for (const again of [await readReset(token), await reset(token, STRONGER)])
    assert.deepEqual([again.status, again.json.code], [404, 'not_found'])
})

test('a link ends after an hour, and when the password was changed in another way', async () => {
  const who = await house.aResident()
  const overtaken = await askReset(who.email)
  assert.equal((await change(who, who.password, STRONG)).status, 200)
  assert.equal((await reset(overtaken, STRONGER)).json.code, 'not_found')
  const late = await askReset(who.email)
  house.passTime(3_600_001)
  assert.equal((await readReset(late)).json.code, 'token_expired')
  assert.equal((await reset(late, STRONGER)).json.code, 'token_expired')
})

test('asking for a link answers everybody alike, with one mail each', async () => {
  const who = await house.aResident()
  const domain = who.email.split('@')[1]
  for (const email of [who.email, `nobody@${domain}`, 'somebody@an-unknown-company.example']) {
    const before = (await mailsTo(email)).length
    const asked = await house.ask(null, 'POST', '/v1/password-resets', { email })
    assert.deepEqual([asked.status, asked.json], [202, { sent: true }], email)
    assert.equal((await mailsTo(email)).length, before + 1, email)
  }
  const nobody = await askReset(`nobody@${domain}`)
  assert.equal((await readReset(nobody)).json.code, 'not_found')
  const [stranger] = await mailsTo('somebody@an-unknown-company.example')
  assert.doesNotMatch(stranger?.text ?? '', /token=/)
})

test('who is suspended chooses no password, and a token of another kind or region opens nothing', async () => {
  const owner = await house.aResident()
  const domain = owner.email.split('@')[1]
  const member = await house.aResident(`second@${domain}`)
  const token = await askReset(member.email)
  const { json } = await house.ask(member, 'GET', '/v1/me')
  const suspended = await house.ask(owner, 'PATCH', `/v1/people/${json.person.id}`, { state: 'suspended' })
  assert.equal(suspended.status, 200, suspended.text)
  assert.equal((await reset(token, STRONG)).json.code, 'not_found')
  const pending = await house.signUp(`third@${domain}`)
  const crossed = pending.replace('.v.', '.r.')
  assert.equal((await reset(crossed, STRONG)).json.code, 'not_found')
  assert.equal((await reset(token.replace('eu.', 'us.'), STRONG)).json.code, 'not_found')
  const asVerification = { token: token.replace('.r.', '.v.'), password: STRONG }
  assert.equal(
    (await house.ask(null, 'POST', '/v1/accounts/verification', asVerification)).json.code,
    'not_found',
  )
})

test('a sign-in that proved the password of before has no session after the change', async () => {
  const who = await house.aResident()
  const { json } = await me(who)
  const stale = {
    tenant: who.token.split('.')[0] ?? '',
    region: 'eu',
    person: fromApi('per', json.person.id),
    role: 'owner',
    origin: { ip: '127.0.0.1', userAgent: 'test' },
    requestId: newId(),
    password: await house.ctx.passwords.hash(who.password),
  } as const
  await assert.rejects(startSession(house.ctx, stale), { code: 'wrong_credentials' })
  assert.ok((await startSession(house.ctx, { ...stale, password: null })).token)
})

test('mail that does not go out undoes nothing', async () => {
  const who = await house.aResident()
  const token = await askReset(who.email)
  const { mail } = house.ctx
  const send = mail.sendPasswordChanged
  mail.sendPasswordChanged = () => Promise.reject(new Error('no mail server answers'))
  try {
    assert.equal((await change(who, who.password, STRONG)).status, 200)
    assert.equal((await reset(token, STRONGER)).json.code, 'not_found')
    const again = await askReset(who.email)
    assert.equal((await reset(again, STRONGER)).status, 201)
  } finally {
    mail.sendPasswordChanged = send
  }
  assert.equal((await signIn(who.email, STRONGER)).status, 201)
})

test('no mail goes to an address that can have no account', async () => {
  const asked = await house.ask(null, 'POST', '/v1/password-resets', { email: 'somebody@gmail.com' })
  assert.equal(asked.json.code, 'free_mail_domain')
  assert.deepEqual(await mailsTo('somebody@gmail.com'), [])
})

test('what was damaged of a password is replaced by a link, and an older link does not come back to life', async () => {
  for (const column of ['former_passwords', 'password'] as const) {
    const who = await house.aResident()
    const older = await askReset(who.email)
    assert.equal((await change(who, who.password, STRONG)).status, 200)
    const tenant = await house.ctx.tenant(who.token.split('.')[0] ?? '')
    await tenant
      .db('people')
      .updateTable('person')
      .set({ [column]: Buffer.alloc(60, 7) })
      .execute()
    assert.equal((await reset(older, STRONGER)).json.code, 'not_found', column)
    const done = await reset(await askReset(who.email), STRONGER)
    assert.equal(done.status, 201, done.text)
    assert.equal((await signIn(who.email, STRONGER)).status, 201)
  }
})
