// Rotation: new versions of a tenant's working keys at once, those of documents and persons in a job, and when every process has them
// everything sealed before sealed again. See docs/decisions/0009-rotation.md.
// Must stay true: at no moment is there a value that some process cannot open or find: a new version seals only when all must know it,
// and sealing again starts after that. A killed rotation goes on where it was. What does not open is counted and left, with every key that
// might open it once it is mended, and holds up nothing else.
import { sql } from 'kysely'
import { type TenantPurpose, tenantPurposes } from '#protocol/keeper/keeper.schema.ts'
import { toApi } from '../ids.ts'
import { startActivity } from '../jobs/enqueue.ts'
import type { TenantReader, TenantWriter } from '../tenancy/tenant-door.ts'
import { addKey } from './add-key.ts'
import { sealedVersion } from './aead.ts'
import { isDamage } from './is-damage.ts'

/** Sealed columns of one table, as its room declares them. `row` is the SQL expression whose text the seal is bound to. */
export interface SealedTable {
  readonly store: 'activity' | 'people'
  readonly table: string
  readonly row: string
  readonly columns: readonly string[]
  /** The SQL condition of its rows, where the others are sealed under keys of subjects. */
  readonly where?: string
}

/** The task that makes the new versions of the keys of documents and persons, and the one that seals again. */
export const PREPARE_TASK = 'core.key.prepare'
export const ROTATE_TASK = 'core.key.rotate'
const BATCH = 200
/** Sealing again waits until every process seals with the new version (see version-in-use.ts) and nothing older is under way. */
const WAIT_SECONDS = 12 * 60

/** The tenant's keys: purpose, version, since when. */
export async function listKeys(tx: TenantReader) {
  tx.require('core.key.manage')
  const rows = await tx.db
    .selectFrom('key')
    .select(['id', 'purpose', 'version', 'state', 'created_at'])
    .where('subject', 'is', null)
    .where('state', '!=', 'destroyed')
    .orderBy('purpose')
    .orderBy('version')
    .execute()
  tx.audit({ action: 'core.key.versionsListed' })
  return {
    items: rows.map(({ purpose, version, state, created_at }) => ({
      purpose,
      version,
      state,
      since: created_at.toISOString(),
    })),
    next: null,
  }
}

/**
 * Makes the next version of every key of the tenant and queues the rest; while one rotation is under way, answers that one. The caller
 * renews the lent keys after the commit.
 */
export async function rotateKeys(tx: TenantWriter): Promise<{ activityId: string }> {
  tx.require('core.key.rotate')
  const organisation = await tx.db
    .selectFrom('organisation')
    .select('id')
    .forUpdate()
    .executeTakeFirstOrThrow()
  const record = { kind: 'organisation', id: organisation.id }
  const running = await tx.db
    .selectFrom('activity')
    .select('id')
    .where('task', '=', ROTATE_TASK)
    .where('state', 'in', ['waiting', 'running'])
    .executeTakeFirst()
  if (running) {
    tx.audit({ action: 'core.key.rotated', record, detail: { isUnderWay: true } })
    return { activityId: toApi('act', running.id) }
  }
  for (const purpose of tenantPurposes) {
    const row = await tx.keys.newVersion(purpose)
    await addKey(tx, row)
  }
  const activity = await startActivity(tx, ROTATE_TASK, organisation.id, {
    kind: 'core.key.rotating',
    recordKind: 'organisation',
    title: '',
    unit: 'parts',
  })
  await tx.enqueue(PREPARE_TASK, activity, { key: 'prepare', attempts: 25 })
  tx.audit({ action: 'core.key.rotated', record })
  return { activityId: toApi('act', activity) }
}

/** Queues the sealing of a rotation for the time when every process seals with its keys. `activity` shows it. */
export async function queueSealing(tx: TenantWriter, activity: string): Promise<void> {
  const { id } = await tx.db.selectFrom('organisation').select('id').executeTakeFirstOrThrow()
  await tx.enqueue(ROTATE_TASK, id, {
    key: 'rotate',
    delaySeconds: WAIT_SECONDS,
    // When the clock goes back, the new keys are in use as much later.
    attempts: 25,
    shownBy: activity,
  })
  tx.audit({ action: 'core.key.sealingQueued', record: { kind: 'organisation', id } })
}

/** How many rows a table has, for progress. */
export async function countRows(
  tx: TenantReader,
  { table, where = 'true' }: Pick<SealedTable, 'table' | 'where'>,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from ${sql.table(table)} where ${sql.raw(where)}`.execute(tx.db)
  return Number(rows[0]?.count ?? 0)
}

/** Where sealing again stopped (null at the end), how many rows it read and sealed again, and those with a value that does not open. */
export interface ResealStep {
  readonly last: string | null
  readonly read: number
  readonly resealed: number
  readonly damaged: readonly string[]
}

/** Seals the next rows of a table under the newest key, as far as they open. */
export async function resealRows(tx: TenantWriter, sealed: SealedTable, after: string): Promise<ResealStep> {
  const { store, table, columns, where = 'true' } = sealed
  const { version } = tx.keys.current(store === 'people' ? 'people' : 'field')
  const row = sql.raw(`(${sealed.row})::text`)
  const { rows } = await sql<{ row: string } & Record<string, Buffer | null>>`
    select ${row} as row, ${sql.join(columns.map((column) => sql.ref(column)))} from ${sql.table(table)}
    where ${row} > ${after} and ${sql.raw(where)} order by ${row} limit ${BATCH} for update`.execute(tx.db)
  let resealed = 0
  const damaged: string[] = []
  for (const { row: id, ...values } of rows) {
    const changes = []
    for (const column of columns) {
      const value = values[column]
      try {
        if (!value || sealedVersion(value) === version) continue
        const opened = tx.keys.open(store, table, id, column, value)
        changes.push(sql`${sql.ref(column)} = ${tx.keys.seal(store, table, id, column, opened)}`)
      } catch (error) {
        if (!isDamage(error)) throw error
        if (damaged.at(-1) !== id) damaged.push(id)
      }
    }
    if (changes.length === 0) continue
    await sql`update ${sql.table(table)} set ${sql.join(changes)} where ${row} = ${id}`.execute(tx.db)
    resealed++
  }
  const last = rows.length < BATCH ? null : (rows.at(-1)?.row ?? null)
  return { last, read: rows.length, resealed, damaged }
}

/** Whether every key seals with the version that the rotation made, or with a later one: destructions make such of the index meanwhile. */
export async function isNewestInUse(tx: TenantReader): Promise<boolean> {
  const { rows } = await sql<{ purpose: string; version: number }>`
    with began as (select id from key where purpose = ${tenantPurposes[0]} and subject is null order by version desc limit 1)
    select purpose, min(version) as version from key
    -- Thirteen characters of a UUIDv7 are its millisecond.
    where subject is null and left(id::text, 13) >= (select left(id::text, 13) from began)
    group by purpose`.execute(tx.db)
  const made = new Map(rows.map(({ purpose, version }) => [purpose, version]))
  return tenantPurposes.every((purpose) => {
    const version = made.get(purpose)
    return version !== undefined && tx.keys.current(purpose).version >= version
  })
}

/**
 * Marks versions below the newest as no longer sealing anything. They still open what a log must keep as it was, and what was damaged once
 * it is mended. Those of `kept` stay as they are.
 */
export async function retireKeys(tx: TenantWriter, kept: ReadonlySet<TenantPurpose>): Promise<void> {
  for (const purpose of tenantPurposes) {
    if (kept.has(purpose)) continue
    await tx.db
      .updateTable('key')
      .set({ state: 'retired' })
      .where('purpose', '=', purpose)
      .where('subject', 'is', null)
      .where('state', '=', 'live')
      .where('version', '<', tx.keys.current(purpose).version)
      .execute()
  }
}
