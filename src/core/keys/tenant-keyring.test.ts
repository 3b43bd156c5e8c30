import assert from 'node:assert/strict'
import { createSecretKey, randomBytes, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { type OwnKeeper, ownKeeper } from '#test/own-keeper.ts'
import { newId, newRoutingId } from '../ids.ts'
import { SEAL_OVERHEAD, sealBytes, sealedVersion } from './aead.ts'
import { newTenantKeys } from './new-tenant-keys.ts'
import { openRegionKeys } from './region-keys.ts'
import { subjectSeal } from './subject-seal.ts'
import { subkey } from './subkey.ts'
import { openTenantKeyring } from './tenant-keyring.ts'
import type { KeyRowSource } from './tenant-keys.ts'

const region = 'eu'
const minute = 60_000
const ended = { name: 'PublicError', code: 'keeper_unavailable' }
const broken = { name: 'SealBroken' }

/** A tenant whose wrapped keys stand in memory instead of its tables. */
async function aTenant(own: OwnKeeper) {
  const tenant = newRoutingId()
  const { epoch, keys } = await newTenantKeys(own.as('cell'), region, tenant)
  const tables = { epochs: [epoch], keys, loads: 0, subjectLoads: 0 }
  const rows: KeyRowSource = {
    async loadKeyRows() {
      tables.loads += 1
      return { epochs: tables.epochs, keys: tables.keys.filter((row) => row.subject === null) }
    },
    async loadSubjectKeys(purpose, ids) {
      tables.subjectLoads += 1
      return {
        epochs: tables.epochs,
        keys: tables.keys.filter((row) => row.purpose === purpose && ids.includes(row.subject ?? '')),
      }
    },
  }
  return { tenant, tables, rows }
}

test('a sealed value opens only for its tenant, store, table, row and column, and only unchanged', async () => {
  await using own = await ownKeeper()
  const keyring = openTenantKeyring({ keeper: own.as('web'), clock: own.clock })
  const [one, two] = [await aTenant(own), await aTenant(own)]
  const keys = await keyring.keysOf(region, one.tenant, one.rows)
  const others = await keyring.keysOf(region, two.tenant, two.rows)
  const row = newId()
  const value = { text: 'Grüße', list: [1, null, true] }
  const sealed = keys.seal('activity', 'document', row, 'title', value)
  assert.equal(sealed.length, Buffer.byteLength(JSON.stringify(value)) + SEAL_OVERHEAD)
  assert.deepEqual(keys.open('activity', 'document', row, 'title', sealed), value)
  assert.throws(() => others.open('activity', 'document', row, 'title', sealed), broken)
  assert.throws(() => keys.open('people', 'document', row, 'title', sealed), broken)
  assert.throws(() => keys.open('activity', 'snip', row, 'title', sealed), broken)
  assert.throws(() => keys.open('activity', 'document', newId(), 'title', sealed), broken)
  assert.throws(() => keys.open('activity', 'document', row, 'note', sealed), broken)
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed)
    changed[at] = (changed[at] ?? 0) ^ 0x10
    assert.throws(() => keys.open('activity', 'document', row, 'title', changed), broken, `byte ${at}`)
    assert.throws(() => keys.open('activity', 'document', row, 'title', sealed.subarray(0, at)), broken)
  }
  assert.notDeepEqual(keys.seal('activity', 'document', row, 'title', value), sealed)
  assert.throws(() => keys.seal('activity', 'document', 'a\0b', 'title', value), TypeError)
  assert.throws(() => keys.seal('activity', 'document', row, 'title', undefined), TypeError)
})

test('a blind index is the same for the same value, and different per column and tenant', async () => {
  await using own = await ownKeeper()
  const keyring = openTenantKeyring({ keeper: own.as('web'), clock: own.clock })
  const [one, two] = [await aTenant(own), await aTenant(own)]
  const keys = await keyring.keysOf(region, one.tenant, one.rows)
  const others = await keyring.keysOf(region, two.tenant, two.rows)
  const index = keys.blind('email', 'a@b.example')
  assert.equal(index.length, 32)
  assert.deepEqual(keys.blind('email', 'a@b.example'), index)
  assert.notDeepEqual(keys.blind('name', 'a@b.example'), index)
  assert.notDeepEqual(keys.blind('email', 'a@c.example'), index)
  assert.notDeepEqual(others.blind('email', 'a@b.example'), index)
  assert.deepEqual(keys.derive('search', 'terms').export(), keys.derive('search', 'terms').export())
  assert.notDeepEqual(keys.derive('search', 'terms').export(), keys.derive('search', 'pages').export())
})

test('keys end with their loan when nobody uses them, and every call says so', async () => {
  await using own = await ownKeeper()
  const keyring = openTenantKeyring({ keeper: own.as('web'), clock: own.clock })
  const { tenant, rows, tables } = await aTenant(own)
  const keys = await keyring.keysOf(region, tenant, rows)
  own.clock.pass(10 * minute - 1)
  assert.equal(tables.loads, 1)
  assert.ok(keys.current('field'))
  own.clock.pass(1)
  assert.throws(() => keys.seal('activity', 't', newId(), 'c', 1), ended)
  assert.throws(() => keys.blind('c', 'v'), ended)
  const again = await keyring.keysOf(region, tenant, rows)
  assert.equal(tables.loads, 2)
  assert.ok(again.blind('c', 'v'))
})

test('keys in use are lent again before their end, without a gap', async () => {
  await using own = await ownKeeper()
  const keeper = own.as('web')
  const keyring = openTenantKeyring({ keeper, clock: own.clock })
  const { tenant, rows, tables } = await aTenant(own)
  const keys = await keyring.keysOf(region, tenant, rows)
  const sealed = keys.seal('activity', 't', 'r', 'c', 'value')
  own.clock.pass(8 * minute)
  assert.equal(tables.loads, 2)
  // Answers keep the order of the log, so the loan is there when these are.
  for (let i = 0; i < 2; i++) await keeper.ask('logKey', { region, tenant })
  own.clock.pass(9 * minute)
  assert.equal(keys.open('activity', 't', 'r', 'c', sealed), 'value')
  assert.equal(await keyring.keysOf(region, tenant, rows), keys)
})

test('without a keeper lent keys work to their end; then, and for new tenants, the answer is keeper_unavailable', async () => {
  await using own = await ownKeeper()
  const keyring = openTenantKeyring({ keeper: own.as('web', 1500), clock: own.clock })
  const { tenant, rows } = await aTenant(own)
  const other = await aTenant(own)
  const keys = await keyring.keysOf(region, tenant, rows)
  await own.keeper.stop()
  own.clock.pass(9 * minute)
  assert.ok(await keyring.keysOf(region, tenant, rows))
  assert.ok(keys.blind('c', 'v'))
  await assert.rejects(keyring.keysOf(region, other.tenant, other.rows), ended)
  own.clock.pass(minute)
  assert.throws(() => keys.blind('c', 'v'), ended)
  await assert.rejects(keyring.keysOf(region, tenant, rows), ended)
  own.keeper = { findings: [], stop: async () => undefined }
  await own.restart()
  assert.ok(await keyring.keysOf(region, tenant, rows))
})

test('many at once lend once', async () => {
  await using own = await ownKeeper()
  const keyring = openTenantKeyring({ keeper: own.as('web'), clock: own.clock })
  const { tenant, rows, tables } = await aTenant(own)
  await Promise.all(Array.from({ length: 20 }, () => keyring.keysOf(region, tenant, rows)))
  assert.equal(tables.loads, 1)
})

test('a new version opens everywhere at once and seals once every process must have it; the old one still opens', async () => {
  await using own = await ownKeeper()
  const [here, there] = [
    openTenantKeyring({ keeper: own.as('web'), clock: own.clock }),
    openTenantKeyring({ keeper: own.as('worker'), clock: own.clock }),
  ]
  const { tenant, rows, tables } = await aTenant(own)
  const keys = await here.keysOf(region, tenant, rows)
  const old = keys.seal('activity', 't', 'r', 'c', 'old')
  own.clock.pass(minute)
  tables.keys.push(await keys.newVersion('field'))
  await here.renew(tenant)
  assert.equal(keys.current('field').version, 1)
  own.clock.pass(9 * minute)
  assert.equal((await there.keysOf(region, tenant, rows)).current('field').version, 1)
  await here.renew(tenant)
  own.clock.pass(3 * minute)
  assert.equal(keys.current('field').version, 2)
  const sealed = keys.seal('activity', 't', 'r', 'c', 'new')
  assert.equal(sealedVersion(sealed), 2)
  assert.equal((await there.keysOf(region, tenant, rows)).open('activity', 't', 'r', 'c', sealed), 'new')
  assert.equal(keys.open('activity', 't', 'r', 'c', old), 'old')
  const relabelled = Buffer.from(old)
  relabelled.writeUInt32BE(2, 1)
  assert.throws(() => keys.open('activity', 't', 'r', 'c', relabelled), broken)
  relabelled.writeUInt32BE(7, 1)
  assert.throws(() => keys.open('activity', 't', 'r', 'c', relabelled), broken)
})

test('a document key is made, found again, the same everywhere, and gone once destroyed', async () => {
  await using own = await ownKeeper()
  const keyring = openTenantKeyring({ keeper: own.as('web'), clock: own.clock })
  const { tenant, rows, tables } = await aTenant(own)
  const keys = await keyring.keysOf(region, tenant, rows)
  const id = newId()
  const made = await keys.newSubject('document', id)
  tables.keys.push(made.row)
  keyring.drop(tenant)
  const again = await keyring.keysOf(region, tenant, rows)
  assert.ok((await again.subject('document', id)).current.key.equals(made.key))
  await assert.rejects(again.subject('person', id), { code: 'gone' })
  await assert.rejects(again.subject('document', randomUUID()), { code: 'gone' })
  tables.keys = tables.keys.map((row) =>
    row.subject === id ? { ...row, wrapped: null, state: 'destroyed' } : row,
  )
  assert.ok(await again.subject('document', id))
  again.forgetSubject('document', id)
  await assert.rejects(again.subject('document', id), { code: 'gone' })
})

test('keys of many documents come with one look and one question; who is destroyed or damaged hides no other', async () => {
  await using own = await ownKeeper()
  const web = own.as('web')
  let asks = 0
  const keeper: typeof web = {
    ...web,
    ask(op, question) {
      asks += 1
      return web.ask(op, question)
    },
  }
  const keyring = openTenantKeyring({ keeper, clock: own.clock })
  const { tenant, rows, tables } = await aTenant(own)
  const making = await keyring.keysOf(region, tenant, rows)
  const ids = Array.from({ length: 60 }, () => newId())
  for (const id of ids) tables.keys.push((await making.newSubject('document', id)).row)
  const [gone, damaged] = ids
  keyring.drop(tenant)
  const keys = await keyring.keysOf(region, tenant, rows)
  asks = 0
  const found = await keys.subjects('document', [...ids, ...ids, randomUUID()])
  assert.deepEqual([found.size, tables.subjectLoads, asks], [60, 1, 1])
  const again = await keys.subjects('document', ids)
  assert.deepEqual([again.size, tables.subjectLoads, asks], [60, 1, 1], 'they are held')
  for (const id of ids)
    assert.equal((await keys.subject('document', id)).current.key, found.get(id)?.current.key)
  assert.deepEqual([tables.subjectLoads, asks], [1, 1])

  tables.keys = tables.keys.map((row) => {
    if (row.subject === gone) return { ...row, wrapped: null, state: 'destroyed' }
    if (row.subject !== damaged || row.wrapped === null) return row
    const wrapped = Buffer.from(row.wrapped)
    wrapped[40] = (wrapped[40] ?? 0) ^ 1
    return { ...row, wrapped }
  })
  own.clock.pass(11 * minute)
  const later = await keyring.keysOf(region, tenant, rows)
  const left = await later.subjects('document', ids)
  assert.deepEqual([...left.keys()].sort(), ids.slice(2).sort())
  await assert.rejects(later.subject('document', String(damaged)), { code: 'keys_destroyed' })
})

test('what a document key seals opens at its place alone, short or long, and as it was sealed before', async () => {
  const version = { id: newId(), version: 1, key: createSecretKey(randomBytes(32)), isRetired: false }
  const seal = subjectSeal({ versions: [version], current: version })
  const place = {
    tenant: newRoutingId(),
    store: 'activity',
    table: 'document',
    row: newId(),
    column: 'card',
  } as const
  for (const value of [
    '',
    { text: 'Grüße' },
    [1, null],
    'ü'.repeat(1_022),
    'ü'.repeat(1_023),
    'x'.repeat(100_000),
  ])
    assert.deepEqual(seal.open(place, seal.seal(place, value)), value)
  assert.ok(seal.seal(place, 'x'.repeat(100_000)).length < 1_000)
  const sealed = seal.seal(place, { text: 'Grüße' })
  assert.throws(() => seal.open({ ...place, row: newId() }, sealed), broken)
  assert.throws(() => seal.open({ ...place, column: 'origin' }, sealed), broken)
  const before = sealBytes(
    subkey(version.key, 'subject field'),
    1,
    `${place.tenant}\0activity.document\0${place.row}\0card`,
    deflateRawSync(JSON.stringify({ text: 'Grüße' }), { level: 3 }),
  )
  assert.deepEqual(seal.open(place, before), { text: 'Grüße' })
})

test('a lent document key ends after ten minutes', async () => {
  await using own = await ownKeeper()
  const keyring = openTenantKeyring({ keeper: own.as('web'), clock: own.clock })
  const { tenant, rows, tables } = await aTenant(own)
  const keys = await keyring.keysOf(region, tenant, rows)
  const id = newId()
  tables.keys.push((await keys.newSubject('document', id)).row)
  tables.keys = tables.keys.map((row) =>
    row.subject === id ? { ...row, wrapped: null, state: 'destroyed' } : row,
  )
  own.clock.pass(10 * minute)
  await assert.rejects(keys.subject('document', id), { code: 'gone' })
})

test('region keys seal for one purpose, place and region, and go on opening after a rotation', async () => {
  await using own = await ownKeeper()
  const keeper = own.as('web')
  const mail = openRegionKeys({ keeper, region, purpose: 'mail', clock: own.clock })
  const row = newId()
  const sealed = await mail.seal('outbox', row, 'body', { text: 'hello' })
  assert.deepEqual(await mail.open('outbox', row, 'body', sealed), { text: 'hello' })
  await assert.rejects(mail.open('outbox', newId(), 'body', sealed), broken)
  for (const other of [
    openRegionKeys({ keeper, region: 'us', purpose: 'mail' }),
    openRegionKeys({ keeper, region, purpose: 'signup' }),
  ])
    await assert.rejects(other.open('outbox', row, 'body', sealed), broken)
  const directory = openRegionKeys({ keeper, region, purpose: 'directory', clock: own.clock })
  const index = await directory.blind('domain', 'acme.example')
  await own.as('cell').ask('rotate', { region, purpose: 'mail' })
  await own.as('cell').ask('rotate', { region, purpose: 'directory' })
  own.clock.pass(10 * minute)
  assert.equal(sealedVersion(await mail.seal('outbox', row, 'body', 1)), 2)
  assert.deepEqual(await mail.open('outbox', row, 'body', sealed), { text: 'hello' })
  assert.deepEqual(await directory.blind('domain', 'acme.example'), index)
})
