import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { type BlobStore, openBlobStore } from '#core/blobs/blob-store.ts'
import type { Ctx } from '#core/ctx.ts'
import { fromApi, newId } from '#core/ids.ts'
import { cancelled, type Task } from '#core/jobs/job.ts'
import { fileForm } from '#test/ask.ts'
import { onePagePdf } from '#test/one-page-pdf.ts'
import type { Resident } from '#test/own-house.ts'
import { type OwnLibrary, openLibrary } from '#test/own-library.ts'
import { corpusPath } from '#test/vectors/corpus.ts'
import { sweepUploadsTask } from '../uploads/sweep-uploads.job.ts'
import { drawPictureTask } from './draw-picture.job.ts'
import { eraseDocumentTask } from './erase-document.job.ts'
import { readDocumentTask } from './read-document.job.ts'

let library: OwnLibrary
let reader: Resident

before(async () => {
  library = await openLibrary()
  reader = await library.aResident()
})
after(() => library?.stop())

async function database() {
  return (await library.ctx.tenant(reader.token.split('.')[0] ?? '')).db('activity')
}

function blobs(): BlobStore {
  return openBlobStore(join(library.house.folder, 'blobs'))
}

async function blobIds(): Promise<string[]> {
  return Array.fromAsync(blobs().list(reader.token.split('.')[0] ?? ''))
}

test('a reader that dies in the middle is followed by one that goes on, and each page is there once', async () => {
  const lines = Array.from(
    { length: 200 },
    (_, index) => `Chapter ${index + 1} of the perennial almanac ${'of ordinary days '.repeat(60)}`,
  )
  const added = await library.add(reader, onePagePdf(...lines))
  const document = fromApi('doc', added.json.id)
  const db = await database()
  const stop = new AbortController()
  const first = library.run(reader, readDocumentTask, document, stop.signal)
  const stored = async () =>
    (await db.selectFrom('document_page').select('page').where('document_id', '=', document).execute()).length
  while ((await stored()) === 0) await new Promise((resolve) => setImmediate(resolve))
  stop.abort(new Error('killed'))
  await assert.rejects(first, /killed/)
  const kept = await stored()
  assert.ok(kept > 0 && kept < 200, String(kept))
  assert.equal((await library.ask(reader, 'GET', `/v1/documents/${added.json.id}`)).json.state, 'reading')
  await Promise.all([
    library.run(reader, readDocumentTask, document),
    library.run(reader, readDocumentTask, document),
  ])
  await library.run(reader, readDocumentTask, document)
  assert.equal(await stored(), 200)
  const found = await library.ask(reader, 'GET', `/v1/documents/${added.json.id}`)
  assert.deepEqual([found.json.state, found.json.pageCount], ['ready', 200])
  const search = await library.ask(reader, 'GET', '/v1/search?q=perennial&limit=1')
  assert.equal(search.json.total, 200)
})

test('a reading that was cancelled ends the document as cancelled', async () => {
  const added = await library.add(reader, onePagePdf('Cancelled while read'))
  const document = fromApi('doc', added.json.id)
  const stop = new AbortController()
  stop.abort(cancelled)
  await assert.rejects(library.run(reader, readDocumentTask, document, stop.signal))
  const found = await library.ask(reader, 'GET', `/v1/documents/${added.json.id}`)
  assert.deepEqual([found.json.state, found.json.reason], ['unreadable', 'cancelled'])
})

test('a removed document leaves no blob, no key and no word behind', async () => {
  await library.work(reader)
  const before = await blobIds()
  const added = await library.add(reader, onePagePdf('Obliterated xylophone'))
  await library.work(reader)
  const document = fromApi('doc', added.json.id)
  assert.equal((await blobIds()).length, before.length + 2)
  await library.ask(reader, 'POST', '/v1/snips', {
    documentId: added.json.id,
    page: 1,
    kind: 'text',
    quote: { exact: 'xylophone' },
  })
  assert.equal((await library.ask(reader, 'DELETE', `/v1/documents/${added.json.id}`)).status, 204)
  assert.deepEqual((await library.ask(reader, 'GET', '/v1/search?q=xylophone')).json.items, [])
  await library.run(reader, eraseDocumentTask, document)
  await library.run(reader, eraseDocumentTask, document)
  assert.deepEqual((await blobIds()).sort(), before.sort())
  const key = await (await database())
    .selectFrom('key')
    .select(['state', 'wrapped'])
    .where('subject', '=', document)
    .executeTakeFirstOrThrow()
  assert.deepEqual(key, { state: 'destroyed', wrapped: null })
})

/** Runs a task whose first write, or read number so and so, waits for something to happen before it. */
function interrupted(
  task: Task,
  at: { read?: number; write?: number },
  meanwhile: () => Promise<void>,
): Task {
  return {
    ...task,
    run(ctx, job) {
      const left = { read: at.read ?? 0, write: at.write ?? 0 }
      const passing = (kind: 'read' | 'write'): Ctx['read'] & Ctx['write'] =>
        (async (...asked: Parameters<Ctx['read']>) => {
          if (--left[kind] === 0) await meanwhile()
          return (ctx[kind] as (...given: unknown[]) => unknown)(...asked)
        }) as Ctx['read'] & Ctx['write']
      return task.run({ ...ctx, read: passing('read'), write: passing('write') }, job)
    },
  }
}

test('a picture that is drawn while its document is removed leaves no file, whoever comes first and whoever is killed', async () => {
  await library.work(reader)
  const before = (await blobIds()).sort()
  const aWantedCover = async (text: string) => {
    const added = await library.add(reader, onePagePdf(text))
    const document = fromApi('doc', added.json.id)
    await library.run(reader, readDocumentTask, document)
    const { id } = await (await database())
      .selectFrom('document_blob')
      .select('id')
      .where('document_id', '=', document)
      .where('state', '=', 'wanted')
      .executeTakeFirstOrThrow()
    const remove = async () =>
      assert.equal((await library.ask(reader, 'DELETE', `/v1/documents/${added.json.id}`)).status, 204)
    return { document, id, remove }
  }

  // Stored between the removal of the files and that of the rows.
  const one = await aWantedCover('Drawn too late')
  let erasing: Promise<void> | undefined
  const stored = Promise.withResolvers<void>()
  const filesGone = Promise.withResolvers<void>()
  const erase = interrupted(eraseDocumentTask, { write: 1 }, async () => {
    filesGone.resolve()
    await stored.promise
  })
  const draw = interrupted(drawPictureTask, { read: 3 }, async () => {
    await one.remove()
    erasing = library.run(reader, erase, one.document)
    await filesGone.promise
  })
  await library.run(reader, draw, one.id)
  stored.resolve()
  await erasing
  assert.deepEqual((await blobIds()).sort(), before)

  // Stored when all was removed, by a run that was killed before it could learn of that.
  const two = await aWantedCover('Drawn later still')
  const late = interrupted(drawPictureTask, { read: 3 }, async () => {
    await two.remove()
    await library.run(reader, eraseDocumentTask, two.document)
  })
  const killed = interrupted(late, { write: 1 }, async () => {
    throw new Error('killed')
  })
  await assert.rejects(library.run(reader, killed, two.id), /killed/)
  assert.equal((await blobIds()).length, before.length + 1)
  await library.run(reader, drawPictureTask, two.id)
  assert.deepEqual((await blobIds()).sort(), before)
})

test('an upload that is cut off at 99 % leaves nothing', async () => {
  const { app } = library.house
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 })
  const address = app.server.address()
  assert.ok(typeof address === 'object' && address)
  const before = await blobIds()
  const pdf = Buffer.concat([onePagePdf('Cut off'), Buffer.alloc(4 * 2 ** 20, 32)])
  const form = fileForm('cut.pdf', pdf)
  const bytes = Buffer.from(form?.bytes ?? '')
  const socket = connect(address.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(
    `POST /v1/documents HTTP/1.1\r\nHost: localhost:8443\r\nAuthorization: Bearer ${reader.token}\r\nContent-Type: ${form?.type}\r\nContent-Length: ${bytes.length}\r\n\r\n`,
  )
  await new Promise((resolve) => socket.write(bytes.subarray(0, Math.floor(bytes.length * 0.99)), resolve))
  socket.destroy()
  const again = await library.add(reader, onePagePdf('After the cut'))
  assert.equal(again.status, 201)
  for (let look = 0; (await blobIds()).length !== before.length + 1 && look < 200; look++)
    await new Promise((resolve) => setImmediate(resolve))
  assert.equal((await blobIds()).length, before.length + 1)
  const list = await library.ask(reader, 'GET', '/v1/documents?q=cut')
  assert.deepEqual(list.json.items, [])
})

test('what an upload left is swept after a day, and not before', async () => {
  const db = await database()
  const tenant = reader.token.split('.')[0] ?? ''
  const key = createSecretKey(randomBytes(32))
  const [old, young] = [newId(), newId()]
  const created = { [old]: new Date(Date.now() - 25 * 3_600_000), [young]: new Date() }
  for (const [id, created_at] of Object.entries(created)) {
    await blobs().put(tenant, id, key, Readable.from([Buffer.from('half a file')]))
    await db
      .insertInto('document_blob')
      .values({ id, document_id: newId(), use: 'original', state: 'wanted', created_at })
      .execute()
  }
  await library.run(reader, sweepUploadsTask, newId())
  const left = await blobIds()
  assert.deepEqual([left.includes(old), left.includes(young)], [false, true])
})

test('an encrypted file is kept as unreadable and says why', async () => {
  const added = await library.add(reader, readFileSync(corpusPath('pdfjs/issue6010_2.pdf')))
  await library.work(reader)
  const found = await library.ask(reader, 'GET', `/v1/documents/${added.json.id}`)
  assert.deepEqual([found.json.state, found.json.reason], ['unreadable', 'encrypted'])
})
