import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { onePagePdf } from '#test/one-page-pdf.ts'
import { type OwnLibrary, openLibrary } from '#test/own-library.ts'

let library: OwnLibrary
before(async () => {
  library = await openLibrary()
})
after(() => library.stop())

test('the seal of a document says who, when, from where, under which key, and who may read it', async () => {
  const owner = await library.aResident()
  const added = await library.add(owner, onePagePdf('The weir is inspected in spring'))
  const me = await library.ask(owner, 'GET', '/v1/me')
  const seal = await library.ask(owner, 'GET', `/v1/records/${added.json.id}/seal`)
  assert.equal(seal.status, 200, String(seal.bytes))
  assert.equal(seal.json.createdBy, me.json.person.id)
  assert.equal(seal.json.createdIp, '127.0.0.1')
  assert.equal(seal.json.region, 'eu')
  assert.equal(seal.json.storageClass, 'content')
  assert.equal(seal.json.key.version, 1)
  assert.deepEqual(
    seal.json.readers.map(({ who }: { who: string }) => who),
    ['owner', 'administrator', 'member'],
  )
})

test('a member gets the proof of a record that may be opened, and of nothing else', async () => {
  const owner = await library.house.aResident('warden@weir.example')
  const member = await library.house.aResident('reader@weir.example')
  const added = await library.add(owner, onePagePdf('The sluice has two keys'))
  const seal = await library.ask(member, 'GET', `/v1/records/${added.json.id}/seal`)
  const proof = await library.ask(member, 'GET', `/v1/audit/${seal.json.log.eventId}/proof`)
  // No sealer runs in this house, so the log has the event and no checkpoint yet.
  assert.equal(proof.json.code, 'not_sealed_yet')
  const log = await library.ask(owner, 'GET', '/v1/audit?action=core.session.opened')
  const foreign = await library.ask(member, 'GET', `/v1/audit/${log.json.items[0].id}/proof`)
  assert.equal(foreign.json.code, 'not_found')
  assert.equal((await library.ask(member, 'GET', '/v1/audit')).json.code, 'forbidden')
})

test('the seal of another organisation’s record is not found', async () => {
  const [one, other] = [await library.aResident(), await library.aResident()]
  const added = await library.add(one, onePagePdf('Locked gate'))
  assert.equal((await library.ask(other, 'GET', `/v1/records/${added.json.id}/seal`)).status, 404)
})
