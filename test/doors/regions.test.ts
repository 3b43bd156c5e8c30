import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { type DemoTenant, type Installation, theInstallation } from '../installation.ts'
import { expectStatus, mailedToken, signIn } from '../people.ts'

describe('which region an organisation is kept in', () => {
  let house: Installation
  let acme: DemoTenant
  let globex: DemoTenant
  before(async () => {
    house = await theInstallation()
    ;[acme, globex] = house.tenants
  })

  const ask = (email: string, password = 'not the password at all') =>
    house.ask(`${acme.url}/v1/sessions`, { json: { email, password } })

  it('is told to nobody who only knows an address, nor after the right password at the wrong door', async () => {
    const answers = await Promise.all([
      ask('nobody@globex.example'),
      ask(globex.owner.email),
      ask(globex.owner.email, globex.owner.password),
      ask('nobody@acme.example'),
      ask(acme.owner.email),
      ask('nobody@unknown.example'),
    ])
    const [first] = answers
    for (const answer of answers) {
      expectStatus(answer, 401)
      assert.deepEqual({ ...answer.json, requestId: '' }, { ...first?.json, requestId: '' })
      assert.deepEqual(Object.keys(answer.headers).sort(), Object.keys(first?.headers ?? {}).sort())
    }
    assert.ok((await signIn(house, globex, globex.owner)).length > 0)
  })

  it('is not told sooner for one than for the other', async () => {
    const emails = [
      'nobody@globex.example',
      'nobody@acme.example',
      acme.owner.email,
      'nobody@unknown.example',
    ]
    for (const email of emails) {
      const start = performance.now()
      expectStatus(await ask(email), 401)
      assert.ok(performance.now() - start >= 245, email)
    }
  })

  it('is told by mail: a link leads to where the organisation is, whichever door was asked', async () => {
    const account = { email: 'new@globex.example', displayName: 'New', country: 'US', region: 'eu' }
    const sent = await house.ask(`${acme.url}/v1/accounts`, { json: account })
    const unknown = { ...account, email: 'new@unheard-of.example' }
    const other = await house.ask(`${acme.url}/v1/accounts`, { json: unknown })
    assert.deepEqual([sent.status, sent.json], [other.status, other.json])
    assert.match(await mailedToken(house, account.email), /^us\./)
  })

  it('leads the second of two founders, who chose another region, to the first', async () => {
    const [first, second] = ['first@two-doors.example', 'second@two-doors.example']
    for (const [email, region] of [
      [first, 'eu'],
      [second, 'us'],
    ]) {
      const json = { email, displayName: 'Founder', country: 'US', region }
      expectStatus(await house.ask(`${acme.url}/v1/accounts`, { json }), 202)
    }
    const storage = { knowledge: true, agreements: true, fleet: true }
    const use = async (url: string, token: string) =>
      house.ask(`${url}/v1/accounts/verification`, {
        json: { token, password: 'a quiet meadow in may', organisationName: 'Two Doors', storage },
      })
    const late = await mailedToken(house, second)
    const page = `/v1/accounts/verification?token=${late}`
    expectStatus(await house.ask(`${globex.url}${page}`), 200)
    expectStatus(await use(acme.url, await mailedToken(house, first)), 201)
    for (const answer of [await house.ask(`${globex.url}${page}`), await use(globex.url, late)]) {
      expectStatus(answer, 421)
      const link = new URL(answer.json.details.url)
      assert.equal(link.origin, acme.url)
      assert.equal(link.pathname, '/verify')
    }
    const { json } = await house.ask(`${globex.url}${page}`)
    const link = new URL(json.details.url)
    const found = await house.ask(`${acme.url}/v1/accounts/verification${link.search}`)
    expectStatus(found, 200)
    assert.deepEqual([found.json.organisation, found.json.organisationName], ['join', 'Two Doors'])
    const joined = await use(acme.url, link.searchParams.get('token') ?? '')
    expectStatus(joined, 201)
    const me = await house.ask(`${acme.url}/v1/me`, { session: joined.json.token })
    assert.deepEqual([me.json.person.email, me.json.person.role], [second, 'member'])
  })

  it('is told to who holds a session of it', async () => {
    const session = await signIn(house, globex, globex.owner)
    const there = await house.ask(`${acme.url}/v1/me`, { session })
    expectStatus(there, 421)
    assert.equal(there.json.details.url, globex.url)
  })
})
