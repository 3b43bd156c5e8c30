/**
 * The audit log: a business insert with its audit event in one transaction, sent as operations send theirs (TenantWriter.send), against
 * the plain insert alone; and the offline verification of a million events. Commits wait for the disk on both sides; all sides run in
 * turn in short rounds of one run, and the middle one of the rounds' own ratios counts.
 */
import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Kysely, type QueryExecutorProvider, sql } from 'kysely'
import { appendAudit } from '#core/audit/append-audit.ts'
import { auditTime, leafText } from '#core/audit/audit-event.ts'
import { createCheckpoint } from '#core/audit/checkpoint.ts'
import { createRootBuilder, leafHash } from '#core/audit/merkle.ts'
import { personalHash } from '#core/audit/personal-part.ts'
import { verifyAudit } from '#core/audit/verify-audit.ts'
import { kyselyOnLease } from '#core/db/kysely-on.ts'
import { LeasePools } from '#core/db/lease-pools.ts'
import { inTransaction, type SendStatement } from '#core/db/transaction.ts'
import { newId } from '#core/ids.ts'
import { logOrigin } from '#protocol/keeper/log-origin.ts'
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
    return [...(await benchAppend(audit)), await benchVerify(audit)]
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
  const sides = {
    plain: async () => {
      const held = await lease()
      const db = kyselyOnLease<unknown>(held)
      await db.executeQuery(insert(db))
      held.release()
    },
    transaction: async () => inTransaction<unknown, void>(await lease(), business, async () => undefined),
    audited: async () =>
      inTransaction<unknown, void>(await lease(), business, async (db) => {
        await appendAudit(db, keys, [{ ...event, at: new Date() }])
      }),
  }
  const rates: Record<keyof typeof sides, number[]> = { plain: [], transaction: [], audited: [] }
  for (let round = 0; round <= ROUNDS; round++)
    for (const [side, once] of entries(sides)) {
      const rate = await rateOf(once, round === 0 ? WARM_SECONDS : SECONDS)
      // The first round warms up.
      if (round > 0) rates[side].push(rate)
    }
  await pools.close()
  const ours = median(rates.audited)
  return (['plain', 'transaction'] as const).map((side) => {
    const baseline = median(rates[side])
    const ratio = median(rates.audited.map((rate, round) => rate / (rates[side][round] ?? Number.NaN)))
    return {
      name: `business insert with its audit event, ${CONNECTIONS} at a time`,
      baseline: side === 'plain' ? 'the insert alone, autocommit' : 'the insert alone in a transaction',
      baselineValue: baseline,
      ours,
      unit: '/s',
      ratio,
      reach: side === 'plain' ? '>= 0.9' : 'for comparison',
      pass: side === 'plain' ? ratio >= 0.9 : true,
    }
  })
}

async function benchVerify(audit: OwnAudit): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'panoply-bench-'))
  const file = join(folder, 'audit.ndjson')
  try {
    const key = await writeExport(audit, file)
    const [began, cpu] = [performance.now(), process.cpuUsage()]
    const verdict = await verifyAudit(createReadStream(file, { highWaterMark: 2 ** 20 }), { key })
    const seconds = (performance.now() - began) / 1000
    const { user, system } = process.cpuUsage(cpu)
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
      note: `${((user + system) / 1e6).toFixed(1)} s of processor`,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** An export of EVENTS events as `exportAudit` writes it. Answers the vkey. */
async function writeExport(audit: OwnAudit, file: string): Promise<string> {
  const tenant = 'a'.repeat(13)
  const origin = logOrigin('eu', tenant)
  const [vkey = ''] = audit.logKeys(tenant)
  const body = `${file}.body`
  const tree = createRootBuilder()
  function* lines() {
    const salt = randomBytes(32).toString('base64url')
    for (let position = 0; position < EVENTS; ) {
      let chunk = ''
      for (const end = Math.min(EVENTS, position + 500); position < end; position++) {
        const { at, personal, ...event } = anEvent({ detail: { position } })
        const opened = { text: JSON.stringify(personal), salt }
        const leaf = leafText({
          ...event,
          id: newId(),
          at: auditTime(at),
          personalHash: personalHash(opened),
        })
        const hash = leafHash(leaf)
        tree.push(hash.toString('hex'))
        chunk += `${JSON.stringify({ position, hash: hash.toString('hex'), leaf, personal: opened.text, salt })}\n`
      }
      yield chunk
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(body))
  const { note } = await createCheckpoint({ origin, size: EVENTS, root: tree.root() }, (text) =>
    audit.sign(tenant, text),
  )
  const header = {
    format: 'panoply-audit/1',
    origin,
    key: vkey,
    checkpoint: note,
    filter: null,
  }
  await pipeline(async function* () {
    yield `${JSON.stringify(header)}\n`
    yield* createReadStream(body, { highWaterMark: 2 ** 20 })
    yield `${JSON.stringify({ end: true, events: EVENTS, checkpoint: note })}\n`
  }, createWriteStream(file))
  rmSync(body)
  return vkey
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
