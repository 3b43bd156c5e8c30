import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type OwnHouse, openHouse } from '#test/own-house.ts'

let house: OwnHouse
before(async () => {
  house = await openHouse()
})
after(() => house.stop())

const post = (url: string, payload: object) => house.app.inject({ method: 'POST', url, payload })
const storage = { knowledge: true, agreements: true, fleet: false }
const account = (email: string) => ({ email, displayName: 'Ada Forge', country: 'SE' })
const verify = (token: string, password: string, more: object = {}) =>
  post('/v1/accounts/verification', { token, password, storage, ...more })
const signIn = (email: string, password: string) => post('/v1/sessions', { email, password })

test('whoever asks for an account cannot choose its password: that is for the holder of the link', async () => {
  const email = 'ceo@victim.example'
  const asked = await post('/v1/accounts', { ...account(email), password: 'chosen by the attacker 1' })
  assert.equal(asked.statusCode, 400)
  const token = await house.signUp(email)
  const without = await post('/v1/accounts/verification', { token, storage })
  assert.equal(without.statusCode, 400)
  assert.equal((await verify(token, 'chosen by the owner 12')).statusCode, 201)
  assert.equal((await signIn(email, 'chosen by the attacker 1')).statusCode, 401)
  assert.equal((await signIn(email, 'chosen by the owner 12')).statusCode, 201)
})

test('a weak password is refused with a code, makes nothing, and the link still works', async () => {
  const token = await house.signUp('w@weak.example')
  for (const password of ['short', 'aaaaaaaaaaaaaaaa', 'abababababababab', 'weak.example1']) {
    assert.equal((await verify(token, password)).json().code, 'weak_password', password)
  }
  assert.equal(await house.ctx.directory.findByDomain('weak.example'), undefined)
  assert.equal((await verify(token, 'a quiet meadow in may')).statusCode, 201)
})

test('an organisation’s own password rule is told to who holds a link, and to nobody else', async () => {
  const founder = await house.aResident('boss@strict.example')
  const changed = await house.ask(founder, 'PATCH', '/v1/organisation', { passwordMinimumLength: 30 })
  assert.equal(changed.status, 200)
  const told = (email: string) => post('/v1/accounts', account(email))
  const [inside, outside] = [await told('new@strict.example'), await told('new@unknown.example')]
  assert.deepEqual([inside.statusCode, inside.json()], [outside.statusCode, outside.json()])
  const token = await house.signUp('new@strict.example')
  const page = await house.ask(null, 'GET', `/v1/accounts/verification?token=${token}`)
  assert.equal(page.json.passwordMinimumLength, 30)
  const short = await verify(token, 'a quiet meadow in may')
  assert.equal(short.json().code, 'weak_password')
  assert.equal(short.json().details.minimumLength, 30)
  assert.equal((await verify(token, 'a quiet meadow in may, and one in june')).statusCode, 201)
})

test('the holder of the link may be called otherwise than somebody typed', async () => {
  const token = await house.signUp('eva@names.example')
  const opened = await verify(token, 'a quiet meadow in may', { displayName: ' Eva\u202e  Lind ' })
  assert.equal(opened.statusCode, 201)
  const resident = { email: 'eva@names.example', password: '', token: opened.json().token }
  assert.equal((await house.ask(resident, 'GET', '/v1/me')).json.person.displayName, 'Eva Lind')
})

test('whoever founds an organisation says what may be stored; nothing is chosen for them', async () => {
  const token = await house.signUp('eva@choice.example')
  const password = 'a quiet meadow in may'
  const silent = await post('/v1/accounts/verification', { token, password })
  assert.equal(silent.statusCode, 400)
  assert.equal(silent.json().details.field, 'storage')
  const declined = { knowledge: false, agreements: false, fleet: true }
  const opened = await post('/v1/accounts/verification', { token, password, storage: declined })
  const resident = { email: '', password, token: opened.json().token }
  assert.deepEqual((await house.ask(resident, 'GET', '/v1/organisation')).json.storage, declined)
  const colleague = await house.signUp('jon@choice.example')
  assert.equal((await post('/v1/accounts/verification', { token: colleague, password })).statusCode, 201)
})

test('whoever looks behind a link sees the organisation’s name, and leaves an event in its log', async () => {
  const owner = await house.aResident('boss@looks.example')
  const token = await house.signUp('new@looks.example')
  const shown = await house.ask(null, 'GET', `/v1/accounts/verification?token=${token}`)
  assert.equal(shown.json.organisation, 'join')
  const { json } = await house.ask(owner, 'GET', '/v1/audit?action=core.organisation.read')
  const [event] = json.items
  assert.deepEqual([event.actor.kind, event.detail], ['system', { verification: true }])
})

test('a link that somebody wrote names nothing, whatever key version it claims', async () => {
  for (const version of [0, 2, 7, 0xffff_ffff]) {
    const forged = Buffer.alloc(60, 1)
    forged.writeUInt32BE(version, 1)
    const token = `eu.v.${forged.toString('base64url')}`
    assert.equal((await house.ask(null, 'GET', `/v1/accounts/verification?token=${token}`)).status, 404)
  }
})

test('an administrator sees that mail was written, but not what would open a colleague’s account', async () => {
  const owner = await house.aResident('boss@mail.example')
  const token = await house.signUp('colleague@mail.example')
  const kept = await house.ask(owner, 'GET', '/v1/outbox')
  const [mail] = kept.json.items
  assert.equal(mail.to, 'colleague@mail.example')
  assert.match(mail.text, /Open this link/)
  assert.ok(token.length > 100 && !kept.text.includes(token.slice(-40)), 'the link is withheld')
  const all = await house.app.inject({ url: `/outbox/${await house.ctx.mail.secret()}` })
  assert.ok(all.body.includes(token), 'and whole for whoever runs the installation')
})

test('a mail says nothing that whoever asked for it has typed', async () => {
  await post('/v1/accounts', { ...account('eva@greet.example'), displayName: 'You won! evil.example' })
  const mails = await house.ctx.mail.listAll(await house.ctx.mail.secret())
  const mail = mails?.items.find(({ to }) => to === 'eva@greet.example')
  assert.ok(mail && !mail.text.includes('evil.example') && !mail.html.includes('evil.example'))
})

test('addresses of no company are refused', async () => {
  const ones = 'tuta.io tutanota.de duck.com outlook.co.uk a.gmail.com gmail.com'.split(' ')
  const suffixes = 'co.uk uk.com github.io x.github.io com.au'.split(' ')
  for (const domain of [...ones, ...suffixes]) {
    const reply = await post('/v1/accounts', account(`someone@${domain}`))
    assert.equal(reply.json().code, 'free_mail_domain', domain)
  }
  for (const domain of ['acme.co.uk', 'acme.uk.com', 'mail.acme.example'])
    assert.equal((await post('/v1/accounts', account(`someone@${domain}`))).statusCode, 202, domain)
})

test('an address that reads like another one is no address', async () => {
  const ones = [
    '\u0430da@x.example',
    '\uff41da@x.example',
    'a\u200bda@x.example',
    'a..b@x.example',
    'ada@@x.example',
    'ada',
  ]
  for (const email of ones) {
    const reply = await post('/v1/accounts', account(email))
    assert.deepEqual([reply.statusCode, reply.json().code], [400, 'invalid_request'], email)
  }
  assert.equal((await post('/v1/accounts', account("o'neil+x@b\u00fccher.example"))).statusCode, 202)
})

test('every name that people give is cleaned the same way, and none is blank', async () => {
  const resident = await house.aResident()
  const { json: me } = await house.ask(resident, 'GET', '/v1/me')
  const ways: [string, (name: string) => Promise<{ status: number; name?: string }>][] = [
    [
      'organisation',
      async (name) => {
        const { status, json } = await house.ask(resident, 'PATCH', '/v1/organisation', { name })
        return { status, name: json.name }
      },
    ],
    [
      'key',
      async (name) => {
        const { status, json } = await house.ask(resident, 'POST', '/v1/api-keys', { name })
        return { status, name: json.name }
      },
    ],
    [
      'person',
      async (displayName) => {
        const path = `/v1/people/${me.person.id}`
        const { status, json } = await house.ask(resident, 'PATCH', path, { displayName })
        return { status, name: json.displayName }
      },
    ],
    [
      'sign-up',
      async (displayName) => {
        const reply = await post('/v1/accounts', { ...account('eva@clean.example'), displayName })
        return { status: reply.statusCode === 202 ? 200 : reply.statusCode }
      },
    ],
    [
      'founding',
      async (organisationName) => {
        const token = await house.signUp(`eva@${crypto.randomUUID()}.example`)
        const opened = await verify(token, 'a quiet meadow in may', { organisationName })
        if (opened.statusCode !== 201) return { status: opened.statusCode }
        const founder = { ...resident, token: opened.json().token }
        return { status: 200, name: (await house.ask(founder, 'GET', '/v1/organisation')).json.name }
      },
    ],
  ]
  for (const [what, give] of ways) {
    for (const blank of ['   ', '\u200b\u200b', '\u202e', '\u3164', '\u0301', '\u200d'])
      assert.equal((await give(blank)).status, 400, `${what} ${JSON.stringify(blank)}`)
    const { status, name = 'A\u00e5 b' } = await give(' A\u0061\u030a\u202e\u200b  b ')
    assert.ok(status === 200 || status === 201, what)
    assert.equal(name, 'A\u00e5 b', what)
  }
})
