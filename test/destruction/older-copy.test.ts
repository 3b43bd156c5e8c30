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
import { restoreIndexTask } from '#core/search/restore-index.job.ts'
import { eraseDocumentTask } from '#knowledge/documents/erase-document.job.ts'
import { fetchDocumentTask } from '#knowledge/documents/fetch-document.job.ts'
import { fileForm } from '../ask.ts'
import { onePagePdf } from '../one-page-pdf.ts'
import { openWorld } from '../outside-world.ts'
import { type OwnHouse, openHouse } from '../own-house.ts'
import { type OwnLibrary, openLibrary, runOn } from '../own-library.ts'
import { guessed, keyTables, lentOf, openEverything } from './open-everything.ts'

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
async function copyEverything(original: OwnHouse = library.house): Promise<() => Promise<OwnHouse>> {
  const { cluster, keeper, place, region } = original.ground
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
  const quote = { exact: 'mill itself' }
  const snip = { documentId: kept, page: 1, kind: 'text', quote, insight: 'It turns', tags: ['Power'] }
  assert.equal((await library.ask(one, 'POST', '/v1/snips', snip)).status, 201)
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
  // Nothing seals into the logs of the organisations, so it is counted.
  assert.equal(await copy.countRefused(':keys_destroyed'), 4)

  const migrator = await connectAs(copy.login('migrator'))
  try {
    assert.equal(await takeUpKeyLists(migrator, join(house.folder, 'keys')), 2)
    assert.equal(await takeUpKeyLists(migrator, join(house.folder, 'keys')), 0)
    await migrator.query('set role dispatcher')
    const { rows } = await migrator.query('select key from queue.jobs where key like $1', [
      `%:${restoreIndexTask.name}`,
    ])
    assert.deepEqual(
      rows.map(({ key }) => key.split(':')[0]),
      [one.token.split('.')[0]],
    )
  } finally {
    await migrator.end()
  }
  assert.equal((await read(kept, one)).status, 200)
  assert.equal((await read(theirs, two)).status, 200)
  const destroyed = await read(doomed, one)
  assert.deepEqual([destroyed.status, destroyed.json.code], [410, 'gone'])
  const ended = await read(lost, gone)
  assert.deepEqual([ended.status, ended.json.code], [410, 'keys_destroyed'])
  // Its name, its text, its pictures and the index are gone as well.
  assert.deepEqual((await copy.ask(one, 'GET', `/v1/documents/${doomed}`)).json.code, 'gone')
  const list = (await copy.ask(one, 'GET', '/v1/documents?sort=title')).json.items
  assert.deepEqual(
    list.map(({ id }: { id: string }) => id),
    [kept],
  )
  assert.equal((await copy.ask(one, 'GET', `/v1/documents/${doomed}/text`)).json.code, 'gone')
  const searched = await copy.ask(one, 'GET', '/v1/search?q=mill')
  assert.deepEqual([searched.status, searched.json.total], [200, 0])

  // A worker makes it anew, and may be killed in the middle of it.
  for (let time = 0; time < 2; time++) await runOn(copy.ctx, one, restoreIndexTask, newId())
  const found = await copy.ask(one, 'GET', '/v1/search?q=mill')
  assert.deepEqual(
    found.json.items.map((item: { kind: string; documentId: string }) => [item.kind, item.documentId]),
    [
      ['document', kept],
      ['document', kept],
      ['snip', kept],
    ],
  )
  assert.equal((await copy.ask(one, 'GET', '/v1/search?q=secret')).json.total, 0)
  assert.deepEqual((await copy.ask(one, 'GET', '/v1/tags')).json.items, [{ tag: 'Power', count: 1 }])
  assert.equal((await copy.ask(one, 'GET', '/v1/snips?tag=power')).json.items.length, 1)
})

test('of a destroyed document no word and no address opens in an older copy, whatever key is tried; what lives does', async () => {
  const world = await openWorld(() => null)
  closing.push(() => world.stop())
  const place = await world.http((_, response) =>
    response.writeHead(200, { 'content-type': 'application/pdf' }).end(onePagePdf('Fetched for the mill')),
  )
  const outside = { allowsLoopback: true, servers: [world.nameServer], ca: [world.ca], ports: [place.port] }
  const reading = await openLibrary({ outside })
  closing.push(() => reading.stop())
  const { house } = reading
  const person = await reading.aResident()
  const tenant = person.token.split('.')[0] ?? ''
  const from = async (
    remoteAddress: string,
    method: 'POST' | 'PATCH',
    url: string,
    payload: object | Buffer,
    more = {},
  ) => {
    const headers = { authorization: `Bearer ${person.token}`, ...more }
    const answer = await house.app.inject({ method, url, payload, headers, remoteAddress })
    assert.ok(answer.statusCode < 300, answer.body)
    return answer
  }
  /** A document with everything that is said of one, each with the word in it; `octet` ends the addresses. */
  async function aToldDocument(word: string, octet: number) {
    const bytes = onePagePdf(`The ${word}page stands here`)
    const form = fileForm(`${word}file.pdf`, bytes, 'application/pdf', `A ${word}title`)
    const added = await from(`198.51.100.${octet}`, 'POST', '/v1/documents', form.bytes, {
      'content-type': form.type,
    })
    const { id } = added.json()
    await reading.work(person)
    const snip = {
      documentId: id,
      page: 1,
      kind: 'text',
      quote: { exact: `${word}page stands` },
      insight: `An ${word}insight`,
      note: `A ${word}note`,
      tags: [`${word}tag`, 'shared'],
    }
    const { id: taken } = (await from(`198.51.101.${octet}`, 'POST', '/v1/snips', snip)).json()
    await from(`198.51.102.${octet}`, 'PATCH', `/v1/snips/${taken}`, { note: `A ${word}note` })
    // On its way when the copy is taken: one by its address, and one in parts.
    const source = `http://localhost:${place.port}/${word}source.pdf`
    const fetched = (await from(`198.51.103.${octet}`, 'POST', '/v1/documents', { url: source })).json().id
    const metadata = `filename ${Buffer.from(`${word}upload.pdf`).toString('base64')}`
    const upload = await from(`198.51.104.${octet}`, 'POST', '/v1/uploads', Buffer.alloc(0), {
      'tus-resumable': '1.0.0',
      'upload-length': String(bytes.length),
      'upload-metadata': metadata,
    })
    return { id, fetched, upload: String(upload.headers.location) }
  }
  const doomed = await aToldDocument('doomed', 7)
  const kept = await aToldDocument('kept', 8)
  const sha256 = (id: string) =>
    reading.ask(person, 'GET', `/v1/documents/${id}`).then(({ json }) => json.sha256)
  const digests = { doomed: await sha256(doomed.id), kept: await sha256(kept.id) }
  const openCopy = await copyEverything(house)

  // The address brings the document, the upload turns out to be the same file; then all that is destroyed.
  house.passTime(minute)
  await reading.run(person, fetchDocumentTask, fromApi('doc', doomed.fetched))
  assert.equal(
    (await reading.ask(person, 'DELETE', doomed.upload, undefined, { 'tus-resumable': '1.0.0' })).status,
    204,
  )
  for (const id of [doomed.id, doomed.fetched]) {
    assert.equal((await reading.ask(person, 'DELETE', `/v1/documents/${id}`)).status, 204)
    await reading.run(person, eraseDocumentTask, fromApi('doc', id))
  }
  house.passTime(12 * minute)
  await reading.run(person, reindexTask, newId())
  assert.equal(await house.destroyer().round(), 2)
  await reading.run(person, certifyTask, newId())

  const copy = await openCopy()
  const [there, now] = [await connectAs(copy.login('migrator')), await connectAs(house.login('migrator'))]
  try {
    const old = await keyTables(there, tenant)
    assert.equal(await takeUpKeyLists(there, join(house.folder, 'keys')), 1)
    const tables = [old, await keyTables(there, tenant), await keyTables(now, tenant)]
    const keys = await lentOf(house.keeper.as('web'), tenant, tables)
    const opened = await openEverything(there, tenant, keys)
    const wordsOf = (word: string, octet: number) => [
      ...['title', 'file', 'page', 'insight', 'note', 'tag', 'source', 'upload'].map(
        (part) => `${word}${part}`,
      ),
      ...[100, 101, 102, 103, 104].map((net) => `198.51.${net}.${octet}`),
    ]
    // The log keeps from where its events came, under the keys of persons.
    const said = opened.filter(({ table }) => table !== 'audit').map(({ text }) => text.toLowerCase())
    const found = (words: readonly string[]) =>
      words.filter((word) => said.some((text) => text.includes(word)))
    assert.deepEqual(found([...wordsOf('doomed', 7), digests.doomed]), [])
    assert.deepEqual(found([...wordsOf('kept', 8), digests.kept, 'shared']), [
      ...wordsOf('kept', 8),
      digests.kept,
      'shared',
    ])
    // Nor does a copy say whether a guess is right; the tables of today do.
    const guesses = [
      ['tag', 'doomedtag'],
      ['tag', 'kepttag'],
      ['document.sha256', digests.doomed],
      ['document.sha256', digests.kept],
    ] as const
    assert.deepEqual(await guessed(there, tenant, keys, guesses), [])
    assert.deepEqual(await guessed(now, tenant, keys, guesses), ['kepttag', digests.kept])
  } finally {
    await there.end()
    await now.end()
  }
})
