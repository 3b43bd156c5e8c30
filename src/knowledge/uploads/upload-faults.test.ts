import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, before, describe, it } from 'node:test'
import { openBlobStore } from '#core/blobs/blob-store.ts'
import { fromApi, newId } from '#core/ids.ts'
import type { Resident } from '#test/own-house.ts'
import { type OwnLibrary, openLibrary } from '#test/own-library.ts'
import { aConnection, byHand, code, patch, pdfOf, start } from '#test/tus-by-hand.ts'
import { eraseDocumentTask } from '../documents/erase-document.job.ts'
import { sweepUploadsTask } from './sweep-uploads.job.ts'

describe('an upload that something happens to', () => {
  let library: OwnLibrary
  let reader: Resident
  before(async () => {
    library = await openLibrary()
    reader = await library.aResident()
  })
  after(() => library?.stop())
  const { ask, head, db, blobs, tenant } = byHand(() => ({ library, reader }))

  it('written by two at once is refused to one of them, and a stuck one gives way', async () => {
    const bytes = pdfOf(300_000)
    const { id } = (await start(library, reader, bytes.length, '', bytes.subarray(0, 1000))).json
    await using first = await aConnection(library, reader, { id, from: 1000, length: bytes.length - 1000 })
    await first.send(bytes.subarray(1000, 200_000))
    await until(
      () => ask('GET', `/v1/uploads/${id}`),
      ({ json }) => json.isReceiving,
    )
    const second = await patch(library, reader, id, 1000, bytes.subarray(1000))
    assert.deepEqual(code(second), [423, 'upload_in_use'])
    // It stands still: what came is safe by itself, and another one may go on.
    const offset = await until(
      () => head(id),
      ({ headers }) => headers['upload-offset'] === '200000',
    )
    assert.equal(offset.status, 200)
    const third = await until(
      () => patch(library, reader, id, 200_000, bytes.subarray(200_000)),
      ({ status }) => status !== 423,
    )
    assert.equal(third.status, 204, String(third.bytes))
    assert.match(String(third.headers['panoply-document']), /^doc_/)
    assert.match(await first.answer(), /^HTTP\/1\.1 (423|404|409) /)
    const found = await library.ask(
      reader,
      'GET',
      `/v1/documents/${third.headers['panoply-document']}/content`,
    )
    assert.ok(found.bytes.equals(bytes))
  })

  it('whose connection is cut keeps what had come', async () => {
    const bytes = pdfOf(9 * 2 ** 20)
    const at = Math.floor(bytes.length * 0.99)
    const { id } = (await start(library, reader, bytes.length)).json
    await using cut = await aConnection(library, reader, { id, from: 0, length: bytes.length })
    await cut.send(bytes.subarray(0, at))
    cut.destroy()
    const { json } = await until(
      () => ask('GET', `/v1/uploads/${id}`),
      ({ json }) => !json.isReceiving && json.offset > 0,
    )
    // What was on its way through the process when it heard of the end is lost.
    assert.ok(json.offset <= at && json.offset > at - 256 * 1024, `${json.offset} of ${at}`)
    const last = await patch(library, reader, id, json.offset, bytes.subarray(json.offset))
    const found = await library.ask(
      reader,
      'GET',
      `/v1/documents/${last.headers['panoply-document']}/content`,
    )
    assert.ok(found.bytes.equals(bytes))
  })

  it('that sends more than it promised keeps what was promised and says so', async () => {
    const bytes = pdfOf(5000)
    const { id } = (await start(library, reader, 4000)).json
    await using liar = await aConnection(library, reader, { id, from: 0, length: null })
    await liar.send(bytes)
    await liar.end()
    assert.match(await liar.answer(), /^HTTP\/1\.1 413 [\s\S]*body_too_large/)
    assert.equal((await head(id)).headers['upload-offset'], '0')
    await ask('DELETE', `/v1/uploads/${id}`)
  })

  it('that was killed between its last byte and its document becomes one when it is asked for', async () => {
    const bytes = pdfOf(2500)
    const { id } = (await start(library, reader, 2500, '', bytes.subarray(0, 1000))).json
    const parts = openBlobStore(join(library.house.folder, 'blobs'))
    const uuid = fromApi('upl', id)
    const row = await (await db())
      .selectFrom('upload')
      .select(['document_id', 'blob_id'])
      .where('id', '=', uuid)
      .executeTakeFirstOrThrow()
    // As a process leaves it that dies there: the last part adopted, the blob announced and half written, the claim still set.
    const key = (await (await library.ctx.tenant(tenant())).keys()).subject('document', row.document_id)
    const blob = newId()
    await parts.put(tenant(), blob, (await key).current.key, Readable.from([bytes.subarray(1000)]))
    await (await db())
      .insertInto('upload_part')
      .values({ blob_id: blob, upload_id: uuid, start_at: 1000, size: 1500 })
      .execute()
    await (await db())
      .insertInto('document_blob')
      .values({
        id: row.blob_id,
        document_id: row.document_id,
        use: 'original',
        state: 'wanted',
        created_at: new Date(),
      })
      .execute()
    await (await db())
      .updateTable('upload')
      .set({ received: 2500, claim: newId(), claimed_until: new Date(Date.now() + 8_000) })
      .where('id', '=', uuid)
      .execute()
    assert.equal((await head(id)).status, 423)
    library.house.passTime(9_000)
    const [one, other] = await Promise.all([head(id), head(id)])
    assert.deepEqual([one.status, other.status].sort(), [200, 423])
    const { json } = await ask('GET', `/v1/uploads/${id}`)
    const found = await library.ask(reader, 'GET', `/v1/documents/${json.documentId}/content`)
    assert.ok(found.bytes.equals(bytes))
    assert.equal((await library.ask(reader, 'DELETE', `/v1/documents/${json.documentId}`)).status, 204)
    await library.run(reader, eraseDocumentTask, row.document_id)
    assert.equal((await head(id)).status, 404, 'nothing is told of what was erased')
  })

  it('that is not finished in time is gone, and swept with its key', async () => {
    const { id } = (await start(library, reader, 2000, '', pdfOf(2000).subarray(0, 1000))).json
    const uuid = fromApi('upl', id)
    const before = await blobs()
    const row = await (await db())
      .selectFrom('upload')
      .select('document_id')
      .where('id', '=', uuid)
      .executeTakeFirstOrThrow()
    await library.run(reader, sweepUploadsTask, newId())
    assert.equal((await head(id)).status, 200)
    assert.deepEqual(await blobs(), before)
    await (await db()).updateTable('upload').set({ expires_at: new Date() }).where('id', '=', uuid).execute()
    assert.equal((await head(id)).status, 410)
    assert.deepEqual(code(await patch(library, reader, id, 1000, Buffer.from('x'))), [410, 'upload_expired'])
    await library.run(reader, sweepUploadsTask, newId())
    assert.equal((await head(id)).status, 404)
    assert.equal((await blobs()).length, before.length - 1)
    const key = await (await db())
      .selectFrom('key')
      .select(['state', 'wrapped'])
      .where('subject', '=', row.document_id)
      .executeTakeFirstOrThrow()
    assert.deepEqual(key, { state: 'destroyed', wrapped: null })
    assert.equal(
      (await (await db()).selectFrom('upload_part').select('blob_id').where('upload_id', '=', uuid).execute())
        .length,
      0,
    )
  })
})

/** Asks again until the answer is the one waited for; fails after 20 s. */
async function until<T>(look: () => Promise<T>, isIt: (seen: T) => boolean): Promise<T> {
  for (const end = performance.now() + 20_000; ; ) {
    const seen = await look()
    if (isIt(seen)) return seen
    if (performance.now() > end) return seen
    await once(AbortSignal.timeout(50), 'abort')
  }
}
