import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { jsonBodyOf, type Route } from '#core/route.ts'
import { allRoutes } from '#server/route-table.ts'
import { products } from '#src/products.ts'
import { sampleOf } from '#trust/prober/sample-of.ts'
import type { Question, Reply } from '../ask.ts'
import { type DemoTenant, type Installation, theInstallation } from '../installation.ts'
import { aMember, ownerSession } from '../people.ts'
import { type PdxQuestion, signPdx } from '../sign-request.ts'
import { type RecordsByNoun, recordsOf } from './foreign-records.ts'

const DEFAULT_LIMIT = 1024 * 1024
/** What a member may do, and what needs a session alone: there is nobody who has a session but not these. */
const OF_EVERYBODY = new Set([
  'session',
  ...products
    .flatMap(({ permissions }) => permissions)
    .filter(({ roles }) => roles.includes('member'))
    .map(({ name }) => name),
])

/** What no key may, whatever its maker may. */
const OF_PEOPLE = new Set(
  products
    .flatMap(({ permissions }) => permissions)
    .filter(({ peopleOnly }) => peopleOnly)
    .map(({ name }) => name),
)

describe('every route', () => {
  let house: Installation
  let acme: DemoTenant
  let owner: string
  let member: string
  let revoked: string
  let records: RecordsByNoun
  /** Request ids of refusals that the tenant's log must hold. */
  const refused: { readonly id: string; readonly what: string }[] = []

  before(async () => {
    house = await theInstallation()
    const [first, second] = house.tenants
    acme = first
    owner = await ownerSession(house, acme)
    member = (await aMember(house, acme, 'door-keeper')).session
    revoked = await ownerSession(house, acme)
    await house.ask(`${acme.url}/v1/sessions/current`, { session: revoked, method: 'DELETE' })
    records = await recordsOf(house, second, await ownerSession(house, second))
  })

  /** The path with ids in it: of nobody, or those of the other tenant. */
  function pathOf(route: Route, whose: 'nobody' | 'foreign'): string {
    const path = route.url.replace(/\/([a-z-]+)\/:(\w+)/g, (_, noun: string, name: string) => {
      const known = records.get(noun)
      if (known) return `/${noun}/${known[whose]}`
      if (name === 'n' || name === 'page') return `/${noun}/1`
      throw new Error(`no record known for /${noun}/:${name}; add one to foreign-records.ts`)
    })
    const query = route.schema.querystring ? sampleOf(required(route.schema.querystring)) : {}
    const text = new URLSearchParams()
    for (const [key, value] of Object.entries(query as object)) text.set(key, String(value))
    return text.size > 0 ? `${path}?${text}` : path
  }

  function bodyOf(route: Route, whose: 'nobody' | 'foreign'): Question {
    const json = jsonBodyOf(route)
    if (!json) return {}
    const documentId = records.get('documents')?.[whose]
    return { json: sampleOf(json, documentId ? { documentId } : {}) }
  }

  const acmeHost = () => new URL(acme.url).host

  /** The same question signed in headers; `sent` replaces headers behind the signer's back. */
  function signed(
    route: Route,
    pair: DemoTenant['hmac'],
    change: Partial<PdxQuestion>,
    sent: Readonly<Record<string, string>> = {},
  ): Question {
    const { pathname, searchParams } = new URL(pathOf(route, 'nobody'), acme.url)
    const { json } = bodyOf(route, 'nobody')
    const { headers } = signPdx('header', pair, {
      method: route.method,
      path: decodeURIComponent(pathname),
      query: Object.fromEntries(searchParams),
      headers: { host: acmeHost() },
      body: json === undefined ? '' : JSON.stringify(json),
      date: new Date().toISOString().replace(/\.\d+/, ''),
      expires: 60,
      originator: 'doors',
      email: acme.owner.email,
      displayName: 'Owner',
      ...change,
    })
    return { ...(json === undefined ? {} : { json }), headers: { ...headers, ...sent } }
  }

  async function knock(route: Route, question: Question, path = pathOf(route, 'nobody')): Promise<Reply> {
    return house.ask(`${acme.url}${path}`, { method: route.method, ...question })
  }

  function expectRefusal(reply: Reply, status: number | readonly number[], what: string): void {
    const wanted = typeof status === 'number' ? [status] : status
    const text = String(reply.bytes.subarray(0, 300))
    assert.ok(
      wanted.includes(reply.status),
      `${what}: expected ${wanted.join(' or ')}, got ${reply.status} ${text}`,
    )
    assert.match(String(reply.headers['content-type']), /^application\/problem\+json/, what)
    assert.equal(reply.json.status, reply.status, what)
    assert.equal(typeof reply.json.code, 'string', what)
    assert.doesNotMatch(text, /\.ts:|node_modules|at Object\.|select |insert /i, what)
  }

  for (const route of allRoutes()) {
    const name = `${route.method} ${route.url}`
    const isPublic = route.permission === 'public'
    const hasBody = jsonBodyOf(route) !== undefined
    const hasId = /:(?!n\b|page\b)\w+/.test(route.url) || bodyNames(route).includes('documentId')

    // RFC 9110, 9.3.1 and 9.3.5: proxies may drop it.
    if (/^(GET|HEAD|DELETE)$/.test(route.method))
      it(`${name} takes no body`, () => assert.equal(hasBody, false))

    if (!isPublic) {
      it(`${name} without a session answers 401`, async () => {
        expectRefusal(await knock(route, bodyOf(route, 'nobody')), 401, name)
      })

      it(`${name} with a token that nobody has answers 401`, async () => {
        const session = `${acme.rid}.s.${'A'.repeat(43)}`
        expectRefusal(await knock(route, { session, ...bodyOf(route, 'nobody') }), 401, name)
      })

      it(`${name} with a revoked token answers 401 and leaves an event`, async () => {
        const reply = await knock(route, { session: revoked, ...bodyOf(route, 'nobody') })
        expectRefusal(reply, 401, name)
        refused.push({ id: reply.json.requestId, what: `${name}, revoked` })
      })
    }

    if (!isPublic) {
      it(`${name} with a signature that is forged, expired or of another host answers 401`, async () => {
        const forged = { id: acme.hmac.id, key: `${acme.hmac.key}x` }
        const refusals: [string, Question][] = [
          ['signature', signed(route, forged, {})],
          ['expired', signed(route, acme.hmac, { date: '2014-11-21T13:43:15Z' })],
          ['host', signed(route, acme.hmac, { headers: { host: 'localhost:1' } }, { host: acmeHost() })],
        ]
        for (const [reason, question] of refusals) {
          const reply = await knock(route, question)
          expectRefusal(reply, 401, `${name}, ${reason}`)
          assert.equal(reply.json.code, 'signature_refused', name)
          // A host that was swapped on the way is one more thing that does not match.
          assert.equal(reply.json.details.reason, reason === 'host' ? 'signature' : reason, name)
        }
      })
    }

    if (!isPublic && !OF_EVERYBODY.has(route.permission)) {
      it(`${name} without its permission answers 403 or 404 and leaves an event`, async () => {
        const reply = await knock(route, { session: member, ...bodyOf(route, 'nobody') })
        expectRefusal(reply, [403, 404], name)
        refused.push({ id: reply.json.requestId, what: `${name}, no permission` })
      })
    }

    if (OF_PEOPLE.has(route.permission)) {
      it(`${name} refuses the key of an owner, carried or signed for that owner, and leaves an event`, async () => {
        const ways = {
          carried: { apiKey: acme.apiKey, ...bodyOf(route, 'nobody') },
          signed: signed(route, acme.hmac, {}),
        }
        for (const [way, question] of Object.entries(ways)) {
          const reply = await knock(route, question)
          expectRefusal(reply, 403, `${name}, ${way}`)
          assert.deepEqual(reply.json.details, { permission: route.permission }, way)
          refused.push({ id: reply.json.requestId, what: `${name}, ${way} key` })
        }
      })
    }

    if (!isPublic && hasId) {
      it(`${name} answers another tenant as if the record did not exist`, async () => {
        const nobody = await knock(route, { session: owner, ...bodyOf(route, 'nobody') })
        const foreign = await knock(
          route,
          { session: owner, ...bodyOf(route, 'foreign') },
          pathOf(route, 'foreign'),
        )
        expectRefusal(foreign, 404, name)
        expectRefusal(nobody, 404, name)
        assert.equal(shape(foreign), shape(nobody), name)
        refused.push({ id: foreign.json.requestId, what: `${name}, another tenant` })
      })
    }

    if (hasBody) {
      it(`${name} refuses a body that is too large with 413`, async () => {
        const bytes = Buffer.alloc((route.bodyLimit ?? DEFAULT_LIMIT) + 2, 'a')
        bytes.write('"')
        const question = { session: owner, body: { type: 'application/json', bytes } }
        const reply = await knock(route, question)
        expectRefusal(reply, 413, name)
        if (!isPublic) refused.push({ id: reply.json.requestId, what: `${name}, too large` })
      })

      it(`${name} refuses what is no JSON with 400`, async () => {
        for (const bytes of ['{', '', '{"a":1,}', '\u0000', '[1', 'null x']) {
          const reply = await knock(route, { session: owner, body: { type: 'application/json', bytes } })
          expectRefusal(reply, 400, `${name} ${bytes}`)
        }
      })

      it(`${name} refuses another content type with 415`, async () => {
        const reply = await knock(route, { session: owner, body: { type: 'text/xml', bytes: '<a/>' } })
        expectRefusal(reply, 415, name)
      })

      it(`${name} refuses keys that it does not know with 400`, async () => {
        const body = bodyOf(route, 'nobody').json as Record<string, unknown>
        for (const key of ['unheard-of', '__proto__', 'constructor', 'tenant', 'id']) {
          const json = JSON.stringify(body).replace(
            /^\{/,
            `{"${key}":1${Object.keys(body).length > 0 ? ',' : ''}`,
          )
          const reply = await knock(route, {
            session: owner,
            body: { type: 'application/json', bytes: json },
          })
          expectRefusal(reply, 400, `${name} ${key}`)
        }
      })
    }

    if (route.schema.querystring) {
      it(`${name} refuses a query that it does not know with 400`, async () => {
        const path = pathOf(route, 'nobody')
        const reply = await knock(
          route,
          { session: owner },
          `${path}${path.includes('?') ? '&' : '?'}unheard-of=1`,
        )
        expectRefusal(reply, 400, name)
      })
    }
  }

  it('left an event for every refusal of somebody known', async () => {
    const left = new Map(refused.map(({ id, what }) => [id, what]))
    let cursor = ''
    for (let page = 0; page < 100 && left.size > 0; page++) {
      const reply = await house.ask(`${acme.url}/v1/audit?limit=100${cursor}`, { session: owner })
      for (const event of reply.json.items) {
        if (!left.delete(event.requestId)) continue
        assert.equal(event.outcome, 'refused')
        assert.equal(typeof event.ip, 'string')
      }
      if (reply.json.next === null) break
      cursor = `&cursor=${encodeURIComponent(reply.json.next)}`
    }
    assert.ok(refused.length > 0)
    assert.deepEqual([...left.values()], [])
  })

  it('that does not exist answers 404 to anybody, and nothing of itself', async () => {
    for (const path of ['/v1/unheard-of', '/v1/me/', '/V1/me', '//v1/me']) {
      for (const question of [{}, { session: owner }]) {
        const reply = await house.ask(`${acme.url}${path}`, {
          ...question,
          headers: { accept: 'application/json' },
        })
        // What is no address of the API is a page of the web app, which says nothing of anybody.
        const isPage = reply.status === 200 && /^text\/html/.test(String(reply.headers['content-type']))
        assert.ok([400, 401, 404].includes(reply.status) || isPage, `${path}: ${reply.status}`)
      }
    }
  })
})

function bodyNames(route: Route): string[] {
  const body = jsonBodyOf(route)
  return body && 'properties' in body && typeof body.properties === 'object'
    ? Object.keys(body.properties ?? {})
    : []
}

function required(schema: object): object {
  return {
    ...schema,
    required: 'required' in schema ? schema.required : [],
    properties: onlyRequired(schema),
  }
}

function onlyRequired(schema: object): object {
  const names = 'required' in schema && Array.isArray(schema.required) ? schema.required : []
  const all = 'properties' in schema ? Object.entries(schema.properties as object) : []
  return Object.fromEntries(all.filter(([name]) => names.includes(name)))
}

/** What a stranger sees of an answer: all but the request's own id. */
function shape(reply: Reply): string {
  const headers = ['content-type', 'content-length', 'cache-control', 'www-authenticate'].map(
    (name) => reply.headers[name],
  )
  return JSON.stringify([reply.status, headers, String(reply.bytes).replaceAll(reply.json.requestId, 'ID')])
}
