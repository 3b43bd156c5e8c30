import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import {
  anEvent,
  type OwnAudit,
  type OwnConnection,
  type OwnKeys,
  ownKeys,
  startAudit,
} from '#test/own-audit.ts'
import { newId } from '../ids.ts'
import { appendAudit, createAuditQueue, type NewAuditEvent } from './append-audit.ts'
import { type AuditRow, auditColumns, auditTime, eventOfRow, leafText } from './audit-event.ts'
import { canonicalJson } from './canonical-json.ts'
import { listAudit } from './list-audit.ts'

let audit: OwnAudit
let tenant = ''
let keys: OwnKeys
let connection: OwnConnection

before(async () => {
  audit = await startAudit()
  tenant = await audit.newTenant()
  keys = ownKeys(tenant)
  connection = await audit.connect(`t_${tenant}`)
})
after(async () => {
  await connection.close()
  await audit.stop()
})

const db = () => connection.db

async function rowOf(id: string): Promise<AuditRow> {
  const { rows } = await sql<AuditRow>`select ${auditColumns} from audit a where id = ${id}`.execute(db())
  assert.ok(rows[0])
  return rows[0]
}

test('canonical JSON is that of RFC 8785', () => {
  assert.equal(
    canonicalJson({
      b: [1e21, 4.5, 2e-3, 1e-27, -0, JSON.parse('333333333.33333329')],
      a: '\u20ac$\u000f\u000aA\'\u0042\u0022\u005c\\"/',
    }),
    '{"a":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/","b":[1e+21,4.5,0.002,1e-27,0,333333333.3333333]}',
  )
  assert.equal(
    canonicalJson({ '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, ö: 7 }),
    '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
  )
  assert.throws(() => canonicalJson({ a: Number.NaN }), TypeError)
  assert.throws(() => canonicalJson('\ud800'), TypeError)
})

test('a leaf rebuilt from its row has the bytes it had before', async () => {
  const event = anEvent({
    at: new Date('2026-11-21T23:31:54.007Z'),
    onBehalf: newId(),
    detail: { z: 1.5e-7, a: 'snow ☃ "quoted" \\ \n', n: null, t: true, Ünï: -0, big: 123456789012345680000 },
  })
  const [id = ''] = await appendAudit(db(), keys, [event])
  const row = await rowOf(id)
  const expected = leafText({
    id,
    at: auditTime(event.at),
    action: event.action,
    outcome: 'done',
    actorKind: 'person',
    actor: event.actor,
    credential: event.credential,
    onBehalf: event.onBehalf,
    record: event.record,
    requestId: event.requestId,
    detail: event.detail,
    personalHash: row.personal_hash,
  })
  assert.equal(leafText(eventOfRow(row)), expected)
  assert.equal(canonicalJson(JSON.parse(expected)), expected)
  assert.match(expected, /"at":"2026-11-21T23:31:54\.007000Z"/)
})

test('microseconds of a row are part of its leaf, whatever the time zone of the session', async () => {
  const id = newId()
  await sql`insert into audit (id, at, action, outcome, actor_kind) values (${id}, '2026-07-01T12:00:00.123456+02', 'a.b', 'done', 'system')`.execute(
    db(),
  )
  const before = leafText(eventOfRow(await rowOf(id)))
  assert.match(before, /"at":"2026-07-01T10:00:00\.123456Z"/)
  await sql`set timezone = 'Asia/Kathmandu'`.execute(db())
  assert.equal(leafText(eventOfRow(await rowOf(id))), before)
  await sql`reset timezone`.execute(db())
})

test('many events go in one statement, in order, under the xid of their transaction', async () => {
  const ids = await appendAudit(db(), keys, [
    anEvent(),
    anEvent({ actorKind: 'key', actor: null }),
    anEvent({ personal: {} }),
  ])
  const { rows } = await sql<{ id: string; xid: string; sealed: number }>`
    select a.id, a.xid::text as xid, (a.personal is not null)::int as sealed
    from audit a where a.id in (${sql.join(ids)})`.execute(db())
  assert.equal(new Set(rows.map((row) => row.xid)).size, 1)
  assert.deepEqual(
    ids.map((id) => rows.find((row) => row.id === id)?.sealed),
    [1, 1, 0],
  )
})

test('nothing of a person stands in clear in the tables', async () => {
  await appendAudit(db(), keys, [
    anEvent({ personal: { ip: '203.0.113.99', userAgent: 'PlantedAgent/1', name: 'planted@example.org' } }),
  ])
  const { rows } = await sql<{
    text: string
  }>`select a::text as text from audit a`.execute(db())
  const dump = rows.map((row) => row.text).join('\n')
  for (const word of ['203.0.113.99', 'PlantedAgent', 'planted@'])
    for (const form of [word, Buffer.from(word).toString('hex')]) assert.ok(!dump.includes(form))
})

test('a tenant may append and read its log and nothing else, by either login', async () => {
  const people = await audit.connect(`t_${tenant}_people`)
  try {
    for (const login of [connection, people]) {
      assert.equal((await appendAudit(login.db, keys, [anEvent()])).length, 1)
      for (const statement of [
        'update audit set action = $$x$$',
        'delete from audit',
        'truncate audit',
        'update audit set personal = null',
        'insert into audit_leaf values (0, gen_random_uuid())',
        'insert into audit_tile values (0, 0, $$x$$)',
        'insert into audit_checkpoint values (1, $$x$$, $$x$$, now())',
        'drop table audit',
        'alter table audit add column x text',
        'create trigger t before insert on audit for each row execute function suppress_redundant_updates_trigger()',
        'delete from cell.audit_due',
        'select * from cell.audit_due',
      ])
        await assert.rejects(
          sql.raw(statement).execute(login.db),
          /permission denied|must be owner/,
          statement,
        )
    }
  } finally {
    await people.close()
  }
})

test('the sealer reads events, never their personal parts, and changes none', async () => {
  const sealer = await audit.connect('sealer')
  try {
    await sql.raw(`set search_path = t_${tenant}`).execute(sealer.db)
    await sql`select id, xid, action, detail, personal_hash from audit`.execute(sealer.db)
    for (const statement of [
      'select personal from audit',
      'select * from audit',
      'update audit set action = $$x$$',
      'delete from audit',
      'insert into audit (id, at, action, outcome, actor_kind) values (gen_random_uuid(), now(), $$x$$, $$done$$, $$system$$)',
      'update audit_leaf set position = 1',
      'delete from audit_leaf',
      'update audit_checkpoint set note = $$x$$',
      'delete from audit_checkpoint',
      'delete from audit_tile',
      'select * from session',
      'select cell.announce()',
    ])
      await assert.rejects(sql.raw(statement).execute(sealer.db), /permission denied/, statement)
  } finally {
    await sealer.close()
  }
})

test('an announcement names the tenant of the session, whichever of its logins calls', async () => {
  for (const login of [`t_${tenant}`, `t_${tenant}_people`]) {
    await audit.superuser('delete from cell.audit_due')
    const caller = await audit.connect(login)
    await sql`select cell.announce()`.execute(caller.db)
    await sql`select cell.announce()`.execute(caller.db)
    await caller.close()
    assert.deepEqual(await audit.superuser('select tenant from cell.audit_due'), [{ tenant }])
  }
})

test('reads that arrive while an insert is under way go together, each waiting for its own batch', async () => {
  const batches: number[] = []
  const queue = createAuditQueue(async (events) => {
    batches.push(events.length)
    return appendAudit(db(), keys, events, 'relaxed')
  })
  const events = Array.from({ length: 20 }, (_, at) => anEvent({ detail: { at } }))
  const ids = await Promise.all(events.map((event) => queue.append(event)))
  assert.deepEqual(batches, [1, 16, 3])
  const last = await rowOf(ids[19] ?? '')
  assert.deepEqual(last.detail, { at: 19 })
})

test('a failed batch fails only the events that were in it', async () => {
  const queue = createAuditQueue(async (events) => {
    if (events.some((event) => event.action === 'bad')) throw new Error('no')
    return events.map(() => 'id')
  })
  const first = queue.append(anEvent())
  const second = queue.append(anEvent({ action: 'bad' }))
  await first
  await assert.rejects(second, /no/)
  assert.equal(await queue.append(anEvent()), 'id')
})

test('a relaxed append does not change how its connection commits afterwards', async () => {
  await appendAudit(db(), keys, [anEvent()], 'relaxed')
  const { rows } = await sql<{
    value: string
  }>`select current_setting('synchronous_commit') as value`.execute(db())
  assert.equal(rows[0]?.value, 'on')
})

test('the log is listed newest first, page by page, by every filter', async () => {
  const other = await audit.newTenant()
  const otherKeys = ownKeys(other)
  const login = await audit.connect(`t_${other}`)
  try {
    const [person, record] = [newId(), newId()]
    const day = (n: number) => new Date(Date.UTC(2026, 0, n))
    const events: NewAuditEvent[] = Array.from({ length: 30 }, (_, at) =>
      anEvent({
        at: day(at + 1),
        action: at % 2 ? 'knowledge.document.read' : 'knowledge.snip.created',
        outcome: at % 10 === 0 ? 'refused' : 'done',
        ...(at % 3 === 0 && { actor: person }),
        ...(at % 5 === 0 && { record: { kind: 'snip', id: record } }),
      }),
    )
    const ids = []
    for (const event of events) ids.push(...(await appendAudit(login.db, otherKeys, [event])))
    const seen = []
    let cursor: string | null | undefined
    for (let pages = 0; cursor !== null; pages++) {
      assert.ok(pages < 6)
      const page = await listAudit(login.db, otherKeys, { limit: 7, cursor: cursor ?? undefined })
      seen.push(...page.items.map((item) => item.id))
      cursor = page.next
    }
    assert.deepEqual(seen, ids.toReversed())
    const count = async (filter: Parameters<typeof listAudit>[2]) =>
      (await listAudit(login.db, otherKeys, filter)).items.length
    assert.equal(await count({ limit: 100, action: 'knowledge.document' }), 15)
    assert.equal(await count({ limit: 100, action: 'knowledge.doc' }), 0)
    assert.equal(await count({ limit: 100, actor: person }), 10)
    assert.equal(await count({ limit: 100, record }), 6)
    assert.equal(await count({ limit: 100, outcome: 'refused' }), 3)
    assert.equal(await count({ limit: 100, from: day(10), to: day(20) }), 10)
    assert.equal(await count({ limit: 100, actor: person, record, outcome: 'refused' }), 1)
    await assert.rejects(listAudit(login.db, otherKeys, { limit: 1, cursor: 'x' }), {
      code: 'invalid_request',
    })
    const [item] = (await listAudit(login.db, otherKeys, { limit: 1 })).items
    assert.deepEqual([item?.ip, item?.personal, item?.position], ['192.0.2.7', 'open', null])
  } finally {
    await login.close()
  }
})

test('an erased person leaves the event and takes the personal part along', async () => {
  const [person, stranger] = [newId(), newId()]
  await appendAudit(db(), keys, [
    anEvent({ actor: person, action: 'test.erased' }),
    anEvent({ actor: stranger, action: 'test.erased' }),
    anEvent({
      actor: null,
      action: 'test.erased',
      outcome: 'refused',
      personal: { ip: '192.0.2.8', name: 'typed@example.org' },
    }),
  ])
  keys.erase(person)
  const { items } = await listAudit(db(), keys, { limit: 10, action: 'test.erased' })
  const of = (actor: string | null) => items.find((item) => item.actor.personId === actor)
  assert.deepEqual([of(person)?.personal, of(person)?.ip, of(person)?.userAgent], ['erased', null, null])
  assert.deepEqual([of(stranger)?.personal, of(stranger)?.ip], ['open', '192.0.2.7'])
  assert.deepEqual([of(null)?.name, of(null)?.ip], ['typed@example.org', '192.0.2.8'])
})

test('a personal part that was tampered with is shown as damaged and hides nothing else', async () => {
  const [id = ''] = await appendAudit(db(), keys, [anEvent({ action: 'test.damaged' })])
  await audit.superuser(
    `update t_${tenant}.audit set personal = set_byte(personal, 40, get_byte(personal, 40) # 1) where id = $1`,
    [id],
  )
  const { items } = await listAudit(db(), keys, { limit: 10, action: 'test.damaged' })
  assert.deepEqual([items[0]?.personal, items[0]?.ip], ['damaged', null])
})
