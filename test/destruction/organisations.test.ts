import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connectAs } from '#core/db/system-login.ts'
import { verifyCertificate } from '#core/destruction/verify-certificate.ts'
import { onePagePdf } from '../one-page-pdf.ts'
import { type OwnLibrary, openLibrary } from '../own-library.ts'

const minute = 60_000

let library: OwnLibrary
before(async () => {
  library = await openLibrary()
})
after(() => library.stop())

test('a destroyed organisation is gone from every place, opens from no copy, and its certificate is with the region', async () => {
  const { house } = library
  const [owner, other] = [await library.aResident(), await library.aResident()]
  const tenant = owner.token.split('.')[0] ?? ''
  const domain = owner.email.split('@')[1] ?? ''
  const member = await house.aResident(`member@${domain}`)
  await library.add(owner, onePagePdf('Goes with the house'), 'ours.pdf')
  const theirs = (await library.add(other, onePagePdf('Stays'), 'theirs.pdf')).json.id
  const { name } = (await library.ask(owner, 'GET', '/v1/organisation')).json
  const [keys, epochs] = await Promise.all(
    (['key', 'key_epoch'] as const).map(async (table) =>
      (await library.ctx.tenant(tenant)).db('activity').selectFrom(table).selectAll().execute(),
    ),
  )
  const container = join(house.folder, 'blobs', tenant)
  assert.ok(existsSync(container))

  assert.equal(
    (await library.ask(member, 'POST', '/v1/organisation/destruction', { name })).json.code,
    'forbidden',
  )
  assert.equal(
    (await library.ask(owner, 'POST', '/v1/organisation/destruction', { name: 'Another' })).json.code,
    'conflict',
  )
  assert.equal((await library.ask(owner, 'GET', '/v1/organisation')).status, 200)
  const neighbour = await house.anotherApp()
  const made = (await library.ask(owner, 'POST', '/v1/api-keys', { name: 'Elsewhere' })).json
  const elsewhere = async () => {
    const answers = [`Bearer ${owner.token}`, `API-Key ${made.key}`].map((authorization) =>
      neighbour.inject({ method: 'GET', url: '/v1/me', headers: { authorization } }),
    )
    return (await Promise.all(answers)).map(({ statusCode }) => statusCode)
  }
  assert.deepEqual(await elsewhere(), [200, 200])
  const ended = await library.ask(owner, 'POST', '/v1/organisation/destruction', { name })
  assert.equal(ended.status, 202)
  assert.match(ended.json.certificateUrl, /\/certificates\/des_/)

  house.passTime(1_000)
  assert.deepEqual(await elsewhere(), [401, 401], 'within a second, before anything of it is gone')
  const destroyer = house.destroyer()
  await destroyer.round()
  for (const person of [owner, member]) assert.equal((await library.ask(person, 'GET', '/v1/me')).status, 401)
  house.passTime(2_000)
  assert.deepEqual(await elsewhere(), [401, 401], 'also where it was known')
  assert.ok(!existsSync(container))
  const migrator = await connectAs(house.login('migrator'))
  const registrar = await connectAs(house.login('registrar', 'directory'))
  try {
    for (const [client, sql] of [
      [migrator, `select from pg_namespace where nspname like 't_${tenant}%'`],
      [migrator, `select from pg_roles where rolname like 't_${tenant}%'`],
      [migrator, `select from cell.tenant where tenant = '${tenant}'`],
      [migrator, `select from cell.outbox where tenant = '${tenant}'`],
      [migrator, `select from cell.audit_due where tenant = '${tenant}'`],
      [registrar, `select from directory.route where tenant = '${tenant}'`],
      [registrar, `select from directory.domain where tenant = '${tenant}'`],
    ] as const)
      assert.equal((await client.query(sql)).rowCount, 0, sql)
  } finally {
    await migrator.end()
    await registrar.end()
  }

  const certificate = () => house.ask(null, 'GET', `/v1/certificates/${ended.json.certificateId}`)
  assert.equal((await certificate()).status, 404)
  house.passTime(12 * minute)
  assert.equal(await destroyer.round(), 1)
  const proof = await certificate()
  assert.equal(proof.status, 200)
  const key = (await library.ctx.evidenceLog.keys('eu')).at(-1)
  const verdict = verifyCertificate(proof.text, key)
  assert.ok(verdict.verdict === 'valid', JSON.stringify(verdict))
  assert.equal(verdict.facts.kind, 'organisation')

  const lend = house.keeper.as('web').ask('lend', {
    region: 'eu',
    tenant,
    epochs: (epochs ?? []).map(({ epoch, wrapped }) => ({
      epoch,
      wrapped: wrapped?.toString('base64') ?? '',
    })),
    // biome-ignore lint/suspicious/noExplicitAny: rows of two tables came one way.
    keys: (keys ?? []).map(({ id, purpose, version, subject, epoch, wrapped }: any) => ({
      ...{ id, purpose, version, subject, epoch },
      wrapped: wrapped.toString('base64'),
    })),
  })
  await assert.rejects(lend, { code: 'broken' })
  house.passTime(11 * minute)
  assert.equal((await library.ask(other, 'GET', `/v1/documents/${theirs}/content`)).status, 200)
  // The domain is free: whoever holds an address there founds a new organisation.
  const founder = await house.aResident(owner.email)
  assert.notEqual(founder.token.split('.')[0], tenant)
  assert.equal((await library.ask(founder, 'GET', '/v1/documents')).json.total, 0)
})
