import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { onePagePdf } from '#test/one-page-pdf.ts'
import type { Resident } from '#test/own-house.ts'
import { type Answer, type OwnLibrary, openLibrary } from '#test/own-library.ts'

const FRAME = 2 ** 20

let library: OwnLibrary
let reader: Resident
let bytes: Buffer
let url: string

before(async () => {
  library = await openLibrary()
  reader = await library.aResident()
  // Three frames and a piece, different in every byte that a mistake could confuse.
  bytes = Buffer.concat([onePagePdf('Ranges'), Buffer.from('\n%'), randomBytes(3 * FRAME + 12_345)])
  const added = await library.add(reader, bytes, 'ranges.pdf')
  assert.equal(added.status, 201, String(added.bytes))
  url = `/v1/documents/${added.json.id}/content`
})
after(() => library?.stop())

function get(headers: Record<string, string>, path = url): Promise<Answer> {
  return library.ask(reader, 'GET', path, undefined, headers)
}

async function head(headers: Record<string, string>, path = url) {
  return library.house.app.inject({
    method: 'HEAD',
    url: path,
    headers: { authorization: `Bearer ${reader.token}`, ...headers },
  })
}

test('a file says its tag, its length and that it goes by ranges', async () => {
  const whole = await get({})
  assert.equal(whole.status, 200)
  assert.equal(whole.headers['accept-ranges'], 'bytes')
  assert.equal(whole.headers['content-length'], String(bytes.length))
  assert.match(String(whole.headers.etag), /^"[0-9a-f]{64}"$/)
  assert.match(String(whole.headers['cache-control']), /^private, no-cache$/)
  assert.ok(whole.bytes.equals(bytes))
})

test('any range comes back as exactly its bytes', async () => {
  const size = bytes.length
  // Around the edges of frames and of the file, where a mistake of one would be.
  const place = fc.oneof(
    fc.integer({ min: 0, max: size + 5 }),
    fc
      .tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: -2, max: 2 }))
      .map(([frame, off]) => Math.max(frame * FRAME + off, 0)),
    fc.integer({ min: size - 3, max: size + 3 }),
  )
  const asked = fc.oneof(
    fc.tuple(place, place).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    place.map((from) => `${from}-`),
    place.map((length) => `-${length}`),
  )
  await fc.assert(
    fc.asyncProperty(asked, async (range) => {
      const [first = '', last = ''] = range.split('-')
      const start = first === '' ? Math.max(size - Number(last), 0) : Number(first)
      const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
      const answer = await get({ range: `bytes=${range}` })
      if (start >= size) {
        assert.deepEqual([answer.status, answer.json?.code], [416, 'range_not_satisfiable'], range)
        assert.equal(answer.headers['content-range'], `bytes */${size}`)
        return
      }
      assert.equal(answer.status, 206, range)
      assert.equal(answer.headers['content-range'], `bytes ${start}-${end}/${size}`)
      assert.equal(answer.headers['content-length'], String(end - start + 1))
      assert.equal(answer.headers['content-type'], 'application/pdf')
      assert.ok(answer.bytes.equals(bytes.subarray(start, end + 1)), range)
    }),
    {
      numRuns: 40,
      examples: [['0-0'], ['0-'], ['-0'], [`${size}-`], [`-${size + 1}`], [`${FRAME - 1}-${FRAME}`]],
    },
  )
})

test('several ranges, other units and what is no range answer the whole', async () => {
  for (const range of ['bytes=0-1,5-6', 'pages=1-2', 'bytes=9-2', 'nonsense']) {
    const answer = await get({ range })
    assert.equal(answer.status, 200, range)
    assert.equal(answer.headers['content-range'], undefined)
    assert.equal(answer.bytes.length, bytes.length, range)
  }
})

test('a download goes on only if the file is still the same', async () => {
  const { etag } = (await head({})).headers
  assert.equal((await get({ range: 'bytes=10-19', 'if-range': String(etag) })).status, 206)
  for (const other of ['"0"', `W/${etag}`, 'Wed, 21 Oct 2026 07:28:00 GMT']) {
    const answer = await get({ range: 'bytes=10-19', 'if-range': other })
    assert.deepEqual([answer.status, answer.bytes.length], [200, bytes.length], other)
  }
  const failed = await get({ 'if-match': '"0"' })
  assert.deepEqual([failed.status, failed.json.code], [412, 'precondition_failed'])
})

test('what the caller has already is not sent, read or decrypted again', async () => {
  const { etag } = (await head({})).headers
  for (const known of [String(etag), `"0", W/${etag}`, '*']) {
    const answer = await get({ 'if-none-match': known, range: 'bytes=0-1' })
    assert.deepEqual([answer.status, answer.bytes.length, answer.headers.etag], [304, 0, etag])
    assert.equal(answer.headers['content-length'], undefined)
  }
  assert.equal((await get({ 'if-none-match': '"0"' })).status, 200)
})

test('HEAD says what GET would, ranges aside, and sends nothing', async () => {
  for (const headers of [{}, { range: 'bytes=0-1' }, { range: 'bytes=99999999-' }]) {
    const answer = await head(headers)
    assert.equal(answer.statusCode, 200)
    assert.deepEqual(
      [answer.headers['content-length'], answer.headers['content-type'], answer.headers['accept-ranges']],
      [String(bytes.length), 'application/pdf', 'bytes'],
    )
    assert.equal(answer.rawPayload.length, 0)
  }
  const { etag } = (await head({})).headers
  assert.equal((await head({ 'if-none-match': String(etag) })).statusCode, 304)
})

test('a page is not sent again to whoever has it', async () => {
  const added = await library.add(reader, onePagePdf('A page with a tag'))
  await library.work(reader)
  const page = `/v1/documents/${added.json.id}/pages/1?width=640`
  const first = await get({}, page)
  assert.equal(first.status, 200)
  assert.match(String(first.headers.etag), /^"[0-9a-f-]{36}"$/)
  const again = await get({ 'if-none-match': String(first.headers.etag) }, page)
  assert.deepEqual([again.status, again.bytes.length], [304, 0])
  assert.equal((await get({ 'if-none-match': '"other"' }, page)).bytes.length, first.bytes.length)
})

test('every request leaves one event, whatever it is answered with', async () => {
  const { etag } = (await head({})).headers
  const cases: [Record<string, string>, string, Record<string, unknown>][] = [
    [{}, 'knowledge.document.contentRead', { answer: 'whole' }],
    [{ range: 'bytes=5-9' }, 'knowledge.document.contentRead', { answer: 'part', start: 5, end: 9 }],
    [{ range: 'bytes=5-9,11-12' }, 'knowledge.document.contentRead', { answer: 'whole' }],
    [{ 'if-none-match': String(etag) }, 'knowledge.document.contentRead', { answer: 'unchanged' }],
    [
      { range: `bytes=${bytes.length}-` },
      'core.request.refused',
      { operation: 'readDocumentContent', code: 'range_not_satisfiable' },
    ],
    [
      { 'if-match': '"0"' },
      'core.request.refused',
      { operation: 'readDocumentContent', code: 'precondition_failed' },
    ],
  ]
  const tenant = await library.ctx.tenant(reader.token.split('.')[0] ?? '')
  const events = () =>
    tenant
      .db('activity')
      .selectFrom('audit')
      .select(['id', 'action', 'detail'])
      .where('action', 'in', ['knowledge.document.contentRead', 'core.request.refused'])
      .orderBy('id')
      .execute()
  for (const [headers, action, detail] of cases) {
    const before = (await events()).length
    await get(headers)
    const after = await events()
    assert.equal(after.length, before + 1, JSON.stringify(headers))
    assert.deepEqual([after.at(-1)?.action, after.at(-1)?.detail], [action, detail])
  }
  const before = (await events()).length
  await head({})
  assert.deepEqual(
    (await events()).slice(before).map((event) => event.detail),
    [{ answer: 'head' }],
  )
})

test('ranges of a large file take little memory', async () => {
  const large = Buffer.concat([onePagePdf('Large'), Buffer.alloc(40 * FRAME, 32)])
  const added = await library.add(reader, large)
  assert.equal(added.status, 201)
  const path = `/v1/documents/${added.json.id}/content`
  await get({ range: 'bytes=0-99' }, path)
  global.gc?.()
  const { rss } = process.memoryUsage()
  for (let at = 0; at < large.length; at += 4 * FRAME) {
    const part = await get({ range: `bytes=${at}-${at + 65_535}` }, path)
    assert.ok(part.bytes.equals(large.subarray(at, at + 65_536)))
  }
  const grown = process.memoryUsage().rss - rss
  assert.ok(grown < 32 * FRAME, `${Math.round(grown / FRAME)} MiB`)
})
