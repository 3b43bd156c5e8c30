import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { fromApi } from '#core/ids.ts'
import { systemActor } from '#core/tenancy/system-actor.ts'
import type { Resident } from '#test/own-house.ts'
import { type OwnLibrary, openLibrary } from '#test/own-library.ts'
import { byHand, code, patch, pdfOf, start } from '#test/tus-by-hand.ts'
import { finishUpload } from './finish-upload.ts'
import { MOST_OPEN } from './start-upload.ts'

describe('an upload', () => {
  let library: OwnLibrary
  let reader: Resident
  before(async () => {
    library = await openLibrary()
    reader = await library.aResident()
  })
  after(() => library?.stop())
  const { head, db, blobs, tenant } = byHand(() => ({ library, reader }))

  it('that is finished stays so when its last request comes once more', async () => {
    const bytes = pdfOf(2000)
    const { id } = (await start(library, reader, bytes.length)).json
    const sent = await patch(library, reader, id, 0, bytes)
    const document = sent.headers['panoply-document']
    assert.ok(document)
    const before = await blobs()
    for (let time = 0; time < 2; time++) {
      const again = await patch(library, reader, id, bytes.length, Buffer.alloc(0))
      assert.deepEqual(
        [again.status, again.headers['panoply-document']],
        [204, document],
        String(again.bytes),
      )
    }
    assert.deepEqual((await head(id)).headers['panoply-document'], document)
    assert.deepEqual(await blobs(), before)
  })

  it('that another process finishes first, while this one still reads the parts, is answered as finished', async () => {
    const bytes = pdfOf(3000)
    const { id } = (await start(library, reader, bytes.length)).json
    await patch(library, reader, id, 0, bytes.subarray(0, 1000))
    const upload = fromApi('upl', id)
    const before = await (await db())
      .selectFrom('upload')
      .selectAll()
      .where('id', '=', upload)
      .executeTakeFirstOrThrow()
    const sent = await patch(library, reader, id, 1000, bytes.subarray(1000))
    const system = systemActor(tenant(), {
      region: 'eu',
      origin: { ip: '', userAgent: '' },
      requestId: randomUUID(),
    })
    const actor = {
      ...system,
      onBehalfOf: before.created_by,
      permissions: new Set(['knowledge.document.create']),
    }
    // What it read of the upload, and its claim, are from before the other one was done.
    const stale = { upload: { ...before, received: bytes.length }, name: randomUUID(), first: null }
    const answer = await finishUpload(library.ctx, actor, stale)
    assert.equal(answer.documentId, sent.headers['panoply-document'])
    const file = await library.ask(reader, 'GET', `/v1/documents/${answer.documentId}/content`)
    assert.ok(file.bytes.equals(bytes))
  })

  it('whose writer was killed before the clock went back an hour is waited for no longer than else', async () => {
    const bytes = pdfOf(1000)
    const { id } = (await start(library, reader, bytes.length)).json
    await (await db())
      .updateTable('upload')
      .set({ claim: randomUUID(), claimed_until: new Date(library.ctx.now().getTime() + 3_600_000) })
      .where('id', '=', fromApi('upl', id))
      .execute()
    const sent = await patch(library, reader, id, 0, bytes)
    assert.equal(sent.status, 204, String(sent.bytes))
  })

  it('is one of a bounded number, also of many that begin in the same moment', async (t) => {
    const one = await library.aResident()
    const begun = await Promise.all(
      Array.from({ length: 3 * MOST_OPEN.owner }, () => start(library, one, 10)),
    )
    const made = begun.filter(({ status }) => status === 201).length
    t.diagnostic(`${made} of ${begun.length} were begun, ${MOST_OPEN.owner} are allowed`)
    assert.ok(begun.every((answer) => answer.status === 201 || code(answer)[1] === 'too_many_uploads'))
    assert.equal(made, MOST_OPEN.owner)
  })
})
