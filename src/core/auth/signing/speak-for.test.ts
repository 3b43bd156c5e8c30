import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { SigningPair } from '#test/sign-request.ts'
import { openSigningHouse, type SigningHouse } from '#test/signing-house.ts'

describe('a key that speaks for people', () => {
  let s: SigningHouse
  let pair: SigningPair
  before(async () => {
    s = await openSigningHouse()
    pair = (await s.makeKey()).hmac
  })
  after(() => s.house.stop())

  const people = async () => (await s.house.ask(s.owner, 'GET', '/v1/people')).json.items
  const as = (email: string, by = pair, url = '/v1/people', displayName = 'Mira Okafor') =>
    s.send(s.pdx('header', by, 'GET', url, { email, displayName }))

  it('makes a member of somebody whom its host signed in, once, whatever the spelling', async () => {
    const address = `Mira@${s.domain.toUpperCase()}`
    const replies = await Promise.all([address, address.toLowerCase(), address].map((email) => as(email)))
    for (const reply of replies) assert.equal(reply.status, 200, reply.text)
    const found = (await people()).filter(({ email }: { email: string }) => email === `mira@${s.domain}`)
    assert.equal(found.length, 1)
    assert.deepEqual([found[0].role, found[0].displayName], ['member', 'Mira Okafor'])
    const joined = (await s.house.ask(s.owner, 'GET', '/v1/audit?action=core.person.joined')).json.items
    assert.equal(joined[0].record.id, found[0].id)
    assert.equal(joined[0].detail.delegated, true)
    const listed = (await s.house.ask(s.owner, 'GET', '/v1/audit?action=core.people.listed&limit=10')).json
      .items
    assert.ok(listed.some(({ onBehalfOf }: { onBehalfOf: string }) => onBehalfOf === found[0].id))
  })

  it('gets what that person may, never more', async () => {
    await as(`plain@${s.domain}`)
    assert.equal((await as(`plain@${s.domain}`, pair, '/v1/api-keys')).status, 403)
    assert.equal((await as(s.owner.email, pair, '/v1/api-keys')).status, 200)
  })

  it('gets never more than its maker, nor than its scopes, whomever it names', async () => {
    const admin = await s.house.aResident(`admin@${s.domain}`)
    const id = (await s.house.ask(admin, 'GET', '/v1/me')).json.person.id
    assert.equal(
      (await s.house.ask(s.owner, 'PATCH', `/v1/people/${id}`, { role: 'administrator' })).status,
      200,
    )
    s.house.ctx.credentials.forget()
    const own = (await s.makeKey({ name: 'of the administrator' }, admin)).hmac
    // The owner's name does not make an owner of an administrator's key.
    const rise = s.pdx('header', own, 'PATCH', `/v1/people/${id}`, { json: { role: 'owner' } })
    assert.equal((await s.send(rise)).status, 403)
    const declined = s.pdx('header', own, 'PATCH', '/v1/organisation', {
      json: { storage: { knowledge: false, agreements: true, fleet: false } },
    })
    assert.equal((await s.send(declined)).status, 403)
    const scoped = (await s.makeKey({ name: 'reader', permissions: ['core.people.read'] })).hmac
    assert.equal((await as(s.owner.email, scoped)).status, 200)
    assert.equal((await as(s.owner.email, scoped, '/v1/organisation')).status, 403)
    // What its maker loses, the key loses.
    assert.equal((await s.house.ask(s.owner, 'PATCH', `/v1/people/${id}`, { role: 'member' })).status, 200)
    assert.equal((await as(s.owner.email, own, '/v1/api-keys')).status, 403)
  })

  it('speaks for nobody who was suspended', async () => {
    await as(`leaver@${s.domain}`)
    const { id } = (await people()).find(({ email }: { email: string }) => email === `leaver@${s.domain}`)
    assert.equal(
      (await s.house.ask(s.owner, 'PATCH', `/v1/people/${id}`, { state: 'suspended' })).status,
      200,
    )
    assert.equal((await as(`leaver@${s.domain}`)).json.details.reason, 'person')
  })

  it('acts as itself where its host names nobody', async () => {
    const reply = await as('Anonymous')
    assert.equal(reply.status, 200)
    const [event] = (await s.house.ask(s.owner, 'GET', '/v1/audit?action=core.people.listed&limit=1')).json
      .items
    assert.equal(event.onBehalfOf, null)
    assert.ok(event.actor.credentialId)
  })

  it('opens no door with a password, until the person proves the address and chooses one', async () => {
    const email = `later@${s.domain}`
    await as(email, pair, '/v1/people', 'Later')
    const before = (await people()).find((person: { email: string }) => person.email === email)
    for (const password of ['', 'null', 'a long guess at nothing']) {
      const reply = await s.house.ask(null, 'POST', '/v1/sessions', { email, password: password || ' ' })
      assert.equal(reply.status, 401)
    }
    const resident = await s.house.aResident(email)
    assert.equal((await s.house.ask(resident, 'GET', '/v1/me')).json.person.id, before.id)
    assert.equal(
      (await s.house.ask(null, 'POST', '/v1/sessions', { email, password: resident.password })).status,
      201,
    )
  })

  it('makes no key that may more than it may, and gets no secret of another', async () => {
    const { hmac, id } = await s.makeKey({
      name: 'keymaker',
      permissions: ['core.key.manage', 'core.people.read'],
    })
    const own = (method: string, url: string, json: object, email = 'Anonymous') =>
      s.send(s.pdx('header', hmac, method, url, { json, email }))
    const made = await own('POST', '/v1/api-keys', { name: 'child' })
    assert.equal(made.status, 201, made.text)
    assert.deepEqual(made.json.permissions, ['core.key.manage', 'core.people.read'])
    for (const wish of [
      { name: 'more', permissions: ['core.audit.read'] },
      { name: 'voice', domains: [s.domain] },
      { name: 'weak', allowsWeakAlgorithms: true },
    ])
      assert.equal((await own('POST', '/v1/api-keys', wish)).status, 403, wish.name)
    assert.equal((await own('POST', '/v1/api-keys', { name: 'for another' }, s.owner.email)).status, 403)
    const other = await s.makeKey({ name: 'other' })
    assert.equal((await own('POST', `/v1/api-keys/${other.id}/secrets`, {})).status, 403)
    assert.equal((await own('POST', `/v1/api-keys/${id}/secrets`, {})).status, 201)
    const unknown = await s.house.ask(s.owner, 'POST', '/v1/api-keys', {
      name: 'x',
      permissions: ['no.such.thing'],
    })
    assert.equal(unknown.status, 403)
    for (const domain of ['gmail.com', 'not a domain', 'localhost'])
      assert.ok(
        [400, 422].includes(
          (await s.house.ask(s.owner, 'POST', '/v1/api-keys', { name: 'x', domains: [domain] })).status,
        ),
        domain,
      )
  })

  it('with scopes is held to them when it is carried in a header too', async () => {
    const { key } = await s.makeKey({ name: 'carried', permissions: ['core.people.read'] })
    const carried = (url: string) =>
      s.send({ method: 'GET', url, headers: { authorization: `API-Key ${key}` } })
    assert.equal((await carried('/v1/people')).status, 200)
    assert.equal((await carried('/v1/organisation')).status, 403)
  })

  it('gives nobody for whom it speaks a secret of its own, and itself one', async () => {
    const made = await s.makeKey({ name: 'asked for secrets' })
    const url = `/v1/api-keys/${made.id}/secrets`
    const forPerson = s.pdx('header', made.hmac, 'POST', url, { json: {} })
    const refused = await s.send(forPerson)
    assert.deepEqual([refused.status, refused.json.code], [403, 'forbidden'])
    const forItself = s.pdx('header', made.hmac, 'POST', url, { json: {}, email: 'host' })
    assert.equal((await s.send(forItself)).status, 201)
  })

  it('makes no key that outlives it, nor one whose signatures do', async () => {
    const expiresAt = new Date((s.now() + 3_600) * 1_000).toISOString()
    const brief = await s.makeKey({ name: 'brief', domains: [], expiresAt, longestSeconds: 60 })
    const make = (input: object) =>
      s.send({
        method: 'POST',
        url: '/v1/api-keys',
        headers: { authorization: `API-Key ${brief.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'child', ...input }),
      })
    const child = await make({})
    assert.equal(child.status, 201, child.text)
    assert.deepEqual([child.json.expiresAt, child.json.longestSeconds], [expiresAt, 60])
    const later = new Date((s.now() + 7_200) * 1_000).toISOString()
    assert.equal((await make({ expiresAt: later })).status, 403)
    assert.equal((await make({ longestSeconds: 61 })).status, 403)
  })

  it('that names nobody by an empty field does nothing as itself', async () => {
    const reply = await s.send(s.message(pair, 'GET', '/v1/people', { headers: { 'panoply-person': '' } }))
    assert.deepEqual([reply.status, reply.json.details.reason], [401, 'form'])
  })
})
