import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { certifyTask } from '#core/destruction/certify-destruction.job.ts'
import { reindexTask } from '#core/destruction/reindex.job.ts'
import { verifyCertificate } from '#core/destruction/verify-certificate.ts'
import { fromApi, newId } from '#core/ids.ts'
import { systemActor } from '#core/tenancy/system-actor.ts'
import { eraseDocumentTask } from '#knowledge/documents/erase-document.job.ts'
import { keyRows, openable } from '../old-keys.ts'
import { onePagePdf } from '../one-page-pdf.ts'
import type { Resident } from '../own-house.ts'
import { type OwnLibrary, openLibrary } from '../own-library.ts'
import { rotating, tenantOf } from '../rotating.ts'

const minute = 60_000

let library: OwnLibrary
let rotation: ReturnType<typeof rotating>
before(async () => {
  library = await openLibrary()
  rotation = rotating(library)
})
after(() => library.stop())

async function aDocument(person: Resident, words: string): Promise<string> {
  const { id } = (await library.add(person, onePagePdf(words), 'a file.pdf')).json
  await library.work(person)
  return id
}

async function destroy(person: Resident, id: string): Promise<void> {
  assert.equal((await library.ask(person, 'DELETE', `/v1/documents/${id}`)).status, 204)
  await library.run(person, eraseDocumentTask, fromApi('doc', id))
}

/** What the certificate of each destruction says, by the document. */
async function certificates(person: Resident) {
  await library.run(person, certifyTask, newId())
  await library.house.sealLog(person)
  const { items } = (await library.ask(person, 'GET', '/v1/destructions')).json
  const facts = new Map<string, { keys: string; indexKeys: string | null; loansEndedAt: string }>()
  for (const { id, subjectId } of items) {
    const { json } = await library.ask(person, 'GET', `/v1/destructions/${id}/certificate`)
    const verdict = verifyCertificate(JSON.stringify(json), json.key)
    assert.ok(verdict.verdict === 'valid', `${subjectId}: ${JSON.stringify(json)}`)
    facts.set(subjectId, verdict.facts)
  }
  return facts
}

test('documents destroyed before, while and after their keys rotate: each certificate names every version, and none opens', async () => {
  const person = await library.aResident()
  const tenant = tenantOf(person)
  const names = ['early', 'between', 'middle', 'late', 'kept'] as const
  const ids = new Map<string, string>()
  for (const name of names) ids.set(name, await aDocument(person, `The ${name} tide comes in`))
  const idOf = (name: (typeof names)[number]) => ids.get(name) ?? ''
  const copies = [await keyRows(library, tenant)]

  library.house.passTime(1000)
  await destroy(person, idOf('early'))
  await rotation.begin(person)
  copies.push(await keyRows(library, tenant))
  await destroy(person, idOf('between'))
  library.house.passTime(12 * minute)
  let destroying: Promise<void> | undefined
  await rotation.seal(person, undefined, (done, total = 0) => {
    if (done > total - 6) destroying ??= destroy(person, idOf('middle'))
  })
  assert.ok(destroying)
  await destroying
  copies.push(await keyRows(library, tenant))
  await destroy(person, idOf('late'))

  // Each destruction asked for the rewrite of its index; all of them have come by now.
  library.house.passTime(12 * minute)
  for (let run = 0; run < 2; run++) await library.run(person, reindexTask, newId())
  assert.equal(await library.house.destroyer().round(), 4)

  for (const copy of copies) assert.equal(await openable(library, tenant, copy), 0)
  const now = await keyRows(library, tenant)
  for (const copy of copies) assert.equal(await openable(library, tenant, { ...now, keys: copy.keys }), 0)
  const all = new Map(copies.flatMap(({ keys }) => keys.map((key) => [key.id, key] as const)))
  const facts = await certificates(person)
  assert.deepEqual(
    [...facts.keys()].sort(),
    names
      .slice(0, 4)
      .map((name) => idOf(name))
      .sort(),
  )
  for (const name of names.slice(0, 4)) {
    const versions = [...all.values()].filter(({ subject }) => subject === fromApi('doc', idOf(name)))
    const { keys, indexKeys } = facts.get(idOf(name)) ?? assert.fail(name)
    assert.deepEqual(keys.split(' ').sort(), versions.map(({ id }) => id).sort(), name)
    assert.equal(versions.length, name === 'early' ? 1 : 2, name)
    // What is named is gone from the tables as well.
    for (const id of [...keys.split(' '), ...(indexKeys ?? '').split(' ')]) {
      const row = now.keys.find((key) => key.id === id)
      assert.deepEqual([row?.state, row?.wrapped], ['destroyed', null], `${name}: ${id}`)
    }
  }
  const search = now.keys.filter(({ purpose }) => purpose === 'search')
  assert.equal(search.filter(({ state }) => state !== 'destroyed').length, 1)
  library.house.passTime(11 * minute)
  assert.equal((await library.ask(person, 'GET', `/v1/documents/${idOf('kept')}/content`)).status, 200)
  assert.equal((await library.ask(person, 'GET', '/v1/search?q=tide&kind=document')).json.total, 1)
})

test('a destruction some minutes into a rotation keeps neither from its end', async () => {
  const person = await library.aResident()
  const doomed = await aDocument(person, 'Removed while the others wait')
  const kept = await aDocument(person, 'Sealed again')
  await rotation.begin(person)
  library.house.passTime(10.5 * minute)
  await destroy(person, doomed)
  library.house.passTime(1.5 * minute)
  await rotation.seal(person)
  const versions = await rotation.versionsIn(person, 'activity', 'document', 'card')
  assert.deepEqual([...versions.keys()], [2])
  library.house.passTime(11 * minute)
  await library.run(person, reindexTask, newId())
  assert.equal(await library.house.destroyer().round(), 1)
  assert.equal((await certificates(person)).size, 1)
  library.house.passTime(11 * minute)
  assert.equal((await library.ask(person, 'GET', `/v1/documents/${kept}/content`)).status, 200)
  assert.equal((await library.ask(person, 'GET', '/v1/search?q=again')).json.total, 1)
})

test('an organisation that destroys something every few minutes has its certificates all the same', async () => {
  const person = await library.aResident()
  const ids: string[] = []
  for (let number = 0; number < 6; number++) ids.push(await aDocument(person, `Number ${number} of the pile`))
  const [first = ''] = ids
  const runs: string[] = []
  for (const id of ids) {
    await destroy(person, id)
    // The rewrite that was asked for twelve minutes ago, and the next destruction in between.
    library.house.passTime(10.5 * minute)
    runs.push(
      await library.run(person, reindexTask, newId()).then(
        () => 'done',
        ({ message }: Error) => message,
      ),
    )
  }
  assert.ok(runs.slice(1).includes('done'), runs.join(', '))
  assert.ok((await library.house.destroyer().round()) > 0)
  await library.run(person, certifyTask, newId())
  const { items } = (await library.ask(person, 'GET', `/v1/destructions?subject=${first}`)).json
  assert.equal(items[0].state, 'certified')
})

test('the certificate says until when a copy of a key of the index may have been lent, too', async () => {
  const person = await library.aResident()
  const doomed = await aDocument(person, 'Known to another process')
  const neighbour = library.house.aNeighbour(0)
  const actor = systemActor(tenantOf(person), {
    region: 'eu',
    origin: { ip: '', userAgent: '' },
    requestId: 'neighbour',
  })
  const holds = () => neighbour.read(actor, async (tx) => tx.keys.derive('search', 'any', 1) !== undefined)
  await destroy(person, doomed)
  library.house.passTime(12 * minute)
  assert.ok(await holds())
  await library.run(person, reindexTask, newId())
  assert.equal(await library.house.destroyer().round(), 1)
  const facts = await certificates(person)
  assert.ok(await holds(), 'it was lent before it was destroyed')
  const { loansEndedAt = '' } = facts.get(doomed) ?? {}
  assert.ok(Date.parse(loansEndedAt) > library.ctx.now().getTime(), loansEndedAt)
  library.house.passTime(11 * minute)
  await assert.rejects(holds())
})

test('a clock that goes back an hour: a key that knows the words of what is destroyed is not taken for a new one', async () => {
  const person = await library.aResident()
  const tenant = tenantOf(person)
  const db = (await library.ctx.tenant(tenant)).db('activity')
  const searchKeys = () =>
    db
      .selectFrom('key')
      .select(['id', 'version', 'state'])
      .where('purpose', '=', 'search')
      .orderBy('version')
      .execute()
  await destroy(person, await aDocument(person, 'The first of them'))
  library.house.passTime(12 * minute)
  await library.run(person, reindexTask, newId())
  const second = await aDocument(person, 'The second knows a secret')
  const used = (await searchKeys()).at(-1)?.version
  library.house.passTime(-60 * minute)
  await destroy(person, second)
  library.house.passTime(75 * minute)
  await library.run(person, reindexTask, newId())
  assert.equal((await searchKeys()).find(({ version }) => version === used)?.state, 'destroyed')
})
