import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { type OwnLibrary, openLibrary } from '#test/own-library.ts'
import { rotating, tenantOf } from '#test/rotating.ts'
import { connectAs } from '../db/system-login.ts'
import { fromApi } from '../ids.ts'

const MINUTE = 60_000

let library: OwnLibrary
let rotation: ReturnType<typeof rotating>
before(async () => {
  library = await openLibrary()
  rotation = rotating(library)
})
after(() => library.stop())

test('a blob that was spoilt stays as it is, is told, and does not stop the rest', async () => {
  const person = await library.aResident()
  const [good, bad] = [
    await rotation.aDocument(person, 'The good chart lies on top'),
    await rotation.aDocument(person, 'The bad chart lies below'),
  ]
  const db = await rotation.dbOf(person)
  const { id } = await db
    .selectFrom('document_blob')
    .select('id')
    .where('document_id', '=', fromApi('doc', bad.id))
    .where('use', '=', 'original')
    .executeTakeFirstOrThrow()
  const file = rotation.filesOf(person).find((one) => one.endsWith(id)) ?? ''
  const bytes = readFileSync(file)
  bytes[300] = (bytes[300] ?? 0) ^ 1
  writeFileSync(file, bytes)
  await rotation.begin(person)
  library.house.passTime(12 * MINUTE)
  await assert.rejects(rotation.seal(person), { code: 'seals_damaged' })
  assert.ok(readFileSync(file).equals(bytes))
  assert.ok(!rotation.filesOf(person).some((one) => one.endsWith('.part')))
  const states = await db
    .selectFrom('key')
    .select(['subject', 'state'])
    .where('purpose', '=', 'document')
    .where('version', '=', 1)
    .execute()
  const stateOf = (document: string) =>
    states.find(({ subject }) => subject === fromApi('doc', document))?.state
  assert.deepEqual([stateOf(good.id), stateOf(bad.id)], ['retired', 'live'])
  const log = await library.ask(person, 'GET', '/v1/audit?limit=200&action=core.key.retired')
  assert.equal(log.json.items[0].outcome, 'failed')
  assert.equal(log.json.items[0].detail.damaged, 1)
})

test('a row that does not open stays as it is, is told, holds up nothing, and is taken once it was mended', async (t) => {
  const person = await library.aResident()
  await rotation.aDocument(person, 'The ledger has a torn page')
  const domain = person.email.split('@')[1] ?? ''
  const member = await library.house.aResident(`torn@${domain}`)
  for (const name of ['first', 'second', 'third'])
    assert.equal((await library.ask(person, 'POST', '/v1/api-keys', { name })).status, 201)
  const { person: torn } = (await library.ask(member, 'GET', '/v1/me')).json
  /** Each value that is damaged. */
  const places = [
    ['person', 'card', `id = '${fromApi('per', torn.id)}'`],
    ['api_key', 'card', 'id = (select id from api_key order by id offset 1 limit 1)'],
    ['search_delta', 'sealed', 'id = (select min(id::text)::uuid from search_delta)'],
    [
      'key',
      'wrapped',
      `id = (select id from key where purpose = 'document' and version = 1 order by id limit 1)`,
    ],
  ] as const
  // Nobody in the house may change all of them.
  const migrator = await connectAs(library.house.login('migrator'))
  t.after(() => migrator.end())
  await migrator.query(`set search_path to t_${tenantOf(person)}, t_${tenantOf(person)}_people`)
  const read = async ([table, column, where]: (typeof places)[number]): Promise<Buffer> =>
    (await migrator.query(`select ${column} as value from ${table} where ${where}`)).rows[0].value
  const write = ([table, column, where]: (typeof places)[number], value: Buffer | undefined) =>
    migrator.query(`update ${table} set ${column} = $1 where ${where}`, [value])
  const whole: Buffer[] = []
  for (const place of places) whole.push(await read(place))
  const spoilt = whole.map((value) => {
    const other = Buffer.from(value)
    other[20] = (other[20] ?? 0) ^ 1
    return other
  })
  for (const [at, place] of places.entries()) await write(place, spoilt[at])
  await rotation.begin(person)
  library.house.passTime(12 * MINUTE)
  await assert.rejects(rotation.seal(person), { code: 'seals_damaged' })
  for (const [at, place] of places.entries())
    assert.deepEqual(await read(place), spoilt[at], `${place[0]} is left as it is`)
  assert.deepEqual(
    [...(await rotation.versionsIn(person, 'activity', 'api_key', 'card'))],
    [
      [1, 1],
      [2, 2],
    ],
  )
  assert.deepEqual(
    [...(await rotation.versionsIn(person, 'people', 'person', 'card'))],
    [
      [1, 1],
      [2, 1],
    ],
  )
  const events = async (action: string) =>
    (await library.ask(person, 'GET', `/v1/audit?limit=200&action=${action}`)).json.items as {
      outcome: string
      detail: { table: string; damaged?: number; first?: string }
    }[]
  const told = [...(await events('core.key.resealed')), ...(await events('core.key.reblinded'))]
  assert.deepEqual(
    told
      .filter(({ outcome }) => outcome === 'failed')
      .map(({ detail }) => `${detail.table} ${detail.damaged}`)
      .sort(),
    ['api_key 1', 'document 1', 'person 1', 'person 1', 'search 1', 'snip_tag 1'],
  )
  // Whose card is damaged signs in still: their address is looked for under the version it has.
  const { email, password } = member
  assert.equal((await library.house.ask(null, 'POST', '/v1/sessions', { email, password })).status, 201)
  assert.equal((await events('core.key.retired'))[0]?.detail.damaged, 7)

  for (const [at, place] of places.entries()) await write(place, whole[at])
  await rotation.seal(person)
  for (const [store, table, column] of [
    ['activity', 'api_key', 'card'],
    ['people', 'person', 'card'],
  ] as const)
    assert.deepEqual([...(await rotation.versionsIn(person, store, table, column)).keys()], [2], table)
  library.house.passTime(11 * MINUTE)
  assert.equal((await library.house.ask(null, 'POST', '/v1/sessions', { email, password })).status, 201)
  assert.equal((await library.ask(person, 'GET', '/v1/search?q=ledger')).json.items.length > 0, true)
})
