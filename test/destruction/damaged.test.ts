import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { reindexTask } from '#core/destruction/reindex.job.ts'
import { fromApi, newId } from '#core/ids.ts'
import { eraseDocumentTask } from '#knowledge/documents/erase-document.job.ts'
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
