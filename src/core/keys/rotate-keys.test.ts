import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { onePagePdf } from '#test/one-page-pdf.ts'
import { type OwnLibrary, openLibrary } from '#test/own-library.ts'
import { rotateKeysTask } from './rotate-keys.job.ts'

let library: OwnLibrary
before(async () => {
  library = await openLibrary()
})
after(() => library.stop())

test('rotation seals every column again and everything reads as before', async () => {
  const person = await library.aResident()
  const tenant = person.token.split('.')[0] ?? ''
  const added = await library.add(person, onePagePdf('The lighthouse keeper counts the winters'))
  await library.work(person)
  const read = await library.ask(person, 'GET', `/v1/documents/${added.json.id}`)
  assert.equal(read.json.state, 'ready', String(read.bytes))
  const snip = await library.ask(person, 'POST', '/v1/snips', {
    documentId: added.json.id,
    page: 1,
    kind: 'text',
    quote: { exact: 'keeper counts the winters' },
    insight: 'Winters are counted',
    tags: ['lighthouse'],
  })
  assert.equal(snip.status, 201, String(snip.bytes))
  await library.ask(person, 'POST', '/v1/api-keys', { name: 'Rotation test' })
  const exported = await library.ask(person, 'POST', '/v1/exports', { kind: 'audit' })
  assert.equal(exported.status, 202, String(exported.bytes))

  const rotation = await library.ask(person, 'POST', '/v1/keys/rotations')
  assert.equal(rotation.status, 202, String(rotation.bytes))
  await assert.rejects(library.run(person, rotateKeysTask, added.json.id), /not in use yet/)
  library.house.passTime(12 * 60_000)
  const opened = await library.ctx.tenant(tenant)
  const organisation = await opened
    .db('activity')
    .selectFrom('organisation')
    .select('id')
    .executeTakeFirstOrThrow()
  await library.run(person, rotateKeysTask, organisation.id)

  for (const { store, table, columns } of library.ctx.sealedTables) {
    for (const column of columns) {
      const { rows } = await sql<{ old: string; all: string }>`
        select count(*) filter (where get_byte(${sql.ref(column)}, 4) < 2) as old, count(*) as all from ${sql.table(table)}`.execute(
        opened.db(store),
      )
      assert.equal(Number(rows[0]?.old), 0, `${table}.${column} still carries the first version`)
      assert.ok(Number(rows[0]?.all) > 0, `${table} has no row, so this proved nothing`)
    }
  }
  const keys = await library.ask(person, 'GET', '/v1/keys')
  const field = keys.json.items.filter(({ purpose }: { purpose: string }) => purpose === 'field')
  assert.deepEqual(
    field.map(({ version, state }: { version: number; state: string }) => [version, state]),
    [
      [1, 'retired'],
      [2, 'live'],
    ],
  )
  const me = await library.ask(person, 'GET', '/v1/me')
  assert.equal(me.json.person.email, person.email)
  const again = await library.ask(person, 'GET', `/v1/snips/${snip.json.id}`)
  assert.equal(again.json.insight, 'Winters are counted')
  const hits = await library.ask(person, 'GET', '/v1/search?q=lighthouse')
  assert.ok(hits.json.items.length >= 2, String(hits.bytes))
  const signedIn = await library.house.ask(null, 'POST', '/v1/sessions', {
    email: person.email,
    password: person.password,
  })
  assert.equal(signedIn.status, 201)
  assert.equal((await library.ask(person, 'GET', '/v1/audit')).json.items.at(-1).ip, '127.0.0.1')
})

test('a killed rotation goes on where it stopped', async () => {
  const person = await library.aResident()
  const opened = await library.ctx.tenant(person.token.split('.')[0] ?? '')
  await library.ask(person, 'POST', '/v1/keys/rotations')
  library.house.passTime(12 * 60_000)
  const organisation = await opened
    .db('activity')
    .selectFrom('organisation')
    .select('id')
    .executeTakeFirstOrThrow()
  const stop = new AbortController()
  stop.abort(new Error('killed'))
  await assert.rejects(library.run(person, rotateKeysTask, organisation.id, stop.signal), /killed/)
  assert.equal((await library.ask(person, 'GET', '/v1/me')).json.person.email, person.email)
  await library.run(person, rotateKeysTask, organisation.id)
  assert.equal((await library.ask(person, 'GET', '/v1/me')).json.person.email, person.email)
})
