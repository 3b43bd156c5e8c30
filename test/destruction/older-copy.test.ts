import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { takeUpKeyLists } from '#cell/key-lists.ts'
import { connectAs } from '#core/db/system-login.ts'
import { certifyTask } from '#core/destruction/certify-destruction.job.ts'
import { reindexTask } from '#core/destruction/reindex.job.ts'
import { fromApi, newId } from '#core/ids.ts'
import { eraseDocumentTask } from '#knowledge/documents/erase-document.job.ts'
import { onePagePdf } from '../one-page-pdf.ts'
import { type OwnHouse, openHouse } from '../own-house.ts'
import { type OwnLibrary, openLibrary } from '../own-library.ts'

const minute = 60_000

let library: OwnLibrary
const closing: (() => unknown)[] = []
before(async () => {
  library = await openLibrary()
})
after(async () => {
  for (const close of closing.reverse()) await close()
  await library.stop()
})

/** A copy of the database with its log and of all blobs, as they are now, and a way to open it beside the house, with the house's keeper. */
async function copyEverything(): Promise<() => Promise<OwnHouse>> {
  const { cluster, keeper, place, region } = library.house.ground
  const copy = await cluster.copy()
  const folder = mkdtempSync(join(tmpdir(), 'panoply-copy-'))
  const blobRoot = join(folder, 'blobs')
  cpSync(region.blobRoot, blobRoot, { recursive: true })
  closing.push(() => rmSync(folder, { recursive: true, force: true }))
  closing.push(() => copy.stop())
  const there = { ...place, host: copy.socketDir }
  return async () => {
    const house = await openHouse(
      {},
      {
        cluster: copy,
        keeper,
        place: there,
        region: { ...region, blobRoot, cells: [there] },
        stop: async () => undefined,
      },
    )
    closing.push(() => house.stop())
    return house
  }
}

test('what was destroyed opens from no copy taken before, with the keeper as it is after; what lives opens with the lists of keys', async () => {
  const { house } = library
  const [one, two, gone] = [await library.aResident(), await library.aResident(), await library.aResident()]
  const add = async (person: typeof one, words: string) =>
    (await library.add(person, onePagePdf(words), `${words}.pdf`)).json.id
  const doomed = await add(one, 'The secret of the mill')
  const kept = await add(one, 'The mill itself')
  const theirs = await add(two, 'Not concerned at all')
  const lost = await add(gone, 'Goes with its organisation')
  for (const person of [one, two, gone]) await library.work(person)
  const openCopy = await copyEverything()

  house.passTime(minute)
  await library.ask(one, 'DELETE', `/v1/documents/${doomed}`)
  await library.run(one, eraseDocumentTask, fromApi('doc', doomed))
  const { name } = (await library.ask(gone, 'GET', '/v1/organisation')).json
  assert.equal((await library.ask(gone, 'POST', '/v1/organisation/destruction', { name })).status, 202)
  house.passTime(12 * minute)
  await library.run(one, reindexTask, newId())
  assert.equal(await house.destroyer().round(), 2)
  await library.run(one, certifyTask, newId())

  const copy = await openCopy()
  const read = (id: string, person: typeof one) => copy.ask(person, 'GET', `/v1/documents/${id}/content`)
  // As it was taken, the copy opens nothing at all, and says so.
  for (const [id, person] of [
    [doomed, one],
    [kept, one],
    [theirs, two],
    [lost, gone],
  ] as const) {
    const answer = await read(id, person)
    assert.deepEqual([answer.status, answer.json.code], [410, 'keys_destroyed'])
  }

  const migrator = await connectAs(copy.login('migrator'))
  try {
    assert.equal(await takeUpKeyLists(migrator, join(house.folder, 'keys')), 2)
    assert.equal(await takeUpKeyLists(migrator, join(house.folder, 'keys')), 0)
  } finally {
    await migrator.end()
  }
  assert.equal((await read(kept, one)).status, 200)
  assert.equal((await read(theirs, two)).status, 200)
  const destroyed = await read(doomed, one)
  assert.deepEqual([destroyed.status, destroyed.json.code], [410, 'gone'])
  const ended = await read(lost, gone)
  assert.deepEqual([ended.status, ended.json.code], [410, 'keys_destroyed'])
  // Its text, its pictures and the index are gone as well; the organisation's own key still opens what it was called.
  assert.equal((await copy.ask(one, 'GET', `/v1/documents/${doomed}/text`)).json.code, 'gone')
  const searched = await copy.ask(one, 'GET', '/v1/search?q=mill')
  assert.deepEqual([searched.status, searched.json.total], [200, 0])
})
