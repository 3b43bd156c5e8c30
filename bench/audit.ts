/**
 * The audit log: appending an event (sealed, hashed, in the log before its caller goes on) as reads and refusals do, against a plain insert
 * of a row of its size; a business insert with its event in one transaction, sent as operations send theirs (TenantWriter.send), against
 * the insert alone; and the offline verification of a million events. Commits wait for the disk on all sides; they run in turn in
 * short rounds of one run, and the middle one of the rounds' own ratios counts.
 */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Kysely, type QueryExecutorProvider, sql } from 'kysely'
import { appendAudit, createAuditQueue } from '#core/audit/append-audit.ts'
import type { AuditVerdict } from '#core/audit/verify-audit.ts'
import { kyselyOnLease, kyselyOnPool } from '#core/db/kysely-on.ts'
import { LeasePools } from '#core/db/lease-pools.ts'
import { inTransaction, type SendStatement } from '#core/db/transaction.ts'
import { newId } from '#core/ids.ts'
import { writeLongExport } from '#test/long-export.ts'
import { anEvent, type OwnAudit, ownKeys, startAudit } from '#test/own-audit.ts'
import { median } from './median.ts'
import type { Bench, Row } from './row.ts'

const CONNECTIONS = 16
const ROUNDS = 9
const SECONDS = 1
const WARM_SECONDS = 5
const EVENTS = 1_000_000
/** As an installation runs, not as the tests do. */
const DURABLE = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' }

export const bench: Bench = { name: 'audit', run: benchAudit }

async function benchAudit(): Promise<Row[]> {
  const audit = await startAudit({ settings: DURABLE })
  try {
    return [...(await benchAppend(audit)), await benchVerify()]
  } finally {
    await audit.stop()
  }
}

async function benchAppend(audit: OwnAudit): Promise<Row[]> {
  const tenant = await audit.newTenant()
  await audit.superuser(`create table t_${tenant}.bench (id uuid primary key, card bytea not null)`)
  await audit.superuser(`grant insert on t_${tenant}.bench to t_${tenant}`)
  const pools = new LeasePools({ cap: CONNECTIONS, perLogin: CONNECTIONS, idleMs: 60_000, waitMs: 10_000 })
  const lease = () => pools.lease(audit.login(`t_${tenant}`))
  const keys = ownKeys(tenant)
  const event = anEvent()
  const card = randomBytes(400)
  const insert = (db: QueryExecutorProvider) =>
    sql`insert into bench (id, card) values (${newId()}, ${card})`.compile(db)
  const business = (db: Kysely<unknown>, send: SendStatement) => Promise.resolve(send(insert(db)))
  const log = kyselyOnPool<unknown>(lease)
  const queue = createAuditQueue((events) => appendAudit(log, keys, events))
  const sides = {
    plain: async () => {
      const held = await lease()
      const db = kyselyOnLease<unknown>(held)
      await db.executeQuery(insert(db))
      held.release()
    },
    transaction: async () => inTransaction<unknown, void>(await lease(), business, async () => undefined),
    appended: () => queue.append({ ...event, at: new Date() }),
    audited: async () =>
      inTransaction<unknown, void>(await lease(), business, async (db) => {
        await appendAudit(db, keys, [{ ...event, at: new Date() }])
      }),
  }
  type Side = keyof typeof sides
  const rates: Record<Side, number[]> = { plain: [], transaction: [], appended: [], audited: [] }
  for (let round = 0; round <= ROUNDS; round++)
    for (const [side, once] of entries(sides)) {
      const rate = await rateOf(once, round === 0 ? WARM_SECONDS : SECONDS)
      // The first round warms up.
      if (round > 0) rates[side].push(rate)
    }
  await pools.close()
  const row = (name: string, ours: Side, side: 'plain' | 'transaction', reach?: number): Row => {
    const ratio = median(rates[ours].map((rate, round) => rate / (rates[side][round] ?? Number.NaN)))
    return {
      name: `${name}, ${CONNECTIONS} at a time`,
      baseline: side === 'plain' ? 'a plain insert, autocommit' : 'a plain insert in a transaction',
      baselineValue: median(rates[side]),
      ours: median(rates[ours]),
      unit: '/s',
      ratio,
      reach: reach === undefined ? 'for comparison' : `>= ${reach}`,
      pass: reach === undefined || ratio >= reach,
    }
  }
  return [
    row('audit event appended', 'appended', 'plain', 0.9),
    row('business insert with its audit event', 'audited', 'plain', 0.9),
    row('business insert with its audit event', 'audited', 'transaction'),
  ]
}

async function benchVerify(): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'panoply-bench-'))
  const file = join(folder, 'audit.ndjson')
  try {
    const key = await writeLongExport(file, EVENTS)
    const command = [
      join(import.meta.dirname, '../src/main.ts'),
      'admin',
      'verify-audit',
      file,
      '--key',
      key,
      '--json',
    ]
    const began = performance.now()
    const said = execFileSync(process.execPath, command, { encoding: 'utf8' })
    const seconds = (performance.now() - began) / 1000
    const verdict: AuditVerdict = JSON.parse(said)
    if (!verdict.ok || verdict.events !== EVENTS)
      throw new Error(`the export does not verify: ${verdict.fault?.message}`)
    return {
      name: `verify ${EVENTS.toLocaleString('en')} events offline`,
      baseline: '-',
      baselineValue: null,
      ours: seconds,
      unit: 's',
      ratio: null,
      reach: '<= 10 s',
      pass: seconds <= 10,
      note: 'the command as a whole',
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** How often a second `once` completes, CONNECTIONS at a time. */
async function rateOf(once: () => Promise<unknown>, seconds: number): Promise<number> {
  const began = performance.now()
  let count = 0
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (performance.now() - began < seconds * 1000) {
        await once()
        count++
      }
    }),
  )
  return (count * 1000) / (performance.now() - began)
}

function entries<T extends object>(value: T): [keyof T & string, T[keyof T]][] {
  return Object.entries(value) as [keyof T & string, T[keyof T]][]
}
