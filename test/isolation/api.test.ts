import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { allRoutes } from '#server/route-table.ts'
import { fileForm } from '../ask.ts'
import { drained } from '../drained.ts'
import { type DemoTenant, type Installation, theInstallation } from '../installation.ts'
import { onePagePdf } from '../one-page-pdf.ts'
import { anOrganisation, expectStatus, ownerSession } from '../people.ts'

const WORD = 'zzvindruvor'

describe('two organisations of one cell', () => {
  let house: Installation
  let acme: DemoTenant
  let other: DemoTenant
  let acmeSession: string
  let otherIds: string[]

  before(async () => {
    house = await theInstallation()
    acme = house.tenants[0]
    other = await anOrganisation(house, `${WORD}.example`, acme)
    acmeSession = await ownerSession(house, acme)
    const session = await ownerSession(house, other)
    const form = fileForm(
      `${WORD}.pdf`,
      onePagePdf(`${WORD} stands on this page alone`),
      'application/pdf',
      `${WORD} title`,
    )
    const added = await house.ask(`${other.url}/v1/documents`, { session, body: form })
    expectStatus(added, 201)
    await drained(house, other)
    const quote = { exact: `${WORD} stands` }
    const snip = await house.ask(`${other.url}/v1/snips`, {
      session,
      json: {
        documentId: added.json.id,
        page: 1,
        kind: 'text',
        quote,
        insight: `${WORD} insight`,
        note: `${WORD} note`,
        tags: [WORD],
      },
    })
    expectStatus(snip, 201)
    const me = await house.ask(`${other.url}/v1/me`, { session })
    const keys = await house.ask(`${other.url}/v1/api-keys`, { session })
    const sessions = await house.ask(`${other.url}/v1/sessions`, { session })
    otherIds = [
      added.json.id,
      snip.json.id,
      me.json.person.id,
      me.json.organisation.id,
      ...keys.json.items.map(({ id }: { id: string }) => id),
      ...sessions.json.items.map(({ id }: { id: string }) => id),
      other.rid,
      WORD,
    ]
  })

  for (const route of allRoutes()) {
    if (route.method !== 'GET' || route.permission === 'public' || /:/.test(route.url)) continue
    it(`GET ${route.url} shows one nothing of the other`, async () => {
      const query =
        route.url === '/v1/search' ? `?q=${WORD}` : route.url.endsWith('consistency') ? '?from=1&to=2' : ''
      const reply = await house.ask(`${acme.url}${route.url}${query}`, { session: acmeSession })
      assert.ok(reply.status < 500, `${reply.status}`)
      const text = String(reply.bytes)
      for (const id of otherIds) {
        if (id === WORD && route.url === '/v1/search') continue
        assert.ok(!text.includes(id), `${id} in ${text.slice(0, 300)}`)
      }
    })
  }

  it('a search for a word that only the other has finds nothing and suggests nothing', async () => {
    for (const word of [WORD, WORD.slice(0, -1), `"${WORD} stands"`, WORD.slice(0, 6)]) {
      const q = encodeURIComponent(word)
      const mine = await house.ask(`${acme.url}/v1/search?q=${q}`, { session: acmeSession })
      expectStatus(mine, 200)
      assert.deepEqual(mine.json.items, [], word)
      assert.equal(mine.json.suggestion, null, word)
    }
    const theirs = await house.ask(`${other.url}/v1/search?q=${WORD}`, { apiKey: other.apiKey })
    assert.ok(theirs.json.items.length > 0)
  })

  it('the same file in both gives two records that know nothing of each other', async () => {
    const form = fileForm('same.pdf', onePagePdf('the same bytes for both'))
    const question = { body: form }
    const mine = await house.ask(`${acme.url}/v1/documents`, { session: acmeSession, ...question })
    const theirs = await house.ask(`${other.url}/v1/documents`, { apiKey: other.apiKey, ...question })
    expectStatus(mine, 201)
    expectStatus(theirs, 201)
    assert.notEqual(mine.json.id, theirs.json.id)
  })

  it('a credential with the routing id of the other opens nothing', async () => {
    const [, kind, secret] = acmeSession.split('.')
    const forged = `${other.rid}.${kind}.${secret}`
    expectStatus(await house.ask(`${acme.url}/v1/me`, { session: forged }), 401)
    expectStatus(await house.ask(`${acme.url}/v1/me`, { apiKey: acmeSession }), 401)
    expectStatus(await house.ask(`${acme.url}/v1/me`, { session: acme.apiKey }), 401)
  })

  it('is served in its own region alone', async () => {
    const [, globex] = house.tenants
    const reply = await house.ask(`${globex.url}/v1/me`, { session: acmeSession })
    assert.equal(reply.status, 421)
    assert.equal(reply.json.code, 'wrong_region')
    assert.equal(reply.json.details.url, acme.url)
  })

  it('two credentials in one request are refused', async () => {
    const reply = await house.ask(`${acme.url}/v1/me`, {
      session: acmeSession,
      headers: {
        cookie: `__Host-panoply-${acme.region}=${acmeSession}`,
        authorization: `Bearer ${acmeSession}, API-Key ${other.apiKey}`,
      },
    })
    assert.ok(reply.status === 401 || reply.json.organisation.id !== otherIds[3])
  })
})
