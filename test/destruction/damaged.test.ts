import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { reindexTask } from '#core/destruction/reindex.job.ts'
import { fromApi, newId } from '#core/ids.ts'
import { restoreIndexTask } from '#core/search/restore-index.job.ts'
import { systemActor } from '#core/tenancy/system-actor.ts'
import { eraseDocumentTask } from '#knowledge/documents/erase-document.job.ts'
import { makeFetchKey } from '#knowledge/documents/fetch-record.ts'
import { moveSealsTask } from '#knowledge/move-seals.job.ts'
import { onePagePdf } from '../one-page-pdf.ts'
import type { Resident } from '../own-house.ts'
import { type OwnLibrary, openLibrary } from '../own-library.ts'
import { tenantOf } from '../rotating.ts'

const minute = 60_000

let library: OwnLibrary
before(async () => {
  library = await openLibrary()
})
after(() => library.stop())

const systemOf = (person: Resident) =>
  systemActor(tenantOf(person), { region: 'eu', origin: { ip: '', userAgent: '' }, requestId: 'damaged' })
const dbOf = async (person: Resident) => (await library.ctx.tenant(tenantOf(person))).db('activity')

test('an origin that is damaged keeps nobody from being erased', async () => {
  const owner = await library.aResident()
  const leaver = await library.house.aResident(`leaver@${owner.email.split('@')[1]}`)
  const torn = (await library.add(leaver, onePagePdf('Made by somebody'), 'made.pdf')).json.id
  const doomed = (await library.add(owner, onePagePdf('Destroyed as well'), 'doomed.pdf')).json.id
  await library.work(owner)
  const db = await dbOf(owner)
  await db
    .updateTable('document')
    .set({ origin: Buffer.alloc(60, 1) })
    .where('id', '=', fromApi('doc', torn))
    .execute()
  const people = (await library.ask(owner, 'GET', '/v1/people')).json.items
  const { id } = people.find(({ email }: { email: string }) => email === leaver.email)
  assert.equal((await library.ask(owner, 'DELETE', `/v1/people/${id}`)).status, 204)
  await library.ask(owner, 'DELETE', `/v1/documents/${doomed}`)
  await library.run(owner, eraseDocumentTask, fromApi('doc', doomed))
  library.house.passTime(12 * minute)
  await library.run(owner, reindexTask, newId())
  assert.equal(await library.house.destroyer().round(), 2)
})

test('an address whose key is damaged keeps no row behind it under the key of the fields', async () => {
  const person = await library.aResident()
  const db = await dbOf(person)
  const { id: document } = (await library.add(person, onePagePdf('The lock keeper'), 'lock.pdf')).json
  await library.work(person)
  const opened = await library.ctx.tenant(tenantOf(person))
  const keys = await opened.keys()
  const fetch = newId()
  await db
    .insertInto('document_fetch')
    .values({
      id: fetch,
      state: 'failed',
      reason: 'internal',
      card: keys.seal('activity', 'document_fetch', fetch, 'card', {
        url: 'https://a.example/x',
        title: 'x',
      }),
      origin: keys.seal('activity', 'document_fetch', fetch, 'origin', {}),
      created_at: new Date(),
      updated_at: new Date(),
    } as never)
    .execute()
  await library.ctx.write(systemOf(person), async (tx) => {
    await makeFetchKey(tx, fetch)
    tx.audit({ action: 'core.test.made' })
  })
  await db
    .updateTable('key')
    .set({ wrapped: Buffer.alloc(65, 1) })
    .where('subject', '=', fetch)
    .execute()
  library.house.passTime(11 * minute)
  // What was lent before has ended.
  const lent = await opened.keys()
  const { id } = await db
    .updateTable('activity')
    .set({ subject: null })
    .where('record', '=', fromApi('doc', document))
    .returning('id')
    .executeTakeFirstOrThrow()
  await db
    .updateTable('activity')
    .set({
      title: lent.seal('activity', 'activity', id, 'title', 'lock'),
      origin: lent.seal('activity', 'activity', id, 'origin', {}),
    })
    .where('id', '=', id)
    .execute()
  await library.run(person, moveSealsTask, newId())
  const row = await db.selectFrom('activity').select('subject').where('id', '=', id).executeTakeFirstOrThrow()
  assert.equal(row.subject, fromApi('doc', document))
})

test('a part of the index that is damaged holds up no certificate: its key goes, and the index is made anew', async () => {
  const person = await library.aResident()
  const doomed = (await library.add(person, onePagePdf('The curlew has left'), 'doomed.pdf')).json.id
  const kept = (await library.add(person, onePagePdf('The plover has stayed'), 'kept.pdf')).json.id
  await library.work(person)
  const db = await dbOf(person)
  const parts = await db.selectFrom('search_delta').select(['id', 'sealed']).execute()
  for (const { id, sealed } of parts) {
    sealed[20] = (sealed[20] ?? 0) ^ 1
    // No login of the organisation may change a part, so it is laid there anew.
    await db.deleteFrom('search_delta').where('id', '=', id).execute()
    await sql`insert into search_delta (id, entries, analyzer, key_version, sealed) values (${id}, 1, 1, 1, ${sealed})`.execute(
      db,
    )
  }

  await library.ask(person, 'DELETE', `/v1/documents/${doomed}`)
  await library.run(person, eraseDocumentTask, fromApi('doc', doomed))
  library.house.passTime(12 * minute)
  await library.run(person, reindexTask, newId())
  assert.equal(await library.house.destroyer().round(), 1)
  await library.run(person, restoreIndexTask, newId())
  const found = (await library.ask(person, 'GET', '/v1/search?q=plover')).json.items
  assert.deepEqual(
    found.map(({ documentId }: { documentId: string }) => documentId),
    [kept],
  )
  assert.equal((await library.ask(person, 'GET', '/v1/search?q=curlew')).json.total, 0)
})
