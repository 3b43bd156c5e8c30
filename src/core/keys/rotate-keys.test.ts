import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import type { Resident } from '#test/own-house.ts'
import { type OwnLibrary, openLibrary } from '#test/own-library.ts'
import { plantRows } from '#test/plant-rows.ts'
import { rotating, tenantOf } from '#test/rotating.ts'
import { verifyAccount } from '../auth/verify-account.ts'
import { openBlobStore } from '../blobs/blob-store.ts'
import { fromApi } from '../ids.ts'

const MINUTE = 60_000

type Classes = Record<string, Record<string, Record<string, { class: string; blind?: boolean }>>>
/** Class of every column by schema, table and column. */
const columns: Classes = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../generated/columns.json'), 'utf8'),
)

let library: OwnLibrary
let rotation: ReturnType<typeof rotating>
before(async () => {
  library = await openLibrary()
  rotation = rotating(library)
})
after(() => library.stop())

async function blobsOf(person: Resident): Promise<{ blob: string; subject: string }[]> {
  const { rows } = await sql<{ blob: string; subject: string }>`
    select id::text as blob, document_id::text as subject from document_blob where state = 'stored'
    union all select blob::text, id::text from export where blob is not null`.execute(
    await rotation.dbOf(person),
  )
  return rows
}

/** How many blobs open with exactly this version of their subject's key. */
async function blobsUnder(person: Resident, version: number): Promise<number> {
  const keys = await (await library.ctx.tenant(tenantOf(person))).keys()
  let count = 0
  for (const { blob, subject } of await blobsOf(person)) {
    const key = (await keys.subject('document', subject)).versions.find((one) => one.version === version)
    if (!key) continue
    try {
      await buffer(
        await openBlobStore(library.ctx.regions[0]?.blobRoot ?? '').open(tenantOf(person), blob, key.key),
      )
      count++
    } catch (error) {
      assert.equal((error as Error).name, 'SealBroken')
    }
  }
  return count
}

test('after a rotation nothing sealed with the first version is left, and everything reads as before', async () => {
  const founder = await library.aResident()
  const next = { current: founder.password, password: 'nine lanterns over tepid water' }
  const changed = await library.ask(founder, 'POST', '/v1/me/password', next)
  const person = { ...founder, token: changed.json.token }
  const document = await rotation.aDocument(person, 'The lighthouse keeper counts the winters')
  await library.ask(person, 'POST', '/v1/api-keys', { name: 'Rotation test' })
  const exported = await library.ask(person, 'POST', '/v1/exports', { kind: 'audit' })
  assert.equal(exported.status, 202, String(exported.bytes))
  const picture = (await library.ask(person, 'GET', document.picture)).bytes
  await plantRows(library, person)
  const files = rotation.filesOf(person)
  const raw = files.map((file) => readFileSync(file))
  assert.ok(files.length >= 3, 'original, cover and the picture of the area')

  library.house.passTime(1000)
  const asked = await library.ask(person, 'POST', '/v1/keys/rotations')
  await assert.rejects(rotation.seal(person), /not in use yet/)
  const again = await library.ask(person, 'POST', '/v1/keys/rotations')
  assert.equal(again.json.activityId, asked.json.activityId, 'one rotation at a time')
  await rotation.begin(person)
  await assert.rejects(rotation.seal(person), /not in use yet/)
  library.house.passTime(12 * MINUTE)
  const progress: [number, number | undefined][] = []
  await rotation.seal(person, undefined, (done, total) => void progress.push([done, total]))

  for (const { store, table, columns } of library.ctx.sealedTables) {
    for (const column of columns) {
      const versions = await rotation.versionsIn(person, store, table, column)
      assert.deepEqual([...versions.keys()], [2], `${table}.${column}`)
    }
  }
  for (const { columns } of library.ctx.subjectSealed)
    for (const { table, column } of columns)
      assert.deepEqual([...(await rotation.versionsIn(person, 'activity', table, column)).keys()], [2], table)
  const all = (await blobsOf(person)).length
  assert.equal(await blobsUnder(person, 2), all)
  assert.equal(await blobsUnder(person, 1), 0)
  assert.deepEqual(rotation.filesOf(person), files, 'no file more and none less')
  for (const [at, file] of files.entries()) {
    const fresh = readFileSync(file)
    assert.equal(fresh.length, raw[at]?.length)
    assert.ok(!raw[at]?.subarray(250).equals(fresh.subarray(250)), 'under a new data key')
  }
  const [last] = progress.slice(-1)
  assert.equal(last?.[0], last?.[1], 'ends where it said it would')
  const sealed = library.ctx.sealedTables.length
  assert.ok((last?.[0] ?? 0) > sealed + all, `${last?.[0]} parts`)

  const { rows } = await sql<{ purpose: string; version: number; state: string }>`
    select distinct purpose, version, state from key order by purpose, version`.execute(
    await rotation.dbOf(person),
  )
  for (const purpose of ['blind', 'document', 'field', 'people', 'person', 'search'])
    assert.deepEqual(
      rows.filter((row) => row.purpose === purpose).map(({ version, state }) => [version, state]),
      [
        [1, 'retired'],
        [2, 'live'],
      ],
      purpose,
    )

  assert.equal((await library.ask(person, 'GET', '/v1/me')).json.person.email, person.email)
  const content = await library.ask(person, 'GET', `/v1/documents/${document.id}/content`)
  assert.ok(content.bytes.equals(document.bytes))
  assert.ok((await library.ask(person, 'GET', document.picture)).bytes.equals(picture))
  const text = await library.ask(person, 'GET', `/v1/documents/${document.id}/text`)
  assert.match(text.json.items[0].text, /counts the winters/)
  const snip = await library.ask(person, 'GET', `/v1/snips/${document.snip}`)
  assert.match(snip.json.insight, /winters/)
  assert.match(snip.json.quote.exact, /winters/)
  const hits = await library.ask(person, 'GET', '/v1/search?q=lighthouse')
  assert.ok(hits.json.items.length >= 2, String(hits.bytes))
  const log = await library.ask(person, 'GET', '/v1/audit?limit=200')
  assert.ok(log.json.items.every(({ personal }: { personal?: string }) => personal !== 'damaged'))
  assert.equal(log.json.items.at(-1).ip, '127.0.0.1', 'the log opens what it keeps under the first version')
  assert.ok(
    log.json.items.some(({ action }: { action: string }) => action === 'core.key.retired'),
    'the rotation stands in the log',
  )
  const personal = await rotation.versionsIn(person, 'activity', 'audit', 'personal')
  assert.ok(personal.get(1) && personal.get(2), 'new events are sealed under the new key')
})

test('every blind column, and every column under a document key, is one that rotation knows', () => {
  const known = library.ctx.blindTables.flatMap((table) => table.columns).sort()
  const declared = (['activity', 'people'] as const).flatMap((schema) =>
    Object.entries(columns[schema] ?? {}).flatMap(([table, all]) =>
      Object.entries(all).flatMap(([column, what]) => ('blind' in what ? [`${table}.${column}`] : [])),
    ),
  )
  // A salted hash under no key.
  assert.deepEqual(declared.filter((column) => column !== 'audit.personal_hash').sort(), known)
  const sealed = [
    ...library.ctx.sealedTables.flatMap(({ table, columns }) =>
      columns.map((column) => `${table}.${column}`),
    ),
    ...library.ctx.subjectSealed.flatMap(({ columns }) => columns.map((one) => `${one.table}.${one.column}`)),
  ]
  const all = (['activity', 'people'] as const).flatMap((schema) =>
    Object.entries(columns[schema] ?? {}).flatMap(([table, names]) =>
      Object.entries(names).flatMap(([column, what]) =>
        what.class === 'configuration' || 'blind' in what ? [] : [`${table}.${column}`],
      ),
    ),
  )
  // The log only appends; the index is rewritten as a whole.
  const otherwise = ['audit.personal', 'search_delta.sealed', 'search_page.sealed', 'search_word.sealed']
  assert.deepEqual([...new Set([...sealed, ...otherwise])].sort(), all.sort())
})

test('look-ups find rows before, during and after, and equal values meet across versions', async () => {
  const domain = `${randomBytes(6).toString('hex')}.example`
  const person = await library.house.aResident(`first@${domain}`)
  const { id } = await rotation.aDocument(person, 'Tides are written down twice')
  const original = (await library.ask(person, 'GET', `/v1/documents/${id}/content`)).bytes
  const keysNow = async () => (await library.ctx.tenant(tenantOf(person))).keys()
  const blindOf = async () => {
    const blinds = (await keysNow()).blinds('person.email', person.email)
    const rows = await (await rotation.dbOf(person, 'people'))
      .selectFrom('person')
      .select('email_blind')
      .execute()
    return rows.find(({ email_blind }) => blinds.some((blind) => blind.equals(email_blind)))?.email_blind
  }
  const works = async (when: string) => {
    const { email, password } = person
    const signedIn = await library.house.ask(null, 'POST', '/v1/sessions', { email, password })
    assert.equal(signedIn.status, 201, when)
    const twice = await library.add(person, original, `${randomBytes(4).toString('hex')}.pdf`)
    assert.equal(twice.json.id, id, `${when}: the same file is the same document`)
    const found = await library.ask(person, 'GET', '/v1/snips?tag=lighthouse')
    assert.equal(found.json.items.length, 1, `${when}: ${found.bytes}`)
    const tags = await library.ask(person, 'GET', '/v1/tags')
    assert.deepEqual(tags.json.items, [{ tag: 'Lighthouse', count: 1 }], when)
    const account = library.house.aResident(email)
    await assert.rejects(account, /account_exists/, when)
  }
  const blindBefore = await blindOf()
  await works('before')
  await rotation.begin(person)
  await works('before the new version seals')
  library.house.passTime(12 * MINUTE)
  await works('while the new version seals and the old one stands')

  // One process still stores under the first version: its clock is a minute and a half behind.
  const behind = library.house.aNeighbour(1.5 * MINUTE)
  const lagging = await (await behind.tenant(tenantOf(person))).keys()
  const leading = await keysNow()
  assert.equal(lagging.current('blind').version, 1)
  assert.equal(leading.current('blind').version, 2)
  for (let round = 0; round < 5; round++) {
    const email = `second${round}@${domain}`
    const where = { region: 'eu', origin: { ip: '127.0.0.1', userAgent: '' }, requestId: 'r' }
    const tokens = [await library.house.signUp(email), await library.house.signUp(email)]
    const password = 'quiet meadow in the evening'
    const ends = await Promise.allSettled([
      verifyAccount(library.ctx, { token: tokens[0] ?? '', password }, where),
      verifyAccount(behind, { token: tokens[1] ?? '', password }, where),
    ])
    assert.deepEqual(ends.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const people = await (await rotation.dbOf(person, 'people')).selectFrom('person').select('id').execute()
    assert.equal(people.length, 2 + round)
  }

  await rotation.seal(person)
  await works('after')
  const blindAfter = await blindOf()
  assert.ok(blindBefore && blindAfter && !blindBefore.equals(blindAfter))
  library.house.passTime(11 * MINUTE)
  await works('when the first version is not looked for any more')
  const fresh = await keysNow()
  assert.equal(fresh.blinds('person.email', person.email).length, 1)
  const { rows } = await sql<{ tag: Buffer }>`select distinct tag from snip_tag`.execute(
    await rotation.dbOf(person),
  )
  assert.deepEqual(
    rows.map(({ tag }) => tag),
    [fresh.blind('tag', 'lighthouse', 'search')],
    'no word is left behind',
  )
})

test('a rotation that dies among the blobs goes on where it stopped', async () => {
  const person = await library.aResident()
  const documents = [
    await rotation.aDocument(person, 'One boat left early'),
    await rotation.aDocument(person, 'One boat came home late'),
  ]
  await rotation.begin(person)
  library.house.passTime(12 * MINUTE)
  const early = new AbortController()
  early.abort(new Error('killed'))
  await assert.rejects(rotation.seal(person, early.signal), /killed/)
  // Dies when the first document is done and the second, of six parts, is not.
  const dying = new AbortController()
  const died = rotation.seal(person, dying.signal, (done, all = 0) => {
    if (done >= all - 5) dying.abort(new Error('killed'))
  })
  await assert.rejects(died, /killed/)
  const [before, left] = [await blobsUnder(person, 2), await blobsUnder(person, 1)]
  assert.ok(before > 0 && left > 0, `${before} and ${left}`)
  for (const { id, bytes, picture } of documents) {
    assert.ok((await library.ask(person, 'GET', `/v1/documents/${id}/content`)).bytes.equals(bytes))
    assert.equal((await library.ask(person, 'GET', picture)).status, 200)
  }
  // What a SIGKILL in the middle of a file leaves behind.
  const [blob] = (await blobsOf(person)).filter(
    ({ subject }) => subject === fromApi('doc', documents[1]?.id ?? ''),
  )
  const file = rotation.filesOf(person).find((one) => one.endsWith(blob?.blob ?? ' ')) ?? ''
  const part = `${file}.${randomUUID()}.part`
  writeFileSync(part, randomBytes(1000))
  await rotation.seal(person)
  assert.ok(!existsSync(part))
  assert.equal(await blobsUnder(person, 1), 0)
  assert.equal(await blobsUnder(person, 2), before + left)
  for (const { id, bytes } of documents)
    assert.ok((await library.ask(person, 'GET', `/v1/documents/${id}/content`)).bytes.equals(bytes))
})
