import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ERROR_CODES } from '#core/errors.ts'
import { newId } from '#core/ids.ts'
import { jsonBodyOf, type Route } from '#core/route.ts'
import { mergeSegmentsTask } from '#core/search/merge-segments.job.ts'
import { allRoutes } from '#server/route-table.ts'
import { sampleOf } from '#trust/prober/sample-of.ts'
import { fileForm } from '../ask.ts'
import { onePagePdf } from '../one-page-pdf.ts'
import type { Resident } from '../own-house.ts'
import { type OwnLibrary, openLibrary } from '../own-library.ts'
import { naughtyStrings, ownNaughtyStrings } from './naughty-strings.ts'
import { type StringField, stringFieldsOf, textAt, withText } from './string-fields.ts'

const AT_ONCE = 24 // The line for passwords takes 64.
/** Fields that cost two passes of argon2id a request: they get our own strings and each twelfth of the list. */
const DEAR = ['changePassword', 'createAccount', 'openSession']
/** A field that is checked as another one is gets our own strings and each eighth of the list, another eighth each time. */
const SHARE = 8

/** Where what was stored is read again: from the answer's id, or from the one record there is. */
const READ_BACK: Readonly<Record<string, (id: string) => string>> = {
  renameDocument: (id) => `/v1/documents/${id}`,
  addDocument: (id) => `/v1/documents/${id}`,
  captureSnip: (id) => `/v1/snips/${id}`,
  updateSnip: (id) => `/v1/snips/${id}`,
  updateOrganisation: () => '/v1/organisation',
}

/** Fields that name something: what is kept of them can be seen. */
const NAMES = ['name', 'displayName', 'organisationName', 'title']

interface Sent {
  readonly status: number
  readonly json: unknown
}

describe('texts that break careless software', () => {
  const strings = naughtyStrings()
  const own = new Set(ownNaughtyStrings)
  let library: OwnLibrary
  let reader: Resident
  let ids: Record<string, string>
  let requests = 0
  let accepted = 0
  /** Requests that reached a route with a session, so that each must have left an event of its own. */
  let signed = 0
  let turn = 0

  before(async () => {
    library = await openLibrary()
    reader = await library.aResident()
    const added = await library.add(reader, onePagePdf('The lighthouse keeper counts the ships'))
    await library.work(reader)
    const snip = await library.ask(reader, 'POST', '/v1/snips', snipOf(added.json.id))
    assert.equal(snip.status, 201, String(snip.bytes))
    const me = await library.ask(reader, 'GET', '/v1/me')
    ids = { documents: added.json.id, snips: snip.json.id, people: me.json.person.id }
  })
  after(() => library?.stop())

  function snipOf(documentId: string) {
    return { documentId, page: 1, kind: 'area', rects: [{ x: 60, y: 90, width: 200, height: 60 }] }
  }

  /** The body that the route accepts before a field is changed. */
  function bodyOf(route: Route, field: StringField): unknown {
    const documentId = ids.documents ?? ''
    if (route.operationId === 'captureSnip' && ['quote', 'continues'].includes(field.path[0] ?? ''))
      return { documentId, page: 1, kind: 'text', quote: { exact: 'lighthouse keeper' } }
    if (route.operationId === 'captureSnip') return snipOf(documentId)
    if (route.operationId === 'createAccount')
      return {
        email: `n${++turn}@naughty-${turn}.example`,
        password: `quiet meadow ${turn} brook`,
        displayName: 'Nobody',
        country: 'SE',
      }
    if (route.operationId === 'openSession')
      return { email: 'nobody@naughty.example', password: 'quiet meadow brook' }
    const json = jsonBodyOf(route)
    return json && Object.keys(sample(json)).length > 0 && field.part !== 'body'
      ? sample(json)
      : requiredOf(route)
  }

  function requiredOf(route: Route): Record<string, unknown> {
    const body = jsonBodyOf(route)
    if (!body || !('required' in body) || !Array.isArray(body.required) || body.required.length === 0)
      return {}
    return sample(body)
  }

  function pathOf(route: Route, field: StringField, text: string): string {
    const path = route.url.replace(/([a-z-]+)\/:(\w+)/g, (_, noun: string, name: string) => {
      const isField = field.part === 'params' && field.path[0] === name
      return `${noun}/${isField ? encoded(text) : (ids[noun] ?? '1')}`
    })
    if (field.part !== 'querystring') return path
    return `${path}?${field.path[0]}=${encoded(text)}`
  }

  async function send(
    route: Route,
    field: StringField,
    texts: ReadonlyMap<StringField, string>,
  ): Promise<Sent> {
    const text = texts.get(field) ?? ''
    const url = pathOf(route, field, text)
    let body: unknown
    if (jsonBodyOf(route) !== undefined) {
      body = bodyOf(route, field)
      if (field.part === 'body') for (const [each, value] of texts) body = withText(body, each.path, value)
    }
    const isPublic = route.permission === 'public'
    const response = await library.house.app.inject({
      method: route.method,
      url,
      headers: isPublic ? {} : { authorization: `Bearer ${reader.token}` },
      ...(body === undefined ? {} : { payload: body as object }),
    })
    if (!isPublic && isRouted(field, text)) signed++
    const what = `${route.method} ${route.url} ${field.part}.${field.path.join('.')} ${JSON.stringify([...texts.values()].map((value) => value.slice(0, 80)))}`
    return checked(route, what, response)
  }

  function checked(
    route: Route,
    what: string,
    response: Awaited<ReturnType<OwnLibrary['house']['app']['inject']>>,
  ): Sent {
    requests++
    const { statusCode: status, body } = response
    const said = `${what}: ${status} ${body.slice(0, 300)}`
    const type = String(response.headers['content-type'] ?? '')
    assert.ok(status < 500, said)
    if (status >= 400) {
      assert.match(type, /^application\/problem\+json/, said)
      const problem = JSON.parse(body)
      assert.equal(ERROR_CODES[problem.code as keyof typeof ERROR_CODES]?.status, status, said)
      assert.doesNotMatch(body, /node_modules|\.ts:\d|at Object\.|syntax error|select |insert /i, said)
      return { status, json: problem }
    }
    accepted++
    assert.ok(String(status) in route.schema.response, `undocumented: ${said}`)
    if (status === 204) return { status, json: undefined }
    if (!/^(image\/png|application\/pdf)/.test(type)) assert.match(type, /^application\/json/, said)
    return { status, json: /json/.test(type) ? JSON.parse(body) : undefined }
  }

  /** What was accepted is what the answer says, and what is read again afterwards. */
  async function expectKept(
    route: Route,
    sent: Sent,
    texts: ReadonlyMap<StringField, string>,
    index: number,
  ): Promise<void> {
    const id = textAt(sent.json, ['id'])
    const isReadAgain = index < own.size || index % 4 === 0
    const address = isReadAgain ? READ_BACK[route.operationId]?.(typeof id === 'string' ? id : '') : undefined
    const again = address === undefined ? undefined : (await library.ask(reader, 'GET', address)).json
    if (address !== undefined) signed++
    for (const [field, text] of texts) {
      if (field.part !== 'body' || textAt(sent.json, field.path.slice(0, 1)) === undefined) continue
      const shown = textAt(sent.json, field.path)
      // A list drops what has nothing in it to see.
      if (shown === undefined && field.path.at(-1) === '[]' && visible(text) === '') continue
      // A quote is cut to what is told apart by it, from the page itself.
      if (field.path[0] === 'quote' || field.path[0] === 'continues') continue
      const what = `${route.operationId} ${field.path.join('.')}: ${JSON.stringify(text.slice(0, 80))} became ${JSON.stringify(shown)}`
      // A domain has one spelling.
      const kept = field.path[0] === 'domains' ? text.toLowerCase() : text
      assert.equal(visible(String(shown)), visible(kept), what)
      assert.ok(visible(String(shown)) !== '' || !NAMES.includes(field.path.at(-1) ?? ''), what)
      if (again !== undefined) assert.deepEqual(textAt(again, field.path), shown, route.operationId)
    }
  }

  /** Stops at the first that fails, so that what is left does not run into the next test. */
  async function eachOf<T>(
    items: readonly T[],
    work: (item: T) => Promise<void>,
    atOnce = AT_ONCE,
  ): Promise<void> {
    const left = items[Symbol.iterator]()
    let isFailed = false
    const lane = async () => {
      for (const item of left) {
        if (isFailed) return
        await work(item).catch((error: unknown) => {
          isFailed = true
          throw error
        })
      }
    }
    await Promise.all(Array.from({ length: atOnce }, lane))
  }

  /** What the worker would do meanwhile. */
  const merge = () => library.run(reader, mergeSegmentsTask, newId())

  const seen = new Set<string>()
  let shift = 0
  function stringsFor(route: Route, field: StringField): readonly string[] {
    if (DEAR.includes(route.operationId))
      return strings.filter((text, index) => own.has(text) || index % 12 === 0)
    if (field.isFree || !seen.has(field.kind)) {
      seen.add(field.kind)
      return strings
    }
    const share = shift++ % SHARE
    return strings.filter((text, index) => own.has(text) || index % SHARE === share)
  }

  // Reading first: a search over what the writing routes leave is another test's matter, and the last one's here.
  const routes = allRoutes().toSorted((a, b) => Number(a.method !== 'GET') - Number(b.method !== 'GET'))
  for (const route of routes) {
    for (const fields of groupsOf(stringFieldsOf(route))) {
      const [first] = fields
      if (!first) continue
      const names = fields.map((field) => field.path.join('.')).join(', ')
      it(`in ${first.part} ${names} of ${route.method} ${route.url} are refused or kept`, async () => {
        const present = visible((await library.ask(reader, 'GET', '/v1/organisation')).json.name)
        // Its own name would end the organisation.
        const chosen = stringsFor(route, first).filter((text) => visible(text) !== present)
        await eachOf(
          [...chosen.keys()],
          async (index) => {
            const texts = new Map(
              fields.map((field, step) => [field, chosen[(index + step * 7) % chosen.length] ?? '']),
            )
            const all = await send(route, first, texts)
            if (all.status < 300) return expectKept(route, all, texts, index)
            if (fields.length === 1) return
            for (const [field, text] of texts) {
              const single = new Map([[field, text]])
              const sent = await send(route, field, single)
              if (sent.status < 300) await expectKept(route, sent, single, index)
            }
          },
          // Writers of one record would find each other's text.
          route.method === 'PATCH' ? 1 : AT_ONCE,
        )
        if (route.url.startsWith('/v1/snips')) await merge()
      })
    }
  }

  it('as names and titles of files are refused or kept, whatever the form does with them', async () => {
    const add = allRoutes().find(({ operationId }) => operationId === 'addDocument')
    assert.ok(add)
    const chosen = strings.filter((text, index) => own.has(text) || index % 4 === 0)
    await eachOf(
      [...chosen.keys()],
      async (index) => {
        const [name = '', title = ''] = [chosen[index], chosen[(index + 5) % chosen.length]]
        const bytes = Buffer.concat([onePagePdf(`File ${index}`), Buffer.from(`\n%${index}\n`)])
        // As browsers write it (WHATWG, multipart/form-data encoding); every other one raw.
        const written =
          index % 2 === 0 ? name.replace(/["\r\n]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`) : name
        const form = fileForm(written, bytes, 'application/pdf', title)
        const response = await library.house.app.inject({
          method: 'POST',
          url: '/v1/documents',
          headers: { authorization: `Bearer ${reader.token}`, 'content-type': form.type },
          payload: form.bytes,
        })
        signed++
        const sent = checked(add, `file ${JSON.stringify([name, title])}`, response)
        if (sent.status >= 300) return
        const { id, fileName, title: shown } = sent.json as { id: string; fileName: string; title: string }
        assert.ok(fileName !== '' && shown !== '')
        assert.doesNotMatch(fileName, /[/\\\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u)
        if (visible(title) !== '') assert.equal(visible(shown), visible(title))
        const again = (await library.ask(reader, 'GET', `/v1/documents/${id}`)).json
        signed++
        assert.deepEqual([again.fileName, again.title], [fileName, shown])
        const content = await library.ask(reader, 'GET', `/v1/documents/${id}/content`)
        signed++
        assert.match(
          String(content.headers['content-disposition']),
          /^attachment; filename="[ -~]+"; filename\*=UTF-8''[!-~]+$/,
        )
        // A raw line end is the sender's own: what follows it is the form, not the name.
        if (written === name && /[\r\n]/.test(name)) return
        assert.ok(content.bytes.equals(bytes), JSON.stringify(name))
      },
      8,
    )
  })

  it('in an address, raw, are refused', async () => {
    const [route] = allRoutes().filter(({ operationId }) => operationId === 'findDocument')
    assert.ok(route)
    for (const raw of [
      '%',
      '%zz',
      '%00',
      '%ff',
      '%ED%A0%80',
      '%c0%ae%c0%ae',
      '%2e%2e%2f',
      'a%0d%0ab',
      '%u0041',
      ';a',
      'a%2fb',
    ]) {
      for (const url of [
        `/v1/documents/${raw}`,
        `/v1/documents?q=${raw}`,
        `/v1/search?q=x&kind=${raw}`,
        `/${raw}`,
      ]) {
        const response = await library.house.app.inject({
          method: 'GET',
          url,
          headers: { authorization: `Bearer ${reader.token}` },
        })
        checked(route, url, response)
      }
    }
  })

  it('each left an event, and all of the house is still in order', async (t) => {
    const tenant = await library.ctx.tenant(reader.token.split('.')[0] ?? '')
    const { count } = await tenant
      .db('activity')
      .selectFrom('audit')
      .select(({ fn }) => fn.count<number>('request_id').distinct().as('count'))
      .executeTakeFirstOrThrow()
    t.diagnostic(`${requests} requests with ${strings.length} strings, ${accepted} accepted`)
    assert.ok(requests > 10_000, `${requests} requests`)
    assert.ok(accepted > 1_000, `${accepted} accepted`)
    assert.ok(Number(count) >= signed, `${count} events of ${signed} requests`)
    for (const url of [
      '/v1/me',
      '/v1/documents?limit=200',
      '/v1/snips?limit=200',
      '/v1/tags',
      '/v1/people',
      '/v1/api-keys',
      '/v1/organisation',
      '/v1/activity',
    ])
      assert.equal((await library.ask(reader, 'GET', url)).status, 200, url)
    await merge()
    for (const text of ownNaughtyStrings.filter(({ length }) => length > 0 && length < 500)) {
      const found = await library.ask(reader, 'GET', `/v1/search?q=${encoded(text)}`)
      assert.equal(found.status, 200, text)
    }
    const halfDone = await tenant
      .db('activity')
      .selectFrom('document_blob')
      .select('id')
      .where('use', '=', 'original')
      .where('state', '<>', 'stored')
      .execute()
    assert.deepEqual(halfDone, [])
  })
})

/**
 * Fields that go in one request, each with another string: free ones side by side; if that is refused, one by one.
 * All others alone, also the words of a quote, which are refused unless they stand on the page.
 */
function groupsOf(fields: readonly StringField[]): StringField[][] {
  const place = ({ part, path, isFree }: StringField) =>
    part === 'body' && isFree && path.at(-1) !== 'exact'
      ? path
          .filter((name) => name !== '[]')
          .slice(0, -1)
          .join('.')
      : `${part} ${path.join('.')}`
  return [...Map.groupBy(fields, place).values()]
}

function sample(schema: unknown): Record<string, unknown> {
  return sampleOf(schema) as Record<string, unknown>
}

/** What can be seen of a text; cleaning may take only the rest. */
function visible(text: string): string {
  return text
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Z}\s\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\ufff9-\ufffb]/gu, '')
}

/** How a browser would write it into an address; half of a pair cannot be. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

/** Whether a text in a path leads to the route at all: an empty one, a dot or a very long one is another address. */
function isRouted(field: StringField, text: string): boolean {
  return (
    field.part !== 'params' || !(text === '' || text === '.' || text === '..' || encoded(text).length > 200)
  )
}
