import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { onePagePdf } from '#test/one-page-pdf.ts'
import { type OwnLibrary, openLibrary } from '#test/own-library.ts'
import { sealCodeOf } from './seal-code.ts'
import { sealStateOf } from './seal-state.ts'

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

const YEAR = 366 * 24 * 3_600_000

test('lists say what each seal shows: unknown until the log holds it, then in order', async () => {
  const owner = await library.aResident()
  const added = await library.add(owner, onePagePdf('The weir keeper sleeps at noon'))
  const stateIn = async (url: string, id: string) =>
    (await library.ask(owner, 'GET', url)).json.items.find((item: { id: string }) => item.id === id)?.seal
  const me = (await library.ask(owner, 'GET', '/v1/me')).json.person.id
  assert.equal(await stateIn('/v1/documents', added.json.id), 'unknown')
  await library.work(owner)
  const snip = await library.ask(owner, 'POST', '/v1/snips', {
    documentId: added.json.id,
    page: 1,
    kind: 'text',
    quote: { exact: 'sleeps at noon' },
  })
  const key = await library.ask(owner, 'POST', '/v1/api-keys', { name: 'gauge' })
  const session = (await library.ask(owner, 'GET', '/v1/sessions')).json.items[0].id
  await library.house.sealLog(owner)
  const fresh = await library.add(owner, onePagePdf('Not in the log yet'))
  assert.equal(await stateIn('/v1/documents', added.json.id), 'in-order')
  assert.equal(await stateIn('/v1/documents?sort=title', added.json.id), 'in-order')
  assert.equal(await stateIn('/v1/documents', fresh.json.id), 'unknown')
  assert.equal(await stateIn('/v1/snips', snip.json.id), 'in-order')
  assert.equal(await stateIn('/v1/people', me), 'in-order')
  assert.equal(await stateIn('/v1/api-keys', key.json.id), 'in-order')
  assert.equal(await stateIn('/v1/sessions', session), 'in-order')
  // The drawer says the same of each.
  for (const id of [added.json.id, snip.json.id, me, key.json.id, session])
    assert.equal((await library.ask(owner, 'GET', `/v1/records/${id}/seal`)).json.state, 'in-order', id)
})

test('the rule of a seal: no key has failed, an old key is due, what is not in the log is unknown', () => {
  const now = new Date('2026-11-22T12:00:00Z')
  const young = new Date(now.getTime() - 1_000)
  const old = new Date(now.getTime() - YEAR)
  assert.equal(sealStateOf({ keySince: null, isLogged: true }, now), 'failed')
  assert.equal(sealStateOf({ keySince: old, isLogged: true }, now), 'due')
  assert.equal(sealStateOf({ keySince: young, isLogged: false }, now), 'unknown')
  assert.equal(sealStateOf({ keySince: young, isLogged: true }, now), 'in-order')
})

test('the seal of a key and of an organisation is broken where what they hold does not open', async () => {
  const owner = await library.aResident()
  const made = await library.ask(owner, 'POST', '/v1/api-keys', { name: 'The lock keeper' })
  const organisation = await library.ask(owner, 'GET', '/v1/organisation')
  await library.house.sealLog(owner)
  const tenant = await library.ctx.tenant(owner.token.split('.')[0] ?? '')
  const stateOf = async (id: string) => (await library.ask(owner, 'GET', `/v1/records/${id}/seal`)).json.state
  for (const [table, id] of [
    ['api_key', made.json.id],
    ['organisation', organisation.json.id],
  ] as const) {
    assert.equal(await stateOf(id), 'in-order', table)
    await tenant
      .db('activity')
      .updateTable(table)
      .set({ card: Buffer.alloc(60, 1) })
      .execute()
    assert.equal(await stateOf(id), 'failed', table)
  }
})

test('a seal code names one record for ever, however it is typed, and nobody else’s', async () => {
  const owner = await library.aResident()
  const added = await library.add(owner, onePagePdf('Printed and filed'))
  const sealOf = async () => (await library.ask(owner, 'GET', `/v1/records/${added.json.id}/seal`)).json
  assert.equal((await sealOf()).code, null)
  await library.house.sealLog(owner)
  const { code } = await sealOf()
  assert.match(code, /^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/)
  await library.house.sealLog(owner)
  assert.equal((await sealOf()).code, code)
  const typed = code.toLowerCase().replace('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')
  const found = await library.ask(owner, 'GET', `/v1/seals?code=${encodeURIComponent(typed)}`)
  assert.deepEqual(found.json, { record: { kind: 'document', id: added.json.id } })
  // It is the beginning of the leaf hash that the proof of its first event names.
  const log = await library.ask(owner, 'GET', `/v1/audit?record=${added.json.id}`)
  const proof = await library.ask(owner, 'GET', `/v1/audit/${log.json.items.at(-1).id}/proof`)
  assert.equal(sealCodeOf(Buffer.from(proof.json.leafHash, 'hex')), code)
  const stranger = await library.aResident()
  const soughtBy = async (who: typeof owner, text: string) =>
    (await library.ask(who, 'GET', `/v1/seals?code=${encodeURIComponent(text)}`)).json
  assert.deepEqual(await soughtBy(stranger, code), { record: null })
  for (const wrong of ['ZZZZZ-ZZZZZ', 'generation', 'not a code', 'UUUUU-UUUUU'])
    assert.deepEqual(await soughtBy(owner, wrong), { record: null }, wrong)
})

test('the seal of another organisation’s record is not found', async () => {
  const [one, other] = [await library.aResident(), await library.aResident()]
  const added = await library.add(one, onePagePdf('Locked gate'))
  assert.equal((await library.ask(other, 'GET', `/v1/records/${added.json.id}/seal`)).status, 404)
})

test('a log whose signing key is new goes on being shown and proven, without a new start', async () => {
  const { house } = library
  const owner = await house.aResident('warden@lock.example')
  await house.sealLog(owner)
  const before = (await library.ask(owner, 'GET', '/v1/audit/checkpoint')).json
  await house.keeper.as('cell').ask('rotate', { region: 'eu', purpose: 'log' })
  await house.sealLog(owner)
  const after = await library.ask(owner, 'GET', '/v1/audit/checkpoint')
  assert.equal(after.status, 200, String(after.bytes))
  assert.notEqual(after.json.key, before.key)
})
