import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { PublicError } from '#core/errors.ts'
import { fromApi } from '#core/ids.ts'
import { cancelled } from '#core/jobs/job.ts'
import { onePagePdf } from '#test/one-page-pdf.ts'
import { type OutsideWorld, openWorld } from '#test/outside-world.ts'
import type { Resident } from '#test/own-house.ts'
import { type OwnLibrary, openLibrary } from '#test/own-library.ts'
import { fetchDocumentTask } from './fetch-document.job.ts'
import { fileNameIn } from './file-name-in.ts'

describe('a document by its address', () => {
  let world: OutsideWorld
  let library: OwnLibrary
  let reader: Resident
  let serve: RequestListener = (_, response) => response.end()
  let base = ''
  let turn = 0

  before(async () => {
    world = await openWorld((name, family) =>
      name === 'papers.example' && family === 4 ? ['127.0.0.1'] : null,
    )
    const place = await world.http((request, response) => serve(request, response))
    base = `http://localhost:${place.port}`
    const outside = { allowsLoopback: true, servers: [world.nameServer], ca: [world.ca], ports: [place.port] }
    library = await openLibrary({ outside })
    reader = await library.aResident()
  })
  after(async () => {
    await library?.stop()
    await world?.stop()
  })

  const ask = (url: string, more: object = {}) =>
    library.ask(reader, 'POST', '/v1/documents', { url, ...more })
  const aPdf = () => onePagePdf(`A page that was fetched, number ${++turn}`)
  const sends =
    (bytes: Uint8Array, headers: Record<string, string> = {}): RequestListener =>
    (_, response) =>
      response.writeHead(200, { 'content-type': 'application/pdf', ...headers }).end(bytes)
  /** Runs the job; answers how it ended. */
  async function fetchIt(
    id: string,
    signal?: AbortSignal,
    progress?: (done: number, total?: number) => void,
  ) {
    try {
      await library.run(reader, fetchDocumentTask, fromApi('doc', id), signal, progress)
      return 'done'
    } catch (error) {
      return error instanceof PublicError ? error.code : error
    }
  }
  const find = async (id: string) => library.ask(reader, 'GET', `/v1/documents/${id}`)
  async function traces() {
    const db = (await library.ctx.tenant(reader.token.split('.')[0] ?? '')).db('activity')
    const [blobs, keys, fetches] = await Promise.all([
      db.selectFrom('document_blob').select('id').execute(),
      // Beside those under which the addresses stand that were asked for.
      db
        .selectFrom('key')
        .select('id')
        .where('purpose', '=', 'document')
        .where('subject', 'not in', db.selectFrom('document_fetch').select('id'))
        .execute(),
      db.selectFrom('document_fetch').select(['id', 'state']).execute(),
    ])
    return { blobs: blobs.length, keys: keys.length, fetches }
  }

  it('is awaited under its id, fetched with progress, and then the document itself', async () => {
    const bytes = aPdf()
    serve = sends(bytes, {
      'content-length': String(bytes.length),
      'content-disposition': `attachment; filename*=UTF-8''R%C3%A9sum%C3%A9%20one.pdf`,
    })
    const asked = await ask(`${base}/download?id=7#page=2`)
    assert.equal(asked.status, 202, String(asked.bytes))
    const { id } = asked.json
    assert.equal(asked.headers.location, `/v1/documents/${id}`)
    assert.deepEqual([asked.json.state, asked.json.sha256, asked.json.size], ['fetching', null, 0])
    assert.equal((await find(id)).json.state, 'fetching')
    const activity = await library.ask(reader, 'GET', `/v1/activity/${asked.json.activityId}`)
    assert.equal(activity.json.kind, 'knowledge.document.fetching')
    assert.deepEqual(activity.json.record, { kind: 'document', id })
    const progress: unknown[] = []
    assert.equal(await fetchIt(id, undefined, (done, total) => progress.push([done, total])), 'done')
    assert.deepEqual(progress.at(-1), [bytes.length, bytes.length])
    await library.work(reader)
    const { json } = await find(id)
    assert.deepEqual(
      [json.id, json.state, json.title, json.fileName, json.source, json.size, json.pageCount],
      [id, 'ready', 'Résumé one', 'Résumé one.pdf', `${base}/download?id=7`, bytes.length, 1],
    )
    const content = await library.ask(reader, 'GET', `/v1/documents/${id}/content`)
    assert.deepEqual(content.bytes, Buffer.from(bytes))
    // Again: the job ran twice, and nothing more happens.
    const before = await traces()
    assert.equal(await fetchIt(id), 'done')
    assert.deepEqual(await traces(), before)
  })

  it('takes the title it is given, else the name in the address', async () => {
    serve = sends(aPdf())
    const titled = (await ask(`${base}/a/b.pdf`, { title: 'The third quarter' })).json
    await fetchIt(titled.id)
    assert.deepEqual(
      [(await find(titled.id)).json.title, (await find(titled.id)).json.fileName],
      ['The third quarter', 'b.pdf'],
    )
    serve = sends(aPdf())
    const named = (await ask(`${base}/papers/On%20valves_2.PDF?x=1`)).json
    await fetchIt(named.id)
    assert.deepEqual(
      [(await find(named.id)).json.title, (await find(named.id)).json.fileName],
      ['On valves 2', 'On valves_2.PDF'],
    )
    serve = sends(aPdf(), { 'content-disposition': inLatin1('inline; filename="../../etc/\u202epasswd"') })
    const hostile = (await ask(`${base}/`)).json
    await fetchIt(hostile.id)
    assert.equal((await find(hostile.id)).json.fileName, 'passwd.pdf')
  })

  it('follows a redirect to where the file is', async () => {
    const bytes = aPdf()
    serve = (request, response) =>
      request.url === '/moved'
        ? response.writeHead(301, { location: '/there.pdf' }).end()
        : sends(bytes)(request, response)
    const { id } = (await ask(`${base}/moved`)).json
    assert.equal(await fetchIt(id), 'done')
    assert.equal((await find(id)).json.fileName, 'there.pdf')
    assert.equal((await find(id)).json.source, `${base}/moved`)
  })

  it('answers the older document when the same bytes are here', async () => {
    const bytes = aPdf()
    const older = await library.add(reader, bytes, 'mine.pdf')
    serve = sends(bytes)
    const before = await traces()
    const { id } = (await ask(`${base}/same.pdf`)).json
    assert.equal(await fetchIt(id), 'done')
    const found = await find(id)
    assert.deepEqual([found.json.id, found.json.title], [older.json.id, 'mine'])
    const after = await traces()
    assert.deepEqual([after.blobs, after.keys], [before.blobs, before.keys])
  })

  it('refuses an address at once whose form says that it is not to be called', async () => {
    const before = await traces()
    for (const url of [
      'http://10.0.0.1/a.pdf',
      'file:///etc/passwd',
      'http://a:b@papers.example/',
      'nothing',
      'http://papers.example:22/',
    ]) {
      const answer = await ask(url)
      assert.deepEqual([answer.status, answer.json.code], [422, 'address_refused'], url)
    }
    for (const body of [{}, { url: 7 }, { url: base, more: 1 }, { url: '' }]) {
      const answer = await library.ask(reader, 'POST', '/v1/documents', body)
      assert.deepEqual([answer.status, answer.json.code], [400, 'invalid_request'])
    }
    const typed = await library.ask(
      reader,
      'POST',
      '/v1/documents',
      { url: base },
      { 'content-type': 'text/plain' },
    )
    assert.equal(typed.json.code, 'unsupported_media_type')
    assert.deepEqual(await traces(), before)
  })

  const failures: [string, string, RequestListener][] = [
    [
      'a page instead of a file',
      'not_a_pdf',
      (_, response) => response.end('<!doctype html><title>Sign in</title>'),
    ],
    ['nothing', 'empty_file', (_, response) => response.end()],
    ['no such place', 'address_missing', (_, response) => response.writeHead(404).end('%PDF-1.7')],
    ['a place that is gone', 'address_missing', (_, response) => response.writeHead(410).end()],
    [
      'a sign-in',
      'address_closed',
      (_, response) => response.writeHead(401, { 'www-authenticate': 'Basic' }).end(),
    ],
    ['a forbidden place', 'address_closed', (_, response) => response.writeHead(403).end()],
    ['a fault', 'address_failed', (_, response) => response.writeHead(500).end('%PDF-1.7')],
    [
      'a redirect inside',
      'address_refused',
      (_, response) => response.writeHead(302, { location: 'http://10.0.0.1/' }).end(),
    ],
    ['a circle', 'address_failed', (_, response) => response.writeHead(302, { location: '/again' }).end()],
    [
      'too large a file',
      'file_too_large',
      (_, response) => response.writeHead(200, { 'content-length': 100 * 2 ** 20 + 1 }).flushHeaders(),
    ],
    [
      'a file that breaks off',
      'address_failed',
      (_, response) => {
        response
          .writeHead(200, { 'content-length': 10_000 })
          .write(`%PDF-1.7\n${'x'.repeat(2_000)}`, () => response.destroy())
      },
    ],
  ]
  for (const [what, code, listener] of failures)
    it(`says ${code} of ${what}, and keeps nothing`, async () => {
      const before = await traces()
      serve = listener
      const { id, activityId } = (await ask(`${base}/it.pdf`)).json
      assert.ok(activityId)
      assert.equal(await fetchIt(id), code)
      const { json } = await find(id)
      assert.deepEqual([json.id, json.state, json.reason], [id, 'unfetched', code])
      const after = await traces()
      assert.deepEqual([after.blobs, after.keys], [before.blobs, before.keys])
      assert.equal((await library.ask(reader, 'GET', `/v1/documents/${id}/content`)).status, 404)
    })

  it('says of a name that nobody has that it is unknown, and of a deaf place that it does not answer', async () => {
    const unknown = (await ask('http://nobody.example/a.pdf')).json
    assert.equal(await fetchIt(unknown.id), 'address_unknown')
    const deaf = (await ask('http://localhost:1/a.pdf')).json
    assert.equal(await fetchIt(deaf.id), 'address_unreachable')
  })

  it('ends when it is cancelled, and leaves nothing', async () => {
    const before = await traces()
    const begun = Promise.withResolvers<void>()
    serve = (_, response) => {
      response.writeHead(200, { 'content-length': 10_000 }).write(`%PDF-1.7\n${'x'.repeat(2_000)}`)
    }
    const { id } = (await ask(`${base}/slow.pdf`)).json
    const stop = new AbortController()
    const work = fetchIt(id, stop.signal, () => begun.resolve())
    await begun.promise
    stop.abort(cancelled)
    await work
    assert.deepEqual([(await find(id)).json.state, (await find(id)).json.reason], ['unfetched', 'cancelled'])
    const after = await traces()
    assert.deepEqual([after.blobs, after.keys], [before.blobs, before.keys])
  })

  it('goes on after its worker died in the middle', async () => {
    const bytes = aPdf()
    serve = sends(bytes)
    const { id } = (await ask(`${base}/again.pdf`)).json
    // What a run leaves that got as far as announcing its blob.
    const tenant = reader.token.split('.')[0] ?? ''
    const db = (await library.ctx.tenant(tenant)).db('activity')
    await db
      .updateTable('document_fetch')
      .set({ state: 'fetching' })
      .where('id', '=', fromApi('doc', id))
      .execute()
    await db
      .insertInto('document_blob')
      .values({
        id: crypto.randomUUID(),
        document_id: fromApi('doc', id),
        use: 'original',
        state: 'wanted',
        created_at: new Date(),
      })
      .execute()
    assert.equal(await fetchIt(id), 'done')
    assert.equal((await find(id)).json.state, 'received')
  })

  it('is nobody else’s to see', async () => {
    serve = sends(aPdf())
    const { id } = (await ask(`${base}/mine.pdf`)).json
    const other = await library.aResident()
    assert.equal((await library.ask(other, 'GET', `/v1/documents/${id}`)).status, 404)
  })

  it('stores address and title sealed', async () => {
    serve = sends(aPdf())
    await ask(`${base}/very-secret-name.pdf`, { title: 'Very secret title' })
    const tenant = reader.token.split('.')[0] ?? ''
    const db = (await library.ctx.tenant(tenant)).db('activity')
    const rows = await db.selectFrom('document_fetch').selectAll().execute()
    assert.ok(rows.length > 0)
    assert.doesNotMatch(
      Buffer.concat(rows.flatMap(({ card, origin }) => [card, origin])).toString('latin1'),
      /secret|localhost/i,
    )
  })

  it('reads the names that senders give', () => {
    const names: [string | undefined, string | undefined][] = [
      [undefined, undefined],
      ['inline', undefined],
      ['attachment; filename=plain.pdf', 'plain.pdf'],
      ['attachment; filename="with \\"quotes\\".pdf"', 'with "quotes".pdf'],
      ['attachment; filename="fallback.pdf"; filename*=UTF-8\'en\'%e2%82%ac.pdf', '€.pdf'],
      ["attachment; filename*=iso-8859-1''%e9t%e9.pdf", 'été.pdf'],
      ["attachment; filename*=UTF-8''broken%zz; filename=good.pdf", 'good.pdf'],
      [inLatin1('attachment; filename="naïve.pdf"'), 'naïve.pdf'],
      ['attachment; filename=""', undefined],
    ]
    for (const [field, name] of names) assert.equal(fileNameIn(field), name, field)
  })
})

/** UTF-8 as a field of HTTP carries it. */
function inLatin1(text: string): string {
  return Buffer.from(text).toString('latin1')
}
