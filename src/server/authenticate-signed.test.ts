import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import type { Resident } from '#test/own-house.ts'
import { type SigningPair, signMessage } from '#test/sign-request.ts'
import { HOST, openSigningHouse, type SigningHouse, type WireQuestion } from '#test/signing-house.ts'

describe('a signed request', () => {
  let s: SigningHouse
  let pair: SigningPair
  before(async () => {
    s = await openSigningHouse()
    pair = (await s.makeKey()).hmac
  })
  after(() => s.house.stop())

  const me = async () => (await s.house.ask(s.owner, 'GET', '/v1/me')).json.person.id as string

  it('reads by header, by query and by RFC 9421, as the person its host names', async () => {
    const reads = [
      s.pdx('header', pair, 'GET', '/v1/people'),
      s.pdx('query', pair, 'GET', '/v1/people'),
      s.message(pair, 'GET', '/v1/people', { headers: { 'panoply-person': s.owner.email } }),
      s.message(pair, 'GET', '/v1/people', { nonce: null, expires: null, alg: 'hmac-sha256' }),
    ]
    for (const question of reads) {
      const reply = await s.send(question)
      assert.equal(reply.status, 200, reply.text)
      assert.equal(reply.json.items[0].email, s.owner.email)
      assert.equal(reply.headers['referrer-policy'], 'no-referrer')
    }
    const events = (await s.house.ask(s.owner, 'GET', '/v1/audit?action=core.people.listed')).json.items
    assert.equal(events.length, 4)
    assert.deepEqual(
      events.map((event: { actor: { kind: string }; onBehalfOf: string | null }) => [
        event.actor.kind,
        event.onBehalfOf,
      ]),
      [
        ['key', null],
        ['key', await me()],
        ['key', await me()],
        ['key', await me()],
      ],
    )
  })

  it('reads again as often as it likes while it lives; the answer to an address is private', async () => {
    const question = s.pdx('query', pair, 'GET', '/v1/people')
    for (let time = 0; time < 3; time++) {
      const reply = await s.send(question)
      assert.equal(reply.status, 200)
      assert.match(String(reply.headers['cache-control']), /\bprivate\b/)
      assert.equal(reply.headers['referrer-policy'], 'no-referrer')
    }
  })

  it('is read by its own query and not by the server’s: a plus is a plus', async () => {
    const reply = await s.send(s.pdx('query', pair, 'GET', '/v1/search?q=a%2Bb'))
    assert.equal(reply.status, 200, reply.text)
    const plus = s.pdx('query', pair, 'GET', '/v1/search?q=a%2Bb')
    const literal = await s.send({ ...plus, url: plus.url.replace('%2B', '+') })
    assert.equal(literal.status, 200, literal.text)
    const unknown = await s.send(s.pdx('query', pair, 'GET', '/v1/search?q=a&unheard=1'))
    assert.equal(unknown.status, 400)
  })

  it('writes once: the same again is refused here and by a second server, and leaves an event', async () => {
    const other = await s.house.anotherApp()
    const forms: [string, WireQuestion][] = [
      ['header', s.pdx('header', pair, 'PATCH', '/v1/organisation', { json: { name: 'By header' } })],
      ['query', s.pdx('query', pair, 'PATCH', '/v1/organisation', { json: { name: 'By query' } })],
      ['message', s.message(pair, 'PATCH', '/v1/organisation', { json: { name: 'By message' } })],
    ]
    for (const [what, question] of forms) {
      const first = await s.send(question)
      assert.equal(first.status, 200, `${what} ${first.text}`)
      for (const app of [s.house.app, other]) {
        const again = await s.send(question, app)
        assert.equal(again.status, 401, what)
        assert.equal(again.json.details.reason, 'replayed', what)
      }
    }
    // Both servers at the very same moment: one of them wins.
    const race = s.pdx('header', pair, 'PATCH', '/v1/organisation', { json: { name: 'Raced' } })
    const both = await Promise.all([s.send(race), s.send(race, other), s.send(race), s.send(race, other)])
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 401, 401, 401])
    const { items } = (await s.house.ask(s.owner, 'GET', '/v1/audit?action=core.key.refused&limit=100')).json
    const replays = items.filter(
      (event: { detail: { reason: string } }) => event.detail.reason === 'replayed',
    )
    assert.equal(replays.length, 9)
    assert.equal(replays[0].outcome, 'refused')
    assert.equal((await s.house.ask(s.owner, 'GET', '/v1/organisation')).json.name, 'Raced')
  })

  it('in any of the refused forms is refused, and each refusal leaves an event or a count', async () => {
    const neighbour = await s.house.aResident()
    const weak = await s.makeKey({ name: 'brief', longestSeconds: 30 })
    const revoked = await s.makeKey({ name: 'revoked' })
    const rolled = await s.makeKey({ name: 'rolled' })
    const scoped = await s.makeKey({ name: 'scoped', domains: [] })
    const foreign = await s.makeKey({ domains: [] }, neighbour)
    assert.equal((await s.house.ask(s.owner, 'DELETE', `/v1/api-keys/${revoked.id}`)).status, 204)
    const [secret] = (await s.house.ask(s.owner, 'GET', '/v1/api-keys')).json.items.find(
      (key: { id: string }) => key.id === rolled.id,
    ).secrets
    assert.equal((await s.house.ask(s.owner, 'POST', `/v1/api-keys/${rolled.id}/secrets`, {})).status, 201)
    assert.equal(
      (await s.house.ask(s.owner, 'DELETE', `/v1/api-keys/${rolled.id}/secrets/${secret.id}`)).status,
      204,
    )
    const json = { name: 'Never' }
    const at = (seconds: number) => new Date((s.now() + seconds) * 1_000).toISOString().replace(/\.\d+/, '')
    const header = (change: object = {}, by = pair) =>
      s.pdx('header', by, 'PATCH', '/v1/organisation', { json, ...change })
    const query = (change: object = {}, by = pair) =>
      s.pdx('query', by, 'PATCH', '/v1/organisation', { json, ...change })
    const message = (change: object = {}, by = pair) =>
      s.message(by, 'PATCH', '/v1/organisation', { json, ...change })
    const named = (question: WireQuestion, name: string) => String(question.headers[name])
    const edited = (question: WireQuestion, name: string, edit: (text: string) => string): WireQuestion => ({
      ...question,
      headers: { ...question.headers, [name]: edit(named(question, name)) },
    })
    const added = (question: WireQuestion, headers: Record<string, string | string[]>): WireQuestion => ({
      ...question,
      headers: { ...question.headers, ...headers },
    })
    const outside = (question: WireQuestion) => ({
      ...question,
      url: question.url.replace('/v1/organisation', `/v1/people/per_${'0'.repeat(26)}`),
    })
    const swapped = (question: WireQuestion, id: string) =>
      JSON.parse(JSON.stringify(question).replaceAll(pair.id, id))
    const idOf = (key: { hmac: SigningPair }) => key.hmac.id
    const wrong = { id: pair.id, key: `${pair.key.slice(1)}x` }
    const unheard = { id: `${pair.id.slice(0, -1)}${pair.id.endsWith('0') ? '1' : '0'}`, key: pair.key }
    const document = `/v1/documents/doc_${'0'.repeat(26)}`
    const forms: [string, string, WireQuestion][] = [
      // Tampered
      ['header: another body', 'signature', { ...header(), body: '{"name":"Other"}' }],
      ['header: no body', 'signature', { ...header(), body: '' }],
      ['header: another path', 'signature', outside(header())],
      [
        'header: another method',
        'signature',
        { ...s.pdx('header', pair, 'GET', document), method: 'DELETE' },
      ],
      ['header: another person', 'signature', edited(header(), 'x-pdx-emailaddress', () => `x@${s.domain}`)],
      ['header: longer validity', 'signature', edited(header(), 'x-pdx-expires', () => '91')],
      ['header: a query added', 'signature', { ...header(), url: '/v1/organisation?a=1' }],
      [
        'header: a flipped signature',
        'signature',
        edited(header(), 'authorization', (text) =>
          text.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
        ),
      ],
      ['query: another body', 'signature', { ...query(), body: '{"name":"Other"}' }],
      [
        'query: another value',
        'signature',
        { ...query(), url: query().url.replace('X-Pdx-Expires=90', 'X-Pdx-Expires=89') },
      ],
      ['query: a parameter added', 'signature', { ...query(), url: `${query().url}&a=1` }],
      ['message: another body', 'digest', { ...message(), body: '{"name":"Other"}' }],
      [
        'message: another digest',
        'signature',
        edited(message(), 'content-digest', (text) =>
          text.replace(/:(.)/, (_, c) => `:${c === 'A' ? 'B' : 'A'}`),
        ),
      ],
      ['message: another path', 'signature', outside(message())],
      [
        'message: another nonce',
        'signature',
        edited(message(), 'signature-input', (text) => text.replace('nonce="n-', 'nonce="m-')),
      ],
      ['message: another method', 'signature', { ...s.message(pair, 'GET', document), method: 'DELETE' }],
      // Reordered
      [
        'header: signed headers reordered',
        'form',
        edited(header(), 'authorization', (text) => text.replace('host;x-pdx-date', 'x-pdx-date;host')),
      ],
      [
        'message: components reordered',
        'signature',
        edited(message(), 'signature-input', (text) =>
          text.replace('"@method" "@authority"', '"@authority" "@method"'),
        ),
      ],
      // Duplicated
      ['header: an attribute twice', 'duplicate', added(header(), { 'x-pdx-expires': ['90', '90'] })],
      ['query: an attribute twice', 'duplicate', { ...query(), url: `${query().url}&X-Pdx-Expires=90` }],
      [
        'message: two signatures',
        'duplicate',
        edited(
          edited(message(), 'signature-input', (text) => `${text}, b=()`),
          'signature',
          (text) => `${text}, b=:AA==:`,
        ),
      ],
      [
        'message: one label twice',
        'duplicate',
        edited(message(), 'signature-input', (text) => `sig1=("date"), ${text}`),
      ],
      ['both mechanisms', 'both', added(query(), { authorization: named(header(), 'authorization') })],
      ['a signature and a token', 'both', added(message(), { authorization: `Bearer ${s.owner.token}` })],
      ['an attribute in both places', 'both', { ...header(), url: '/v1/organisation?X-Pdx-Expires=90' }],
      // Unsigned
      ['header: an attribute that is not signed', 'unsigned', added(header(), { 'x-pdx-profileimage': 'x' })],
      [
        'header: a host that is not signed',
        'unsigned',
        edited(header(), 'authorization', (text) => text.replace('=host;', '=')),
      ],
      ['message: no method covered', 'unsigned', message({ without: ['@method'] })],
      ['message: no host covered', 'unsigned', message({ without: ['@authority'] })],
      ['message: no path covered', 'unsigned', message({ without: ['@path'] })],
      ['message: no digest covered', 'unsigned', message({ without: ['content-digest'] })],
      [
        'message: a person not covered',
        'unsigned',
        message({ headers: { 'panoply-person': s.owner.email }, without: ['panoply-person'] }),
      ],
      ['message: no nonce', 'unsigned', message({ nonce: null })],
      [
        'message: no signature',
        'form',
        {
          ...message(),
          headers: Object.fromEntries(
            Object.entries(message().headers).filter(([name]) => name !== 'signature'),
          ),
        },
      ],
      [
        'header: no signature',
        'form',
        edited(header(), 'authorization', (text) => text.replace(/, Signature=.*/, '')),
      ],
      // In time
      ['header: expired', 'expired', header({ date: at(-200), expires: 90 })],
      ['header: of the future', 'early', header({ date: at(120) })],
      ['query: expired', 'expired', query({ date: at(-91), expires: 90 })],
      ['query: of the future', 'early', query({ date: at(120) })],
      ['message: expired', 'expired', message({ created: s.now() - 200, expires: s.now() - 100 })],
      ['message: of the future', 'early', message({ created: s.now() + 120 })],
      ['message: too old without an end', 'expired', message({ created: s.now() - 1_000, expires: null })],
      ['valid for too long', 'too_long', header({ expires: 31 }, weak.hmac)],
      ['message: valid for too long', 'too_long', message({ expires: s.now() + 31 }, weak.hmac)],
      ['valid for longer than any key', 'too_long', header({ expires: 999_999_999 })],
      // Weak
      ['MD5 without leave', 'weak', header({ algorithm: 'PDX-HMAC-MD5' })],
      ['SHA-1 without leave', 'weak', query({ algorithm: 'PDX-HMAC-SHA1' })],
      ['an algorithm nobody has', 'form', message({ alg: 'none' })],
      ['an algorithm that is not the key’s', 'signature', message({ alg: 'ed25519' })],
      // Elsewhere
      ['header: another host', 'host', header({ headers: { Host: 'evil.example' } })],
      ['header: another port', 'host', header({ headers: { Host: 'localhost:9999' } })],
      ['message: another host', 'host', message({ host: 'evil.example:8443' })],
      ['header: the host changed on the way', 'host', added(header(), { host: 'panoply.example:8443' })],
      // Keys
      ['another secret', 'signature', header({}, wrong)],
      ['message: another secret', 'signature', message({}, wrong)],
      ['a key that nobody has', 'signature', header({}, unheard)],
      [
        'a tenant that nobody is',
        'signature',
        header({}, { id: `aaaaaaaaaaaaa${pair.id.slice(13)}`, key: pair.key }),
      ],
      ['an id that is none', 'signature', header({}, { id: '1234567890', key: pair.key })],
      [
        'another tenant’s key, signed with ours',
        'signature',
        header({}, { id: idOf(foreign), key: pair.key }),
      ],
      ['the id swapped for another tenant’s', 'signature', swapped(header(), idOf(foreign))],
      ['the id swapped for another of our keys', 'signature', swapped(header(), idOf(scoped))],
      ['a revoked key', 'signature', header({}, revoked.hmac)],
      ['message: a revoked key', 'signature', message({}, revoked.hmac)],
      ['a secret that was rolled over', 'signature', header({}, rolled.hmac)],
      // Persons
      ['a domain that the key may not speak for', 'person', header({ email: neighbour.email })],
      ['a domain nobody gave the key', 'person', header({ email: `somebody@${s.domain}` }, scoped.hmac)],
      ['what is no address', 'person', header({ email: `@@${s.domain}` })],
      ['message: another domain', 'person', message({ headers: { 'panoply-person': neighbour.email } })],
    ]
    assert.equal(forms.length, 68)
    const refusals = () => countRefusals([s.owner, neighbour])
    const before = await refusals()
    for (const [what, reason, question] of forms) {
      const reply = await s.send(question)
      assert.equal(reply.status, 401, `${what}: ${reply.text}`)
      assert.equal(reply.json.code, 'signature_refused', what)
      assert.equal(reply.json.details.reason, reason, what)
    }
    assert.equal((await refusals()) - before, forms.length)
    assert.notEqual((await s.house.ask(s.owner, 'GET', '/v1/organisation')).json.name, 'Never')
  })

  /** Refused signatures in the logs of tenants, and in the region's. */
  async function countRefusals(residents: readonly Resident[]): Promise<number> {
    let count = await s.house.countRefused(':signature_')
    for (const resident of residents)
      count += (await s.house.ask(resident, 'GET', '/v1/audit?action=core.key.refused&limit=100')).json.items
        .length
    return count
  }

  it('with a weak hash passes where its key allows it', async () => {
    const lax = await s.makeKey({ name: 'old host', allowsWeakAlgorithms: true })
    for (const algorithm of ['PDX-HMAC-MD5', 'PDX-HMAC-SHA1', 'PDX-HMAC-SHA384', 'PDX-HMAC-SHA512']) {
      const reply = await s.send(s.pdx('header', lax.hmac, 'GET', '/v1/people', { algorithm }))
      assert.equal(reply.status, 200, algorithm)
    }
  })

  it('may be early or late by a clock’s error, and no more', async () => {
    const at = (seconds: number) => new Date((s.now() + seconds) * 1_000).toISOString().replace(/\.\d+/, '')
    assert.equal((await s.send(s.pdx('header', pair, 'GET', '/v1/people', { date: at(55) }))).status, 200)
    const question = s.pdx('header', pair, 'GET', '/v1/people')
    s.house.passTime(85_000)
    assert.equal((await s.send(question)).status, 200)
    s.house.passTime(10_000)
    assert.equal((await s.send(question)).json.details.reason, 'expired')
  })

  it('passes with either of two live secrets; a third is refused; each shows its last use', async () => {
    const key = await s.makeKey({ name: 'rolling' })
    const second = await s.house.ask(s.owner, 'POST', `/v1/api-keys/${key.id}/secrets`, {})
    assert.equal(second.status, 201)
    assert.equal((await s.house.ask(s.owner, 'POST', `/v1/api-keys/${key.id}/secrets`, {})).status, 409)
    for (const own of [key.hmac, second.json.hmac])
      assert.equal((await s.send(s.pdx('header', own, 'GET', '/v1/people'))).status, 200)
    const listed = (await s.house.ask(s.owner, 'GET', '/v1/api-keys')).json.items.find(
      (one: { id: string }) => one.id === key.id,
    )
    assert.equal(listed.secrets.length, 2)
    for (const secret of listed.secrets) assert.equal(typeof secret.lastUsedAt, 'string')
    assert.equal(typeof listed.lastUsedAt, 'string')
  })

  it('with a revoked key is refused by another server within a second', async () => {
    const other = await s.house.anotherApp()
    const key = await s.makeKey({ name: 'short life' })
    const question = s.pdx('header', key.hmac, 'GET', '/v1/people')
    assert.equal((await s.send(question, other)).status, 200)
    assert.equal((await s.house.ask(s.owner, 'DELETE', `/v1/api-keys/${key.id}`)).status, 204)
    assert.equal((await s.send(question)).status, 401)
    s.house.passTime(1_000)
    assert.equal((await s.send(question, other)).status, 401)
  })

  it('by Ed25519 passes with the public key that was registered', async () => {
    const key = await s.makeKey({ name: 'own key' })
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
    const added = await s.house.ask(s.owner, 'POST', `/v1/api-keys/${key.id}/secrets`, { publicKey: pem })
    assert.equal(added.status, 201, added.text)
    assert.equal(added.json.hmac, null)
    const signed = (alg?: string) => ({
      method: 'PATCH',
      url: '/v1/organisation',
      body: '{"name":"By Ed25519"}',
      headers: {
        'content-type': 'application/json',
        ...signMessage(privateKey, {
          method: 'PATCH',
          url: '/v1/organisation',
          host: HOST,
          body: '{"name":"By Ed25519"}',
          created: s.now(),
          keyid: key.hmac.id,
          digest: 'sha-512',
          ...(alg ? { alg } : {}),
        }),
      },
    })
    assert.equal((await s.send(signed('ed25519'))).status, 200)
    assert.equal((await s.send(signed())).status, 200)
    assert.equal((await s.send(signed('hmac-sha256'))).status, 401)
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
      format: 'pem',
      type: 'spki',
    })
    for (const bad of [String(rsa), 'x', privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()])
      assert.equal(
        (await s.house.ask(s.owner, 'POST', `/v1/api-keys/${key.id}/secrets`, { publicKey: bad })).status,
        400,
      )
  })
})
