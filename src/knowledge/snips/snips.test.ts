import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { Ajv, type ValidateFunction } from 'ajv'
import { onePagePdf } from '#test/one-page-pdf.ts'
import type { Resident } from '#test/own-house.ts'
import { type OwnLibrary, openLibrary } from '#test/own-library.ts'
import { corpusJson, corpusPath } from '#test/vectors/corpus.ts'

const PAGES = [
  'The lighthouse keeper counts every ship that passes',
  'Nobody counts the gulls above the pier and nobody counts the gulls below',
]

let library: OwnLibrary
let reader: Resident
let documentId: string

before(async () => {
  library = await openLibrary()
  reader = await library.aResident()
  const added = await library.add(reader, onePagePdf(...PAGES), 'Harbour book.pdf')
  documentId = added.json.id
  const early = await capture({ page: 1, kind: 'text', quote: { exact: 'keeper' } })
  assert.deepEqual([early.status, early.json.code], [409, 'document_not_ready'])
  await library.work(reader)
})
after(() => library?.stop())

function capture(body: object) {
  return library.ask(reader, 'POST', '/v1/snips', { documentId, ...body })
}

test('a passage is captured with its place, its context and what a person makes of it', async () => {
  const made = await capture({
    page: 1,
    kind: 'text',
    quote: { exact: 'counts  every\nship' },
    insight: 'Traffic is measured by hand',
    note: "Robert'); DROP TABLE snip;-- {{7*7}} <script>alert(1)</script>",
    tags: ['Traffic', ' traffic ', 'Härbour'],
  })
  assert.equal(made.status, 201, made.bytes.toString())
  const { quote, position, rects, tags, note, documentTitle } = made.json
  assert.deepEqual(quote, {
    exact: 'counts every ship',
    prefix: 'The lighthouse keeper',
    suffix: 'that passes',
  })
  assert.equal(PAGES[0]?.slice(position.start, position.end), 'counts every ship')
  assert.deepEqual(tags, ['Traffic', 'Härbour'])
  assert.equal(note, "Robert'); DROP TABLE snip;-- {{7*7}} <script>alert(1)</script>")
  assert.equal(documentTitle, 'Harbour book')
  const [rect] = rects
  assert.equal(rects.length, 1)
  // 18 point Helvetica on a base line 720 points above the lower edge of a page of 842.
  assert.ok(
    rect.x > 72 && rect.x + rect.width < 540 && rect.y > 95 && rect.y + rect.height < 130,
    JSON.stringify(rect),
  )
  const found = await library.ask(reader, 'GET', `/v1/snips/${made.json.id}`)
  assert.deepEqual(found.json, made.json)
})

test('a passage over two pages is one quote with its place on each', async () => {
  const made = await capture({
    page: 1,
    kind: 'text',
    quote: { exact: 'every ship that passes', prefix: 'keeper counts ' },
    continues: [{ page: 2, exact: 'Nobody counts the gulls' }],
  })
  assert.equal(made.status, 201, made.bytes.toString())
  assert.deepEqual(made.json.quote, {
    exact: 'every ship that passes Nobody counts the gulls',
    prefix: 'The lighthouse keeper counts',
    suffix: 'above the pier and nobody counts',
  })
  const [second, ...more] = made.json.continues
  assert.deepEqual([second.page, second.position, more], [2, { start: 0, end: 23 }, []])
  assert.equal(second.rects.length, 1)
  const found = await library.ask(reader, 'GET', `/v1/snips/${made.json.id}`)
  assert.deepEqual(found.json, made.json)
  const hits = await library.ask(reader, 'GET', '/v1/search?q=%22passes+nobody%22&kind=snip')
  assert.ok(hits.json.items.some(({ id }: { id: string }) => id === made.json.id))
})

test('a passage goes on where it stands, on the page that follows, and nowhere else', async () => {
  const first = { page: 1, kind: 'text', quote: { exact: 'ship that passes' } }
  const cases: [object, number, string][] = [
    [{ ...first, continues: [{ page: 2, exact: 'lighthouse' }] }, 422, 'quote_not_found'],
    [{ ...first, continues: [{ page: 3, exact: 'gulls' }] }, 400, 'invalid_request'],
    [{ ...first, continues: [{ page: 1, exact: 'keeper' }] }, 400, 'invalid_request'],
    [
      {
        ...first,
        continues: [
          { page: 2, exact: 'gulls' },
          { page: 3, exact: 'gulls' },
        ],
      },
      422,
      'page_out_of_range',
    ],
    [
      {
        page: 1,
        kind: 'area',
        rects: [{ x: 60, y: 90, width: 200, height: 50 }],
        continues: [{ page: 2, exact: 'gulls' }],
      },
      400,
      'invalid_request',
    ],
  ]
  for (const [body, status, code] of cases) {
    const refused = await capture(body)
    assert.deepEqual([refused.status, refused.json.code], [status, code], JSON.stringify(body))
  }
})

test('equal passages of a page are told apart by what stands around them, and by where they were seen', async () => {
  const second = PAGES[1]?.lastIndexOf('nobody counts') ?? 0
  const byPrefix = await capture({
    page: 2,
    kind: 'text',
    quote: { exact: 'counts the gulls', prefix: 'and nobody ' },
  })
  assert.equal(byPrefix.json.position.start, second + 'nobody '.length)
  const byRect = await capture({
    page: 2,
    kind: 'text',
    quote: { exact: 'counts the gulls' },
    rects: byPrefix.json.rects,
  })
  assert.deepEqual(byRect.json.position, byPrefix.json.position)
  const first = await capture({ page: 2, kind: 'text', quote: { exact: 'counts the gulls' } })
  assert.equal(first.json.position.start, PAGES[1]?.indexOf('counts'))
})

test('what is not on the page cannot be captured', async () => {
  const cases: [object, number, string][] = [
    [{ page: 2, kind: 'text', quote: { exact: 'every ship that passes' } }, 422, 'quote_not_found'],
    [{ page: 3, kind: 'text', quote: { exact: 'gulls' } }, 422, 'page_out_of_range'],
    [{ page: 1, kind: 'text' }, 400, 'invalid_request'],
    [{ page: 1, kind: 'area' }, 400, 'invalid_request'],
    [{ page: 1, kind: 'area', rects: [{ x: 900, y: 0, width: 10, height: 10 }] }, 400, 'invalid_request'],
    [{ page: 1, kind: 'text', quote: { exact: 'ship' }, colour: 'red' }, 400, 'invalid_request'],
  ]
  for (const [body, status, code] of cases) {
    const refused = await capture(body)
    assert.deepEqual([refused.status, refused.json.code], [status, code], JSON.stringify(body))
  }
})

test('a rectangle is captured with its picture, and is found by the words inside it', async () => {
  const made = await capture({ page: 1, kind: 'area', rects: [{ x: 60, y: 90, width: 200, height: 50 }] })
  assert.equal(made.status, 201, made.bytes.toString())
  assert.deepEqual([made.json.quote, made.json.hasImage], [null, false])
  await library.work(reader)
  const image = await library.ask(reader, 'GET', `/v1/snips/${made.json.id}/image`)
  assert.equal(image.status, 200)
  assert.deepEqual([image.bytes.readUInt32BE(16), image.bytes.readUInt32BE(20)], [600, 150])
  assert.equal((await library.ask(reader, 'GET', `/v1/snips/${made.json.id}`)).json.hasImage, true)
  const hits = await library.ask(reader, 'GET', '/v1/search?q=lighthouse&kind=snip')
  assert.ok(hits.json.items.some(({ id }: { id: string }) => id === made.json.id))
})

test('the feed is narrowed by tag, document and author; a changed snip is found by its new words only', async () => {
  const made = await capture({
    page: 1,
    kind: 'text',
    quote: { exact: 'passes' },
    insight: 'Ephemeral zanzibar',
    tags: ['Passage'],
  })
  const { id, createdBy } = made.json
  const ids = async (query: string) => {
    const list = await library.ask(reader, 'GET', `/v1/snips?${query}`)
    return list.json.items.map((item: { id: string }) => item.id)
  }
  assert.deepEqual(await ids('tag=PASSAGE'), [id])
  assert.ok((await ids(`author=${createdBy}&documentId=${documentId}`)).includes(id))
  const changed = await library.ask(reader, 'PATCH', `/v1/snips/${id}`, {
    insight: 'Durable quetzal',
    tags: ['Bird'],
  })
  assert.deepEqual([changed.json.insight, changed.json.tags], ['Durable quetzal', ['Bird']])
  assert.deepEqual(await ids('tag=passage'), [])
  const search = async (q: string) => (await library.ask(reader, 'GET', `/v1/search?q=${q}`)).json
  assert.deepEqual((await search('zanzibar')).items, [])
  const [hit] = (await search('quetzal')).items
  assert.deepEqual([hit.kind, hit.id, hit.documentId, hit.page], ['snip', id, documentId, 1])
  assert.ok(
    hit.passage.some(({ text, match }: { text: string; match: boolean }) => match && text === 'quetzal'),
  )
  const tags = await library.ask(reader, 'GET', '/v1/tags')
  assert.ok(
    tags.json.items.some(({ tag, count }: { tag: string; count: number }) => tag === 'Bird' && count === 1),
  )
  assert.equal((await library.ask(reader, 'DELETE', `/v1/snips/${id}`)).status, 204)
  assert.deepEqual((await search('quetzal')).items, [])
})

test("another organisation's snips are not found", async () => {
  const made = await capture({ page: 1, kind: 'text', quote: { exact: 'keeper' } })
  const stranger = await library.aResident()
  assert.equal((await library.ask(stranger, 'GET', `/v1/snips/${made.json.id}`)).status, 404)
  assert.equal((await library.ask(stranger, 'PATCH', `/v1/snips/${made.json.id}`, { note: 'x' })).status, 404)
  const taken = await library.ask(stranger, 'POST', '/v1/snips', {
    documentId,
    page: 1,
    kind: 'text',
    quote: { exact: 'keeper' },
  })
  assert.equal(taken.status, 404)
})

test('a snip is a W3C annotation by the schemas of the W3C', async () => {
  const musts = annotationMusts()
  assert.ok(musts.length > 40)
  const area = await capture({
    page: 1,
    kind: 'area',
    rects: [{ x: 60, y: 90, width: 200, height: 50 }],
    tags: ['Map'],
  })
  const text = await capture({
    page: 2,
    kind: 'text',
    quote: { exact: 'gulls below' },
    insight: 'Gulls',
    note: 'Why?',
  })
  const running = await capture({
    page: 1,
    kind: 'text',
    quote: { exact: 'ship that passes' },
    continues: [{ page: 2, exact: 'Nobody counts' }],
  })
  await library.house.sealLog(reader)
  for (const { json } of [area, text, running]) {
    const answer = await library.ask(reader, 'GET', `/v1/snips/${json.id}`, undefined, {
      accept: 'application/ld+json',
    })
    assert.match(String(answer.headers['content-type']), /^application\/ld\+json/)
    const failed = musts
      .filter(({ validate, isExpected }) => validate(answer.json) !== isExpected)
      .map(({ name }) => name)
    assert.deepEqual(failed, [])
    const { target: _, ...withoutTarget } = answer.json
    assert.ok(musts.some(({ validate, isExpected }) => validate(withoutTarget) !== isExpected))
    const selectors = JSON.stringify(answer.json.target.selector)
    assert.match(selectors, /"value":"page=\d"/)
    const expected = json.continues.length > 0 ? /TextQuoteSelector.*RangeSelector/ : /TextQuoteSelector/
    assert.match(selectors, json.kind === 'area' ? /xywh=percent:/ : expected)
    if (json.kind === 'text') assert.match(selectors, /TextPositionSelector/)
    const seal = await library.ask(reader, 'GET', `/v1/records/${json.id}/seal`)
    assert.equal(answer.json['panoply:seal'], seal.json.code)
    assert.ok(seal.json.code)
  }
})

interface Must {
  readonly name: string
  readonly validate: ValidateFunction
  readonly isExpected: boolean
}

const CASES = 'web-annotation-tests'

/** The W3C's assertions, which are JSON Schema draft 4: brought to what Ajv reads. */
function annotationMusts(): Must[] {
  const ajv = new Ajv({ strict: false })
  ajv.addFormat('uri', /^[a-z][a-z0-9+.-]*:\S+$/i)
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/)
  for (const file of readdirSync(corpusPath(CASES, 'definitions'))) {
    ajv.addSchema(modern(corpusJson(CASES, 'definitions', file)), file)
  }
  const list = corpusJson<{ assertions: string[] }>(CASES, 'annotations/annotationMusts.test')
  return list.assertions.map((name: string) => {
    const schema = corpusJson<{ expectedResult?: string }>(CASES, name)
    const { expectedResult } = schema
    return { name, validate: ajv.compile(modern(schema)), isExpected: expectedResult !== 'invalid' }
  })
}

/** Draft 4 ignores what stands beside `$ref`, calls `$id` `id`, and says `exclusiveMinimum: true`. */
function modern(schema: unknown): object {
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk)
    if (typeof node !== 'object' || node === null) return node
    if ('$ref' in node && typeof node.$ref === 'string') return { $ref: node.$ref }
    return Object.fromEntries(
      Object.entries(node)
        .filter(
          ([key, value]) =>
            key !== '$schema' && value !== true && !(key === 'id' && typeof value === 'string'),
        )
        .map(([key, value]) => [key, walk(value)]),
    )
  }
  return Object(walk(schema))
}
