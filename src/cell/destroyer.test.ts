import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connectAs } from '#core/db/system-login.ts'
import { certifyTask } from '#core/destruction/certify-destruction.job.ts'
import { reindexTask } from '#core/destruction/reindex.job.ts'
import { fromApi, newId } from '#core/ids.ts'
import { addKey } from '#core/keys/add-key.ts'
import { systemActor } from '#core/tenancy/system-actor.ts'
import { eraseDocumentTask } from '#knowledge/documents/erase-document.job.ts'
import type { DestroyOrder } from '#test/destroy-until-killed.ts'
import { onePagePdf } from '#test/one-page-pdf.ts'
import type { Resident } from '#test/own-house.ts'
import { type OwnLibrary, openLibrary } from '#test/own-library.ts'
import { destructionSteps } from './destroyer.ts'

const minute = 60_000

let library: OwnLibrary
before(async () => {
  library = await openLibrary()
})
after(() => library.stop())

const tenantOf = ({ token }: Resident) => token.split('.')[0] ?? ''
const nobody = (person: Resident) =>
  systemActor(tenantOf(person), { region: 'eu', origin: { ip: '', userAgent: '' }, requestId: 'destroyer' })

/** Adds a document and destroys it, up to what the cell has to do. */
async function destroyOne(person: Resident, words: string): Promise<string> {
  const { id } = (await library.add(person, onePagePdf(words), 'doomed.pdf')).json
  await library.ask(person, 'DELETE', `/v1/documents/${id}`)
  await library.run(person, eraseDocumentTask, fromApi('doc', id))
  return id
}

async function killBefore(until: (typeof destructionSteps)[number]): Promise<void> {
  const { keeper, place } = library.house
  const child = fork(join(import.meta.dirname, '../../test/destroy-until-killed.ts'), { execArgv: [] })
  const blobRoot = join(library.house.folder, 'blobs')
  const keyLists = join(library.house.folder, 'keys')
  const order: DestroyOrder = {
    keyLists,
    socket: keeper.socket('cell'),
    place,
    blobRoot,
    // What was destroyed bears the time of the database, which goes on while the clock of the keeper stands still.
    now: library.ctx.now().getTime(),
    until,
  }
  child.send(order)
  const [said] = await Promise.race([once(child, 'message'), once(child, 'exit')])
  assert.equal(said, 'there', `the child came to ${until}`)
  child.kill('SIGKILL')
  await once(child, 'exit')
}

test('killed before every step in turn, two organisations at once come to their certificates and nobody loses a key', async () => {
  const { house } = library
  const [one, two, third] = [await library.aResident(), await library.aResident(), await library.aResident()]
  const kept = (await library.add(one, onePagePdf('Kept through it all'), 'kept.pdf')).json.id
  const theirs = (await library.add(third, onePagePdf('Not concerned'), 'theirs.pdf')).json.id
  await library.work(one)
  const ended = await library.aResident()
  const { name } = (await library.ask(ended, 'GET', '/v1/organisation')).json
  const { certificateId } = (await library.ask(ended, 'POST', '/v1/organisation/destruction', { name })).json
  const gone = [await destroyOne(one, 'First to go'), await destroyOne(two, 'Second to go')]
  house.passTime(12 * minute)
  for (const person of [one, two]) await library.run(person, reindexTask, newId())
  // A key that an upload holds, and that is stored when everything is over.
  const late = newId()
  const held = await library.ctx.read(nobody(one), (tx) => tx.keys.newSubject('document', late))

  const during: { person: Resident; id: string }[] = []
  for (const step of destructionSteps) {
    await killBefore(step)
    const id = (await library.add(one, onePagePdf(`Added before ${step}`), `${step}.pdf`)).json.id
    during.push({ person: one, id })
    if (step === 'renew' || step === 'forget') {
      const person = await library.aResident()
      const first = (await library.add(person, onePagePdf(`Founded before ${step}`), 'new.pdf')).json.id
      during.push({ person, id: first })
    }
  }
  await house.destroyer().round()
  for (const person of [one, two]) await library.run(person, certifyTask, newId())

  const states = await Promise.all(
    [one, two].map(async (person) => (await library.ask(person, 'GET', '/v1/destructions')).json.items),
  )
  assert.deepEqual(
    states.flat().map(({ subjectId, state }) => [subjectId, state]),
    gone.map((id) => [id, 'certified']),
  )
  await library.ctx.write(nobody(one), async (tx) => {
    await addKey(tx, held.row)
    tx.audit({ action: 'core.test.stored' })
  })
  house.passTime(11 * minute)
  for (const { person, id } of [...during, { person: one, id: kept }, { person: third, id: theirs }])
    assert.equal((await library.ask(person, 'GET', `/v1/documents/${id}/content`)).status, 200, id)
  const key = await library.ctx.read(nobody(one), (tx) => tx.keys.subject('document', late))
  assert.deepEqual(key.current.key.export(), held.key.export())

  assert.equal((await house.ask(null, 'GET', `/v1/certificates/${certificateId}`)).status, 200)
  const { regions } = await house.keeper.as('cell').ask('status', {})
  assert.equal(regions[0]?.epochs.length, 1)
  const migrator = await connectAs(house.login('migrator'))
  try {
    const { rows } = await migrator.query(
      'select count(*)::int as stale from cell.tenant where region_epoch is distinct from $1',
      [regions[0]?.epochs[0]],
    )
    assert.deepEqual(rows, [{ stale: 0 }])
  } finally {
    await migrator.end()
  }
})

test('a key row that was damaged keeps nobody from being erased', async () => {
  const { house } = library
  const person = await library.aResident()
  const kept = (await library.add(person, onePagePdf('Still there'), 'kept.pdf')).json.id
  const damaged = (await library.add(person, onePagePdf('Bits rot'), 'rot.pdf')).json.id
  const db = (await library.ctx.tenant(tenantOf(person))).db('activity')
  await db
    .updateTable('key')
    .set({ wrapped: Buffer.alloc(65, 1) })
    .where('subject', '=', fromApi('doc', damaged))
    .execute()
  await destroyOne(person, 'To be erased')
  house.passTime(12 * minute)
  await library.run(person, reindexTask, newId())
  assert.equal(await house.destroyer().round(), 1)
  house.passTime(11 * minute)
  assert.equal((await library.ask(person, 'GET', `/v1/documents/${kept}/content`)).status, 200)
  const broken = await library.ask(person, 'GET', `/v1/documents/${damaged}/content`)
  assert.deepEqual([broken.status, broken.json.code], [410, 'keys_destroyed'])
})
