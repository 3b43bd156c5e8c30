import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Kysely, type KyselyPlugin, sql } from 'kysely'
import { announceAudit, createAnnouncer } from '#core/audit/announce-audit.ts'
import { appendAudit } from '#core/audit/append-audit.ts'
import type { SignCheckpoint } from '#core/audit/checkpoint.ts'
import { verifyAudit } from '#core/audit/verify-audit.ts'
import { silentLog } from '#core/log.ts'
import {
  anEvent,
  type OwnAudit,
  type OwnConnection,
  type OwnLog,
  openLog,
  ownKeys,
  startAudit,
} from '#test/own-audit.ts'
import { createSealer, type Sealer } from './sealer.ts'

let audit: OwnAudit
let spare: OwnConnection
let clock = Date.UTC(2026, 0, 1)
const now = () => new Date(clock)
const elapsed = () => clock

before(async () => {
  audit = await startAudit()
  spare = await audit.connect('sealer')
})
after(async () => {
  await spare.close()
  await audit.stop()
})

const aLog = (count: number) => openLog(audit, spare, count)

function aSealer(sign: SignCheckpoint = audit.sign, ...plugins: KyselyPlugin[]): Sealer & { pids: number[] } {
  const pids: number[] = []
  const connect = async () => {
    const connection = await audit.connect('sealer')
    pids.push(connection.pid)
    return {
      ...connection,
      db: plugins.reduce<Kysely<unknown>>((db, plugin) => db.withPlugin(plugin), connection.db),
    }
  }
  return { pids, ...createSealer({ region: 'eu', connect, sign, now, elapsed, log: silentLog() }) }
}

async function positions(tenant: string): Promise<string[]> {
  const rows = await audit.superuser<{ position: number; event: string }>(
    `select position::int, event from t_${tenant}.audit_leaf order by position`,
  )
  rows.forEach((row, at) => {
    assert.equal(row.position, at)
  })
  return rows.map((row) => row.event)
}

async function assertVerifies(log: OwnLog): Promise<void> {
  const text = await log.export()
  async function* bytes() {
    yield Buffer.from(text)
  }
  const verdict = await verifyAudit(bytes(), { key: log.logKeys[0] })
  assert.deepEqual([verdict.ok, verdict.fault, verdict.complete], [true, null, true])
}

test('events of a tenant that announced itself are sealed, those of others are not looked at', async () => {
  const [loud, silent] = [await aLog(5), await aLog(5)]
  const sealer = aSealer()
  await announceAudit(loud.db)
  assert.deepEqual(await sealer.round(), { sealed: 5, hot: 1, failed: 0, ended: [] })
  assert.deepEqual(await positions(loud.tenant), loud.ids)
  assert.deepEqual(await positions(silent.tenant), [])
  await assertVerifies(loud)
  await sealer.walk()
  await sealer.round()
  assert.deepEqual(await positions(silent.tenant), silent.ids)
  await sealer.close()
  await Promise.all([loud.close(), silent.close()])
})

test('a tenant stays hot for ten seconds after its announcement', async () => {
  const log = await aLog(0)
  const sealer = aSealer()
  await announceAudit(log.db)
  assert.equal((await sealer.round()).sealed, 0)
  clock += 9_900
  await log.append(1)
  assert.equal((await sealer.round()).sealed, 1)
  clock += 200
  await sealer.round()
  assert.equal((await sealer.round()).hot, 0)
  await log.append(1)
  assert.equal((await sealer.round()).sealed, 0)
  await sealer.close()
  await log.close()
})

test('an event that commits late is not skipped, and what waits behind it keeps its place', async () => {
  const log = await aLog(3)
  const slow = await audit.connect(`t_${log.tenant}`)
  const sealer = aSealer()
  await announceAudit(log.db)
  await sql`begin`.execute(slow.db)
  const [late = ''] = await appendAudit(slow.db, log.keys, [anEvent()])
  await log.append(4)
  assert.equal((await sealer.round()).sealed, 3)
  assert.equal((await sealer.round()).sealed, 0)
  await sql`commit`.execute(slow.db)
  assert.equal((await sealer.round()).sealed, 5)
  const order = await positions(log.tenant)
  assert.deepEqual(order, [...log.ids.slice(0, 3), late, ...log.ids.slice(3)])
  await assertVerifies(log)
  await sealer.close()
  await slow.close()
  await log.close()
})

test('a rolled back event leaves no gap', async () => {
  const log = await aLog(1)
  const slow = await audit.connect(`t_${log.tenant}`)
  await sql`begin`.execute(slow.db)
  await appendAudit(slow.db, log.keys, [anEvent()])
  await sql`rollback`.execute(slow.db)
  await log.append(1)
  await log.seal()
  assert.deepEqual(await positions(log.tenant), log.ids)
  await slow.close()
  await log.close()
})

test('a tenant transaction that holds the order up for five seconds is ended, and only then', async () => {
  const log = await aLog(1)
  const [blocker, neighbour] = [await aLog(0), await aLog(0)]
  const sealer = aSealer()
  await announceAudit(log.db)
  await sql`begin`.execute(neighbour.db)
  await sql`select 1`.execute(neighbour.db)
  await sql`begin`.execute(blocker.db)
  await appendAudit(blocker.db, blocker.keys, [anEvent()])
  await log.append(2)
  assert.deepEqual((await sealer.round()).ended, [])
  clock += 4_900
  assert.deepEqual((await sealer.round()).ended, [])
  clock += 200
  assert.deepEqual((await sealer.round()).ended, [`t_${blocker.tenant}`])
  await assert.rejects(sql`commit`.execute(blocker.db))
  await settled(sealer)
  assert.deepEqual(await positions(log.tenant), log.ids)
  // The neighbour's transaction had written nothing, so nothing waited for it.
  await sql`commit`.execute(neighbour.db)
  await sealer.close()
  await Promise.all([log.close(), neighbour.close(), blocker.close().catch(() => undefined)])
})

test("a transaction that is no tenant's is never ended", async () => {
  const log = await aLog(1)
  const other = await audit.connect('migrator')
  const sealer = aSealer()
  await sql`begin`.execute(other.db)
  await sql`select pg_current_xact_id()`.execute(other.db)
  await log.append(1)
  await announceAudit(log.db)
  await sealer.round()
  clock += 60_000
  assert.deepEqual((await sealer.round()).ended, [])
  await sql`rollback`.execute(other.db)
  await settled(sealer)
  assert.deepEqual(await positions(log.tenant), log.ids)
  await sealer.close()
  await other.close()
  await log.close()
})

test('killed after any statement, the next run continues with a consistent log', async () => {
  const log = await aLog(300)
  let survived = 0
  const reached = new Set<number>()
  for (let killAfter = 1; survived === 0; killAfter++) {
    assert.ok(killAfter < 40)
    await log.append(3)
    let statements = 0
    const plugin: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        if (++statements === killAfter)
          await audit.superuser('select pg_terminate_backend($1, 5000)', [pids[0]])
        return result
      },
    }
    const { pids, ...sealer } = aSealer(audit.sign, plugin)
    await announceAudit(log.db)
    survived = await sealer.round().then(
      (round) => round.sealed,
      () => 0,
    )
    reached.add(statements)
    await sealer.close().catch(() => undefined)
    const [head] = await audit.superuser<{ size: number | null }>(
      `select max(size)::int as size from t_${log.tenant}.audit_checkpoint`,
    )
    assert.equal((await positions(log.tenant)).length, head?.size ?? 0)
  }
  // begin, search_path, head, events, tiles, leaves, tiles, checkpoint, waiting, commit, and what is around them.
  assert.ok(reached.size >= 10)
  while ((await log.seal()) > 0);
  assert.deepEqual(await positions(log.tenant), log.ids)
  await assertVerifies(log)
  await log.close()
})

test('a tenant in trouble does not keep another from being sealed, and comes back when it is well', async () => {
  const [ill, well] = [await aLog(3), await aLog(3)]
  let broken = true
  const sealer = aSealer(async (tenant, text) => {
    if (broken && tenant === ill.tenant) throw new Error('the keeper does not answer')
    return audit.sign(tenant, text)
  })
  await announceAudit(ill.db)
  await announceAudit(well.db)
  const round = await sealer.round()
  assert.deepEqual([round.sealed, round.failed], [3, 1])
  assert.deepEqual(await positions(well.tenant), well.ids)
  clock += 30_000
  broken = false
  assert.equal((await sealer.round()).sealed, 3)
  assert.deepEqual(await positions(ill.tenant), ill.ids)
  await sealer.close()
  await Promise.all([ill.close(), well.close()])
})

test('a lost connection ends the round, and the next one opens another', async () => {
  const log = await aLog(2)
  const sealer = aSealer()
  await announceAudit(log.db)
  await sealer.round()
  await audit.superuser('select pg_terminate_backend($1, 5000)', [sealer.pids[0]])
  await assert.rejects(sealer.round())
  await log.append(1)
  assert.equal((await sealer.round()).sealed, 1)
  assert.equal(sealer.pids.length, 2)
  await sealer.close()
  await log.close()
})

test('run walks, seals and stops when told', async () => {
  const log = await aLog(2)
  const stop = new AbortController()
  const sealer = aSealer(async (tenant, text) => {
    const signed = await audit.sign(tenant, text)
    if (tenant === log.tenant) stop.abort()
    return signed
  })
  await sealer.run(stop.signal)
  assert.deepEqual(await positions(log.tenant), log.ids)
  await log.close()
})

test('writers at full speed while the sealer runs: dense, complete, in order', async () => {
  const log = await aLog(0)
  const writers = await Promise.all([1, 2, 3, 4].map(() => audit.connect(`t_${log.tenant}`)))
  const sealer = aSealer()
  await announceAudit(log.db)
  let writing = true
  const all: string[] = []
  const work = Promise.all(
    writers.map(async (writer, at) => {
      for (let n = 0; n < 60; n++) {
        await sql`begin`.execute(writer.db)
        all.push(
          ...(await appendAudit(writer.db, ownKeys(log.tenant), [anEvent(), anEvent({ detail: { at, n } })])),
        )
        await sql`commit`.execute(writer.db)
      }
    }),
  ).finally(() => {
    writing = false
  })
  let rounds = 0
  while (writing) {
    await sealer.round()
    rounds++
  }
  await work
  await settled(sealer)
  const order = await positions(log.tenant)
  assert.ok(rounds > 3)
  assert.deepEqual(order.toSorted(), all.toSorted())
  await sealer.close()
  for (const writer of writers) await writer.close()
  await log.close()
})

test('a process announces once in three seconds, and nobody goes on before the announcement is there', async () => {
  const announcer = createAnnouncer(elapsed)
  let sent = 0
  const gate = Promise.withResolvers<void>()
  const order: string[] = []
  const first = announcer.announce('a', async () => {
    sent++
    await gate.promise
    order.push('announced')
  })
  const second = announcer
    .announce('a', async () => assert.fail('announced twice'))
    .then(() => order.push('second'))
  gate.resolve()
  await first
  await second
  assert.deepEqual(order, ['announced', 'second'])
  const send = async () => {
    sent++
  }
  clock += 2_999
  await announcer.announce('a', send)
  assert.equal(sent, 1)
  await announcer.announce('b', send)
  clock += 1
  await announcer.announce('a', send)
  assert.equal(sent, 3)
  clock += 3_000
  await assert.rejects(
    announcer.announce('a', async () => assert.fail('no database')),
    /no database/,
  )
  await announcer.announce('a', send)
  assert.equal(sent, 4)
})

/** Rounds until nothing waits: other connections of the cluster may hold the order up for a moment. */
async function settled(sealer: Sealer): Promise<void> {
  for (let at = 0; at < 200; at++) if ((await sealer.round()).sealed === 0 && at > 3) return
}
