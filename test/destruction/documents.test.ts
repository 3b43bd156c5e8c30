import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { encodeVerifierKey } from '#core/audit/checkpoint.ts'
import { certifyTask } from '#core/destruction/certify-destruction.job.ts'
import { reindexTask } from '#core/destruction/reindex.job.ts'
import { verifyCertificate } from '#core/destruction/verify-certificate.ts'
import { fromApi, newId } from '#core/ids.ts'
import { eraseDocumentTask } from '#knowledge/documents/erase-document.job.ts'
import { keyRows, openable } from '../old-keys.ts'
import { onePagePdf } from '../one-page-pdf.ts'
import { type OwnLibrary, openLibrary } from '../own-library.ts'

const minute = 60_000

let library: OwnLibrary
before(async () => {
  library = await openLibrary()
})
after(() => library.stop())

test('destruction: P9-24 fails when the keeper forgets nothing: then what stood in the tables before still opens', async () => {
  const person = await library.aResident()
  const tenant = person.token.split('.')[0] ?? ''
  const doomed = (await library.add(person, onePagePdf('Never really gone'), 'doomed.pdf')).json.id
  const old = await keyRows(library, tenant)
  await library.ask(person, 'DELETE', `/v1/documents/${doomed}`)
  await library.run(person, eraseDocumentTask, fromApi('doc', doomed))
  library.house.passTime(12 * minute)
  await library.run(person, reindexTask, newId())
  const stopped = new Error('stopped before the keeper forgets')
  const destroyer = library.house.destroyer(async (step) => {
    if (step === 'forget') throw stopped
  })
  await assert.rejects(destroyer.round(), stopped)
  const { json } = await library.ask(person, 'GET', '/v1/destructions')
  assert.equal(json.items[0].state, 'forgetting', 'so there is no certificate')
  assert.equal(await openable(library, tenant, old), old.keys.length)
  assert.equal(await library.house.destroyer().round(), 1)
  assert.equal(await openable(library, tenant, old), 0)
})

test('a removed document is destroyed for every copy there ever was, and the certificate says so', async () => {
  const person = await library.aResident()
  const tenant = person.token.split('.')[0] ?? ''
  const doomed = (await library.add(person, onePagePdf('The cormorant dives at dawn'), 'doomed.pdf')).json.id
  const kept = (await library.add(person, onePagePdf('The heron stands still'), 'kept.pdf')).json.id
  await library.work(person)
  const old = await keyRows(library, tenant)
  assert.equal(await openable(library, tenant, old), old.keys.length)

  await library.ask(person, 'DELETE', `/v1/documents/${doomed}`)
  await library.run(person, eraseDocumentTask, fromApi('doc', doomed))
  const list = async () => (await library.ask(person, 'GET', '/v1/destructions')).json.items
  const [asked, ...more] = await list()
  assert.equal(more.length, 0)
  assert.deepEqual([asked.kind, asked.subjectId, asked.state], ['document', doomed, 'waiting'])
  const certificate = () => library.ask(person, 'GET', `/v1/destructions/${asked.id}/certificate`)
  assert.equal((await certificate()).json.code, 'not_sealed_yet')
  const destroyer = library.house.destroyer()
  assert.equal(await destroyer.round(), 0, 'a batch begins only when no loan can be out any more')

  library.house.passTime(12 * minute)
  assert.equal(await destroyer.round(), 0, 'and when the index is rewritten')
  await library.run(person, reindexTask, fromApi('des', asked.id))
  assert.equal(await destroyer.round(), 1)
  assert.equal((await list())[0].state, 'erased')
  await library.run(person, certifyTask, fromApi('des', asked.id))
  await library.run(person, certifyTask, fromApi('des', asked.id))
  assert.equal((await list())[0].state, 'certified')
  await library.house.sealLog(person)
  const proof = (await certificate()).json
  const event = JSON.parse(proof.event)
  assert.equal(event.action, 'core.destruction.certified')
  assert.equal(event.detail.subject, fromApi('doc', doomed))
  assert.equal(event.detail.forgottenEpochs, String(event.detail.livingEpoch - 1))
  assert.equal(event.detail.indexKeys.split(' ').length, 1)
  const text = JSON.stringify(proof)
  const verdict = verifyCertificate(text, proof.key)
  assert.ok(verdict.verdict === 'valid')
  assert.equal(verdict.facts.subject, fromApi('doc', doomed))
  assert.equal(verifyCertificate(text, undefined).verdict, 'consistent')
  const stranger = encodeVerifierKey(proof.key.split('+')[0], Buffer.alloc(32, 3))
  for (const [forged, key] of [
    [text, stranger],
    [text.replace(fromApi('doc', doomed), fromApi('doc', kept)), proof.key],
    [JSON.stringify({ ...proof, position: proof.position - 1 }), proof.key],
    [JSON.stringify({ ...proof, hashes: proof.hashes.slice(1) }), proof.key],
    [text.slice(1), proof.key],
  ])
    assert.equal(verifyCertificate(forged, key).verdict, 'broken')
  const { json } = await library.ask(person, 'GET', '/v1/audit?action=core.destruction.certified')
  assert.equal(json.items.length, 1)

  // What stood in the tables before opens nothing any more, whatever is tried of it.
  assert.equal(await openable(library, tenant, old), 0)
  const now = await keyRows(library, tenant)
  assert.equal(now.epochs.length, 1)
  assert.ok(!now.keys.some(({ subject, wrapped }) => subject === fromApi('doc', doomed) && wrapped !== null))
  assert.equal(await openable(library, tenant, { ...now, keys: old.keys }), 0)
  // Survivors open, old loans over.
  library.house.passTime(11 * minute)
  assert.equal((await library.ask(person, 'GET', `/v1/documents/${kept}/content`)).status, 200)
  const found = await library.ask(person, 'GET', '/v1/search?q=heron')
  assert.equal(found.json.total, 1)
  assert.equal((await library.ask(person, 'GET', '/v1/search?q=cormorant')).json.total, 0)
})

test('another document that is damaged holds up no destruction, and is left as it is', async () => {
  const person = await library.aResident()
  const tenant = person.token.split('.')[0] ?? ''
  const doomed = (await library.add(person, onePagePdf('The tern has left'), 'doomed.pdf')).json.id
  const torn = (await library.add(person, onePagePdf('The gull was torn'), 'torn.pdf')).json.id
  const whole = (await library.add(person, onePagePdf('The swan is whole'), 'whole.pdf')).json.id
  await library.work(person)
  const old = await keyRows(library, tenant)
  const db = (await library.ctx.tenant(tenant)).db('activity')
  const cardOf = (id: string) =>
    db.selectFrom('document').select('card').where('id', '=', fromApi('doc', id)).executeTakeFirstOrThrow()
  const card = Buffer.from((await cardOf(torn)).card)
  card[20] = (card[20] ?? 0) ^ 1
  await db.updateTable('document').set({ card }).where('id', '=', fromApi('doc', torn)).execute()

  await library.ask(person, 'DELETE', `/v1/documents/${doomed}`)
  await library.run(person, eraseDocumentTask, fromApi('doc', doomed))
  library.house.passTime(12 * minute)
  await library.run(person, reindexTask, newId())
  assert.equal(await library.house.destroyer().round(), 1)
  assert.equal(await openable(library, tenant, old), 0)
  assert.deepEqual((await cardOf(torn)).card, card)
  assert.equal((await library.ask(person, 'GET', `/v1/documents/${whole}`)).json.fileName, 'whole.pdf')
  // The file is looked for under the new key: what is whole is found again, what is torn is another.
  assert.equal((await library.add(person, onePagePdf('The swan is whole'), 'again.pdf')).json.id, whole)
})
