import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { after, before, test } from 'node:test'
import { leafHash, verifyInclusion } from '#core/audit/merkle.ts'
import { certifyTask } from '#core/destruction/certify-destruction.job.ts'
import { reindexTask } from '#core/destruction/reindex.job.ts'
import { fromApi, newId } from '#core/ids.ts'
import { openBytes } from '#core/keys/aead.ts'
import { subjectKey } from '#core/keys/subject-key.ts'
import { subjectSeal } from '#core/keys/subject-seal.ts'
import { onePagePdf } from '../one-page-pdf.ts'
import { type OwnLibrary, openLibrary } from '../own-library.ts'

const minute = 60_000

let library: OwnLibrary
before(async () => {
  library = await openLibrary()
})
after(() => library.stop())

test('an erased person is gone from tables and older copies; what they made and what the log proves stays', async () => {
  const { house } = library
  const owner = await library.aResident()
  const domain = owner.email.split('@')[1] ?? ''
  const tenant = owner.token.split('.')[0] ?? ''
  const leaver = await house.aResident(`leaver@${domain}`)
  const made = (await library.add(leaver, onePagePdf('Written by somebody who left'), 'made.pdf')).json.id
  await library.work(leaver)
  await house.sealLog(owner)
  const people = async () => (await library.ask(owner, 'GET', '/v1/people')).json.items
  const { id } = (await people()).find(({ email }: { email: string }) => email === leaver.email)
  const events = async () => (await library.ask(owner, 'GET', `/v1/audit?actor=${id}&limit=100`)).json.items
  const before = await events()
  assert.ok(before.some(({ ip }: { ip: string | null }) => ip !== null))

  // What an older copy of the database would hold, and every key that lies beside it.
  const opened = await library.ctx.tenant(tenant)
  const copy = await opened
    .db('people')
    .selectFrom('person')
    .selectAll()
    .where('id', '=', fromApi('per', id))
    .executeTakeFirstOrThrow()
  const [oldKeys, oldEpochs] = await Promise.all([
    opened.db('activity').selectFrom('key').selectAll().execute(),
    opened.db('activity').selectFrom('key_epoch').selectAll().execute(),
  ])
  const readCopy = async () => {
    const wanted = oldKeys.filter(({ purpose, subject }) => purpose === 'people' || subject === copy.id)
    const question = {
      region: 'eu',
      tenant,
      epochs: oldEpochs.map(({ epoch, wrapped }) => ({ epoch, wrapped: wrapped.toString('base64') })),
      keys: wanted.map(({ id: key, purpose, version, subject, epoch, wrapped }) => ({
        ...{ id: key, purpose: purpose as 'people', version, subject, epoch },
        wrapped: wrapped?.toString('base64') ?? '',
      })),
    }
    const { keys } = await house.keeper.as('web').ask('lend', question)
    const keyOf = (purpose: string) => {
      const { id: wantedId } = wanted.find((row) => row.purpose === purpose) ?? { id: '' }
      return createSecretKey(Buffer.from(keys.find((lent) => lent.id === wantedId)?.key ?? '', 'base64'))
    }
    const place = `${tenant}\0people.person\0${copy.id}\0card`
    const outer = JSON.parse(openBytes(keyOf('people'), place, copy.card).toString())
    const own = subjectKey([{ id: copy.id, version: 1, key: keyOf('person'), isRetired: false }], Date.now())
    return subjectSeal(own).open<{ email: string }>(
      { tenant, store: 'people', table: 'person', row: copy.id, column: 'card' },
      Buffer.from(outer.sealed, 'base64'),
    ).email
  }
  assert.equal(await readCopy(), leaver.email)

  const member = await house.aResident(`member@${domain}`)
  assert.equal((await library.ask(member, 'DELETE', `/v1/people/${id}`)).json.code, 'forbidden')
  const [own] = (await people()).filter(({ email }: { email: string }) => email === owner.email)
  assert.equal((await library.ask(owner, 'DELETE', `/v1/people/${own.id}`)).json.code, 'last_owner')
  house.passTime(minute)
  assert.equal((await library.ask(owner, 'DELETE', `/v1/people/${id}`)).status, 204)
  assert.equal((await library.ask(owner, 'DELETE', `/v1/people/${id}`)).status, 404)

  assert.equal((await library.ask(leaver, 'GET', '/v1/me')).status, 401)
  const signIn = { email: leaver.email, password: leaver.password }
  assert.equal((await house.ask(null, 'POST', '/v1/sessions', signIn)).json.code, 'wrong_credentials')
  assert.ok(!(await people()).some((person: { id: string }) => person.id === id))
  assert.equal((await library.ask(owner, 'GET', `/v1/documents/${made}`)).json.createdBy, id)

  house.passTime(12 * minute)
  await library.run(owner, reindexTask, newId())
  assert.equal(await house.destroyer().round(), 1)
  await library.run(owner, certifyTask, newId())
  await house.sealLog(owner)
  const [destruction] = (await library.ask(owner, 'GET', '/v1/destructions')).json.items
  assert.deepEqual([destruction.kind, destruction.subjectId, destruction.state], ['person', id, 'certified'])
  await assert.rejects(readCopy(), { code: 'broken' })

  // Their events are there and proven; where they came from is not.
  house.passTime(11 * minute)
  const now = await events()
  assert.equal(now.length, before.length)
  assert.ok(
    now.every(({ ip, userAgent }: { ip: unknown; userAgent: unknown }) => ip === null && userAgent === null),
  )
  const proof = (await library.ask(owner, 'GET', `/v1/audit/${before[0].id}/proof`)).json
  const hashes = proof.hashes.map((hex: string) => Buffer.from(hex, 'hex'))
  assert.ok(
    verifyInclusion(
      leafHash(proof.event),
      proof.position,
      proof.size,
      hashes,
      Buffer.from(proof.root, 'hex'),
    ),
  )
  const seal = (await library.ask(owner, 'GET', `/v1/records/${made}/seal`)).json
  assert.ok(!JSON.stringify(seal).includes('127.0.0.1'), JSON.stringify(seal))
  assert.equal((await library.ask(owner, 'GET', `/v1/documents/${made}/content`)).status, 200)
  // The events of keys and of nobody known keep where they came from: the log's own key is not among those that went.
  const refused = (await library.ask(owner, 'GET', '/v1/audit?action=core.session&outcome=refused')).json
    .items
  assert.ok(refused.every(({ ip }: { ip: string | null }) => ip !== null))

  // The address is free again, for somebody new.
  const again = await house.aResident(leaver.email)
  assert.notEqual((await library.ask(again, 'GET', '/v1/me')).json.person.id, id)
})
