import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { fromApi } from '#core/ids.ts'
import type { Resident } from '#test/own-house.ts'
import { type OwnLibrary, openLibrary } from '#test/own-library.ts'
import { byHand, code, metadata, patch, pdfOf, start } from '#test/tus-by-hand.ts'
import { MOST_OPEN } from './start-upload.ts'
import { UPLOAD_DAYS } from './upload-record.ts'

const DAY = 86_400_000

describe('an upload', () => {
  let library: OwnLibrary
  let reader: Resident
  before(async () => {
    library = await openLibrary()
    reader = await library.aResident()
  })
  after(() => library?.stop())
  const { ask, head, db, blobs } = byHand(() => ({ library, reader }))

  it('tells what it speaks to anybody', async () => {
    const { statusCode, headers } = await library.house.app.inject({ method: 'OPTIONS', url: '/v1/uploads' })
    assert.equal(statusCode, 204)
    assert.equal(headers['tus-version'], '1.0.0')
    assert.equal(headers['tus-extension'], 'creation,creation-with-upload,termination,expiration,checksum')
    assert.equal(headers['tus-max-size'], String(100 * 2 ** 20))
    assert.equal(headers['tus-checksum-algorithm'], 'sha256,sha1')
  })

  it('arrives in pieces and is one document with the same bytes', async () => {
    const before = await blobs()
    const bytes = pdfOf(3000)
    const begun = await start(library, reader, bytes.length, metadata({ filename: 'minutes of March.pdf' }))
    assert.equal(begun.status, 201, String(begun.bytes))
    const { id } = begun.json
    assert.equal(begun.headers.location, `/v1/uploads/${id}`)
    assert.equal(begun.headers['upload-offset'], '0')
    assert.ok(Date.parse(String(begun.headers['upload-expires'])) > Date.now() + (UPLOAD_DAYS - 1) * DAY)
    for (const [from, to] of [
      [0, 7],
      [7, 1500],
      [1500, 2999],
    ] as const) {
      const sent = await patch(library, reader, id, from, bytes.subarray(from, to))
      assert.deepEqual([sent.status, sent.headers['upload-offset']], [204, String(to)])
      assert.equal(sent.headers['panoply-document'], undefined)
    }
    const asked = await head(id)
    assert.deepEqual(
      [
        asked.status,
        asked.headers['upload-offset'],
        asked.headers['upload-length'],
        asked.headers['cache-control'],
      ],
      [200, '2999', '3000', 'no-store'],
    )
    assert.equal(asked.headers['upload-metadata'], metadata({ filename: 'minutes of March.pdf' }))
    const last = await patch(library, reader, id, 2999, bytes.subarray(2999))
    assert.deepEqual([last.status, last.headers['upload-offset']], [204, '3000'])
    const document = String(last.headers['panoply-document'])
    const found = await library.ask(reader, 'GET', `/v1/documents/${document}`)
    assert.deepEqual(
      [found.json.fileName, found.json.title, found.json.size],
      ['minutes of March.pdf', 'minutes of March', 3000],
    )
    assert.ok((await library.ask(reader, 'GET', `/v1/documents/${document}/content`)).bytes.equals(bytes))
    const told = await ask('GET', `/v1/uploads/${id}`)
    assert.deepEqual([told.json.documentId, told.json.offset, told.json.isDuplicate], [document, 3000, false])
    assert.equal((await head(id)).headers['panoply-document'], document)
    assert.equal((await blobs()).length, before.length + 1, 'no part is left')
    assert.deepEqual((await ask('GET', '/v1/uploads')).json.items, [])
  })

  it('may bring its bytes with its beginning', async () => {
    const bytes = pdfOf(2000)
    const whole = await start(library, reader, 2000, metadata({ filename: 'at once.pdf' }), bytes)
    assert.equal(whole.status, 201, String(whole.bytes))
    assert.deepEqual([whole.headers['upload-offset'], whole.json.offset], ['2000', 2000])
    assert.match(String(whole.headers['panoply-document']), /^doc_/)
    const half = await start(library, reader, 2000, '', pdfOf(2000).subarray(0, 1000))
    assert.deepEqual([half.status, half.headers['upload-offset']], [201, '1000'])
    assert.equal((await ask('DELETE', `/v1/uploads/${half.json.id}`)).status, 204)
  })

  it('of a file that is here already answers the document that is', async () => {
    const bytes = pdfOf(2000)
    const first = await start(library, reader, 2000, '', bytes)
    const before = await blobs()
    const again = await start(library, reader, 2000, '', bytes)
    assert.equal(again.headers['panoply-document'], first.headers['panoply-document'])
    assert.deepEqual([again.headers['panoply-duplicate'], again.json.isDuplicate], ['?1', true])
    assert.equal(first.headers['panoply-duplicate'], undefined)
    assert.deepEqual(await blobs(), before)
    const upload = fromApi('upl', again.json.id)
    const row = await (await db())
      .selectFrom('upload')
      .select('document_id')
      .where('id', '=', upload)
      .executeTakeFirstOrThrow()
    const stateOfKey = async () =>
      (
        await (
          await db()
        )
          .selectFrom('key')
          .select('state')
          .where('subject', '=', row.document_id)
          .executeTakeFirstOrThrow()
      ).state
    assert.equal(await stateOfKey(), 'live', 'its name is told until it is removed')
    assert.equal((await ask('DELETE', `/v1/uploads/${again.json.id}`)).status, 204)
    assert.equal(await stateOfKey(), 'destroyed')
  })

  it('is refused where its bytes do not follow, and keeps what it has', async () => {
    const bytes = pdfOf(2000)
    const { id } = (await start(library, reader, 2000, '', bytes.subarray(0, 1200))).json
    for (const offset of [0, 1199, 1201, 2000]) {
      const refused = await patch(library, reader, id, offset, bytes.subarray(0, 10))
      assert.deepEqual(code(refused), [409, 'upload_offset'])
      assert.equal(refused.json.details.offset, 1200)
      assert.equal(refused.headers['tus-resumable'], '1.0.0')
    }
    assert.equal((await head(id)).headers['upload-offset'], '1200')
    assert.deepEqual(code(await patch(library, reader, id, 1200, bytes.subarray(0, 801))), [
      413,
      'body_too_large',
    ])
    assert.equal((await head(id)).headers['upload-offset'], '1200')
    const empty = await patch(library, reader, id, 1200, Buffer.alloc(0))
    assert.deepEqual([empty.status, empty.headers['upload-offset']], [204, '1200'])
    assert.equal((await ask('DELETE', `/v1/uploads/${id}`)).status, 204)
    assert.deepEqual(
      [(await head(id)).status, (await patch(library, reader, id, 1200, bytes)).status],
      [404, 404],
    )
  })

  it('keeps nothing of a request whose checksum is wrong, and all of one whose is right', async () => {
    const bytes = pdfOf(2000)
    const { id } = (await start(library, reader, 2000)).json
    const sum = (name: string, of: Buffer) => ({
      'upload-checksum': `${name} ${createHash(name).update(of).digest('base64')}`,
    })
    const before = await blobs()
    const wrong = await patch(library, reader, id, 0, bytes.subarray(0, 1500), sum('sha256', bytes))
    assert.deepEqual(code(wrong), [460, 'checksum_mismatch'])
    assert.equal((await head(id)).headers['upload-offset'], '0')
    assert.deepEqual(await blobs(), before)
    for (const bad of [
      'md5 AAAA',
      'sha256',
      'sha256 AAAA',
      'sha1 %',
      `${sum('sha1', bytes)['upload-checksum']} x`,
    ])
      assert.deepEqual(
        code(await patch(library, reader, id, 0, bytes, { 'upload-checksum': bad })),
        [400, 'invalid_request'],
        bad,
      )
    const right = await patch(
      library,
      reader,
      id,
      0,
      bytes.subarray(0, 1500),
      sum('sha1', bytes.subarray(0, 1500)),
    )
    assert.deepEqual([right.status, right.headers['upload-offset']], [204, '1500'])
    const last = await patch(
      library,
      reader,
      id,
      1500,
      bytes.subarray(1500),
      sum('sha256', bytes.subarray(1500)),
    )
    assert.match(String(last.headers['panoply-document']), /^doc_/)
  })

  it('is refused by its length, its version, its type and its metadata', async () => {
    const begin = (headers: Record<string, string>) => ask('POST', '/v1/uploads', headers)
    const refusals: [Record<string, string>, number, string][] = [
      [{ 'upload-length': String(100 * 2 ** 20 + 1) }, 413, 'file_too_large'],
      [{ 'upload-length': '0' }, 422, 'empty_file'],
      [{}, 400, 'invalid_request'],
      [{ 'upload-defer-length': '1' }, 400, 'invalid_request'],
      [{ 'upload-length': '1', 'tus-resumable': '0.2.2' }, 412, 'protocol_version'],
      [{ 'upload-length': '1', 'upload-metadata': 'filename' + '=' }, 400, 'invalid_request'],
      [{ 'upload-length': '1', 'upload-metadata': 'unheard-of AAAA' }, 400, 'invalid_request'],
      [
        { 'upload-length': '1', 'upload-metadata': `filename ${Buffer.of(0xff, 0xfe).toString('base64')}` },
        400,
        'invalid_request',
      ],
      [{ 'upload-length': '1', 'upload-metadata': 'name AAAA,name AAAA' }, 400, 'invalid_request'],
      [{ 'upload-length': '1', 'upload-metadata': `filename ${'A'.repeat(9000)}` }, 400, 'invalid_request'],
      ...['-1', '1.0', '1e3', '0x10', '01', ' ', '1,1', '9999999999999999'].map(
        (length): [Record<string, string>, number, string] => [
          { 'upload-length': length },
          400,
          'invalid_request',
        ],
      ),
    ]
    for (const [headers, status, name] of refusals) {
      const refused = await begin(headers)
      assert.deepEqual(code(refused), [status, name], JSON.stringify(headers))
      assert.equal(refused.headers['tus-version'], '1.0.0')
    }
    const { id } = (await start(library, reader, 10)).json
    const body = Buffer.from('%PDF-')
    const type = { 'content-type': 'application/pdf' }
    assert.deepEqual(code(await patch(library, reader, id, 0, body, type)), [415, 'unsupported_media_type'])
    assert.deepEqual(code(await patch(library, reader, id, 0, body, { 'tus-resumable': '2.0.0' })), [
      412,
      'protocol_version',
    ])
    assert.deepEqual(code(await patch(library, reader, id, '-1', body)), [400, 'invalid_request'])
    assert.deepEqual((await ask('DELETE', `/v1/uploads/${id}`, { 'tus-resumable': '' })).status, 412)
    assert.equal((await ask('DELETE', `/v1/uploads/${id}`)).status, 204)
    // And bytes are for uploads alone.
    const elsewhere = await ask(
      'POST',
      '/v1/snips',
      { 'content-type': 'application/offset+octet-stream' },
      body,
    )
    assert.deepEqual(code(elsewhere), [415, 'unsupported_media_type'])
  })

  it('that is no PDF is refused by its first kilobyte, or at its end, and nothing of it is left', async () => {
    const before = await blobs()
    const keys = async () =>
      (
        await (
          await db()
        )
          .selectFrom('key')
          .select('id')
          .where('purpose', '=', 'document')
          .where('state', '=', 'live')
          .execute()
      ).length
    const live = await keys()
    const early = (await start(library, reader, 50_000)).json.id
    assert.deepEqual(code(await patch(library, reader, early, 0, randomBytes(2000))), [415, 'not_a_pdf'])
    const late = (await start(library, reader, 1500)).json.id
    for (const at of [0, 500])
      assert.equal((await patch(library, reader, late, at, randomBytes(500))).status, 204)
    assert.deepEqual(code(await patch(library, reader, late, 1000, randomBytes(500))), [415, 'not_a_pdf'])
    for (const id of [early, late]) assert.equal((await head(id)).status, 404)
    assert.deepEqual([await blobs(), await keys()], [before, live])
  })

  it('has a name that is safe to show, whatever its sender wrote', async () => {
    const names: [string, string][] = [
      ['../../etc/passwd.pdf', 'passwd.pdf'],
      ['C:\\Users\\me\\report.pdf', 'report.pdf'],
      ['line\nbreak\u0000.pdf', 'line break.pdf'],
      ['invoice\u202efdp.exe', 'invoicefdp.exe'],
      ['', 'document.pdf'],
      ['..', 'document.pdf'],
      [`${'x'.repeat(4000)}.pdf`, `${'x'.repeat(251)}.pdf`],
      ['Zürich – Œuvre 報告.pdf', 'Zürich – Œuvre 報告.pdf'],
    ]
    for (const [given, kept] of names) {
      const begun = await start(library, reader, 10, metadata({ filename: given }))
      assert.equal(begun.json.fileName, kept)
      assert.equal((await head(begun.json.id)).headers['upload-metadata'], metadata({ filename: given }))
      await ask('DELETE', `/v1/uploads/${begun.json.id}`)
    }
    const named = await start(
      library,
      reader,
      10,
      metadata({ name: 'uppy.pdf', type: 'application/pdf', lastmodified: '1700000000000' }),
    )
    assert.deepEqual([named.json.fileName, named.json.modifiedAt], ['uppy.pdf', 1_700_000_000_000])
    const titled = await start(
      library,
      reader,
      1500,
      metadata({ filename: 'x.pdf', title: ' A  title\t' }),
      pdfOf(1500),
    )
    const found = await library.ask(reader, 'GET', `/v1/documents/${titled.json.documentId}`)
    assert.equal(found.json.title, 'A title')
    await ask('DELETE', `/v1/uploads/${named.json.id}`)
  })

  it('is found by nobody but who began it', async () => {
    const { id } = (await start(library, reader, 2000, '', pdfOf(2000).subarray(0, 1000))).json
    const domain = reader.email.split('@')[1] ?? ''
    const colleague = await library.house.aResident(`colleague@${domain}`)
    const stranger = await library.aResident()
    const nobody = `${id.slice(0, -8)}${'0'.repeat(8)}`
    const key = await ask('POST', '/v1/api-keys', {}, undefined)
    assert.equal(key.status, 400)
    const made = await library.ask(reader, 'POST', '/v1/api-keys', { name: 'mine' })
    const withKey = (method: 'HEAD' | 'GET', url: string) =>
      library.house.app.inject({
        method,
        url,
        headers: { authorization: `API-Key ${made.json.key}`, 'tus-resumable': '1.0.0' },
      })
    for (const who of [colleague, stranger]) {
      assert.equal((await head(id, who)).status, 404)
      const foreign = await patch(library, who, id, 1000, Buffer.from('x'))
      const none = await patch(library, who, nobody, 1000, Buffer.from('x'))
      assert.deepEqual(code(foreign), [404, 'not_found'])
      assert.equal(
        String(foreign.bytes).replace(foreign.json.requestId, ''),
        String(none.bytes).replace(none.json.requestId, ''),
      )
      assert.equal(
        (await library.ask(who, 'DELETE', `/v1/uploads/${id}`, undefined, { 'tus-resumable': '1.0.0' }))
          .status,
        404,
      )
      assert.deepEqual((await library.ask(who, 'GET', '/v1/uploads')).json.items, [])
    }
    assert.equal((await withKey('HEAD', `/v1/uploads/${id}`)).statusCode, 404)
    assert.deepEqual((await withKey('GET', '/v1/uploads')).json().items, [])
    const other = await library.house.ask(null, 'POST', '/v1/sessions', {
      email: reader.email,
      password: reader.password,
    })
    assert.equal(
      (await head(id, { ...reader, token: other.json.token })).status,
      200,
      'another session of the same person',
    )
    assert.equal((await ask('DELETE', `/v1/uploads/${id}`)).status, 204)
  })

  it('is one of a bounded number', async () => {
    const one = await library.aResident()
    for (let n = 0; n < MOST_OPEN.owner; n++) assert.equal((await start(library, one, 10)).status, 201)
    const refused = await start(library, one, 10)
    assert.deepEqual(
      [...code(refused), refused.json.details.most],
      [429, 'too_many_uploads', MOST_OPEN.owner],
    )
    const { items } = (await library.ask(one, 'GET', '/v1/uploads')).json
    assert.equal(items.length, MOST_OPEN.owner)
    assert.equal(
      (
        await library.ask(one, 'DELETE', `/v1/uploads/${items[0].id}`, undefined, {
          'tus-resumable': '1.0.0',
        })
      ).status,
      204,
    )
    assert.equal((await start(library, one, 10)).status, 201)
  })
})
