// Every route of the product, asked with one's own credential for the other's records, and with credentials that were swapped.
// Made from the route table, so a new route is tried before its author thinks of it. Must stay true: nothing asked here changes
// anything of one's own.
import type { Route, StreamType } from '#core/route.ts'
import type { Attempt, Outcome } from './attempt.ts'
import { foreignIds, isId } from './foreign-ids.ts'
import type { Canary, ProbeGround, WebAnswer, WebQuestion } from './probe-ground.ts'
import { NoSample, propertiesOf, sampleOf } from './sample-of.ts'

const DENIED = new Set([401, 403, 404, 421])
/** Not judged: the web sheds load, or an address, a key or a body was refused before anybody looked whose it is. */
const UNCLEAR = new Set([400, 408, 411, 413, 415, 422, 429, 503])

/** Everything `me` tries of `other` over HTTP. */
export function apiAttempts(ground: ProbeGround, me: Canary, other: Canary): Attempt[] {
  const routes = ground.products.flatMap((product) => product.routes)
  return routes.flatMap((route) => {
    if (route.permission === 'public') return []
    return [
      ...swapped(ground, route, me, other),
      ...(isAboutOne(route)
        ? foreign(ground, route, me, other)
        : route.method === 'GET'
          ? lists(ground, route, me, other)
          : []),
    ]
  })
}

/** Whether a route names a record of a tenant, in its path or its body. */
function isAboutOne(route: Route): boolean {
  return [route.schema.params, route.schema.body].some((schema) => schema && idNames(schema).length > 0)
}

/** Properties of a schema that hold the id of a record. */
function idNames(schema: unknown): string[] {
  return Object.entries(propertiesOf(schema)).flatMap(([name, of]) => (isId(of) ? [name] : []))
}

/** Ids of the other for the path and the body of a route, by name: each of the kind its schema asks for. */
function idsFor(route: Route, other: Canary): Readonly<Record<string, string>>[] {
  const lists = [route.schema.params, route.schema.body].flatMap((schema) =>
    schema
      ? idNames(schema).map((name): [string, string[]] => {
          const noun = new RegExp(`/([a-z-]+)/:${name}`).exec(route.url)?.[1] ?? ''
          return [name, foreignIds(other, noun, [propertiesOf(schema)[name]])]
        })
      : [],
  )
  const most = Math.max(0, ...lists.map(([, ids]) => ids.length))
  return Array.from({ length: most }, (_, index) =>
    Object.fromEntries(lists.map(([name, ids]) => [name, ids[index % ids.length] ?? ''])),
  )
}

/** One’s own credential, an id of the other. */
function foreign({ ask, region }: ProbeGround, route: Route, me: Canary, other: Canary): Attempt[] {
  return idsFor(route, other).map((ids) => ({
    layer: 'api',
    name: `${route.operationId} with an id of the other`,
    async run() {
      const question = questionOf(route, region, ids)
      if (!question) return 'unclear'
      const answer = await ask({ ...question, headers: { ...question.headers, ...credentialOf(me) } })
      return verdict(answer, other)
    },
  }))
}

/** A list must hold nothing of the other, also when it is asked for it by name. */
function lists({ ask, region }: ProbeGround, route: Route, me: Canary, other: Canary): Attempt[] {
  const query = route.schema.querystring ? propertiesOf(route.schema.querystring) : {}
  const asked = (more: Record<string, string>) => {
    const question = questionOf(route, region, more)
    return question && { ...question, headers: { ...question.headers, ...credentialOf(me) } }
  }
  const variants: [string, Record<string, string>][] = [['', {}]]
  if ('q' in query) variants.push([' for a word of the other', { q: other.word }])
  if ('code' in query && other.sealCode !== undefined)
    variants.push([' for a seal code of the other', { code: other.sealCode }])
  for (const name of route.schema.querystring ? idNames(route.schema.querystring) : []) {
    const [id] = foreignIds(other, '', [query[name]])
    if (id !== undefined) variants.push([` with ${name} of the other`, { [name]: id }])
  }
  return [
    ...variants.map(
      ([what, more]): Attempt => ({
        layer: 'api',
        name: `${route.operationId}${what}`,
        async run() {
          const question = asked(more)
          return question ? showsNothing(await ask(question), me, other, Object.values(more)) : 'unclear'
        },
      }),
    ),
    {
      layer: 'api',
      name: `${route.operationId} with headers that name the other`,
      async run() {
        const question = asked({})
        const headers = {
          'x-tenant-id': other.tenant,
          'x-forwarded-host': `${other.tenant}.localhost`,
          'x-original-url': `/t/${other.tenant}${route.url}`,
          'x-http-method-override': 'GET',
          cookie: `__Host-panoply-${region}=${other.tenant}.s.${'A'.repeat(43)}`,
        }
        return question
          ? showsNothing(await ask({ ...question, headers: { ...headers, ...question.headers } }), me, other)
          : 'unclear'
      },
    },
  ]
}

/** Credentials of which one part is the other's: each must open nothing at all. */
function swapped({ ask, region, ctx }: ProbeGround, route: Route, me: Canary, other: Canary): Attempt[] {
  const rest = (credential: string) => credential.slice(credential.indexOf('.'))
  const elsewhere = ctx.regions.find(({ name }) => name !== region)?.name
  const tries: [string, Record<string, string>, string?][] = [
    [
      'the other’s routing id before one’s own session',
      { authorization: `Bearer ${other.tenant}${rest(me.session)}` },
    ],
    [
      'the other’s routing id before one’s own key',
      { authorization: `API-Key ${other.tenant}${rest(me.apiKey)}` },
    ],
    ['one’s own key as a session', { authorization: `Bearer ${me.apiKey}` }],
    ['one’s own session as a key', { authorization: `API-Key ${me.session}` }],
  ]
  if (elsewhere !== undefined)
    tries.push(['one’s own key in another region', { authorization: `API-Key ${me.apiKey}` }, elsewhere])
  return tries.map(([what, headers, where = region]) => ({
    layer: 'api',
    name: `${route.operationId} with ${what}`,
    async run() {
      const [ids = {}] = isAboutOne(route) ? idsFor(route, other) : []
      const question = questionOf(route, where, ids)
      if (!question) return 'unclear'
      const answer = await ask({ ...question, headers: { ...question.headers, ...headers } })
      return verdict(answer, other)
    },
  }))
}

function credentialOf({ apiKey, session }: Canary): Record<string, string> {
  return { authorization: Math.random() < 0.5 ? `API-Key ${apiKey}` : `Bearer ${session}` }
}

/** A request that fits the schemas of the route; undefined when no sample of it is known. */
function questionOf(
  route: Route,
  region: string,
  named: Readonly<Record<string, string>>,
): WebQuestion | undefined {
  try {
    const path = route.url.replace(/:(\w+)/g, (_, name: string) =>
      name === 'n' || name === 'page' ? '1' : (named[name] ?? sampleParam(route, name)),
    )
    const query = new URLSearchParams()
    if (route.schema.querystring) {
      const needed = sampleOf(
        { ...route.schema.querystring, ...onlyRequired(route.schema.querystring) },
        named,
      )
      for (const [name, value] of Object.entries(Object(needed))) query.set(name, String(value))
      for (const name of Object.keys(propertiesOf(route.schema.querystring)))
        if (named[name] !== undefined) query.set(name, named[name])
    }
    const body = route.streaming ? streamed[route.streaming] : bodyOf(route, named)
    return {
      region,
      method: route.method,
      path: query.size > 0 ? `${path}?${query}` : path,
      headers: body ? { 'content-type': body.type } : {},
      ...(body ? { body: body.bytes } : {}),
    }
  } catch (error) {
    if (error instanceof NoSample) return undefined
    throw error
  }
}

const streamed: Readonly<Record<StreamType, { type: string; bytes: Buffer }>> = {
  'multipart/form-data': { type: 'multipart/form-data; boundary=x', bytes: Buffer.from('--x--\r\n') },
  'application/offset+octet-stream': { type: 'application/offset+octet-stream', bytes: Buffer.from('%PDF-') },
}

function bodyOf(route: Route, named: Readonly<Record<string, string>>) {
  if (!route.schema.body) return undefined
  return {
    type: 'application/json',
    bytes: Buffer.from(JSON.stringify(sampleOf(route.schema.body, named))),
  }
}

function sampleParam(route: Route, name: string): string {
  return String(sampleOf(propertiesOf(route.schema.params)[name] ?? {}))
}

function onlyRequired(schema: object): { properties: object; required: readonly string[] } {
  const required = 'required' in schema && Array.isArray(schema.required) ? schema.required.map(String) : []
  const all = Object.entries(propertiesOf(schema))
  return { required, properties: Object.fromEntries(all.filter(([name]) => required.includes(name))) }
}

function verdict({ status, text }: WebAnswer, other: Canary): Outcome {
  if (text.includes(other.word)) return 'hit'
  if (DENIED.has(status)) return 'denied'
  return UNCLEAR.has(status) ? 'unclear' : 'hit'
}

/** What was asked for may stand in the answer; nothing else of the other may. */
function showsNothing(answer: WebAnswer, me: Canary, other: Canary, asked: readonly string[] = []): Outcome {
  const { status, text } = answer
  if (UNCLEAR.has(status)) return 'unclear'
  if (status >= 500) return 'hit'
  const traces = [other.tenant, other.word, ...[...other.ids.values()].flat()]
  const own = new Set([...me.ids.values()].flat())
  return traces.some((trace) => !own.has(trace) && !asked.includes(trace) && text.includes(trace)) ||
    foreignIds(other, '', []).some((id) => !asked.includes(id) && text.includes(id))
    ? 'hit'
    : 'denied'
}
