// Activity as people see it: what runs in their organisation, and stopping it. Everybody sees their own work; who may manage sees all.
import { sql } from 'kysely'
import { ERROR_CODES, type ErrorCode, PublicError } from '../errors.ts'
import { type IdPrefix, toApi } from '../ids.ts'
import type { TenantReader, TenantWriter } from '../tenancy/tenant-door.ts'
import type { ActivityState } from './activity.schema.ts'
import { activityOpener } from './activity-seal.ts'

/** The id prefix of each kind of record, so that a record can be named. */
export type PrefixOf = (kind: string) => IdPrefix | undefined

export interface ActivityFilter {
  readonly state?: ActivityState
  /** UUID of the last one seen. */
  readonly before?: string
  readonly limit: number
}

/** Newest first. `next` is the UUID to go on from. */
export async function listActivity(tx: TenantReader, filter: ActivityFilter, prefixOf: PrefixOf) {
  tx.require('core.activity.read')
  let query = visible(tx)
    .orderBy('id', 'desc')
    .limit(filter.limit + 1)
  if (filter.state !== undefined) query = query.where('state', '=', filter.state)
  if (filter.before !== undefined) query = query.where('id', '<', filter.before)
  const rows = await query.execute()
  const page = rows.slice(0, filter.limit)
  tx.audit({ action: 'core.activity.listed', detail: { count: page.length } })
  return {
    items: await shown(tx, page, prefixOf),
    next: rows.length > filter.limit ? (page.at(-1)?.id ?? null) : null,
  }
}

/** One of them. Throws `not_found`, also for somebody else's work. */
export async function readActivity(tx: TenantReader, id: string, prefixOf: PrefixOf) {
  tx.require('core.activity.read')
  const row = await visible(tx).where('id', '=', id).executeTakeFirst()
  if (!row) throw new PublicError('not_found')
  tx.audit({ action: 'core.activity.read', record: { kind: 'activity', id } })
  const [activity] = await shown(tx, [row], prefixOf)
  if (!activity) throw new PublicError('not_found')
  return activity
}

/**
 * Asks that it stops: what waits is cancelled at once, what runs as soon as its worker hears of it, what has ended stays as it is.
 * Throws `not_found`.
 */
export async function cancelActivity(tx: TenantWriter, id: string): Promise<void> {
  tx.require('core.activity.read')
  const row = await visible(tx).where('id', '=', id).executeTakeFirst()
  if (!row) throw new PublicError('not_found')
  tx.audit({ action: 'core.activity.cancelled', record: { kind: 'activity', id } })
  const asked = await tx.db
    .updateTable('activity')
    .set((eb) => ({
      cancel_requested_at: tx.now(),
      cancel_requested_by: tx.actor.personId,
      state: eb.case().when('state', '=', 'waiting').then('cancelled').else(eb.ref('state')).end(),
      ended_at: eb.case().when('state', '=', 'waiting').then(tx.now()).else(eb.ref('ended_at')).end(),
      updated_at: tx.now(),
    }))
    .where('id', '=', id)
    .where('state', 'in', ['waiting', 'running'])
    .executeTakeFirst()
  if (asked.numUpdatedRows > 0n) await sql`select cell.cancel_job(${id}::uuid)`.execute(tx.db)
}

function visible(tx: TenantReader) {
  const { actor } = tx
  const all = tx.db
    .selectFrom('activity')
    .select([
      'id',
      'kind',
      'title',
      'subject',
      'record_kind',
      'record',
      'state',
      'done',
      'total',
      'unit',
      'error_code',
      'cancel_requested_at',
      'created_by',
      'created_key',
      'created_at',
      'started_at',
      'ended_at',
    ])
  if (actor.permissions.has('core.activity.manage')) return all
  const mine = actor.personId
  return mine === null
    ? all.where('created_key', '=', actor.credentialId)
    : all.where('created_by', '=', mine)
}

type Row = Awaited<ReturnType<ReturnType<typeof visible>['execute']>>[number]

async function shown(tx: TenantReader, rows: readonly Row[], prefixOf: PrefixOf) {
  const open = await activityOpener(tx, rows)
  return rows.map((row) => shownActivity(row, open<string>(row, 'title', row.title) ?? '', prefixOf))
}

function shownActivity(row: Row, title: string, prefixOf: PrefixOf) {
  const prefix = prefixOf(row.record_kind)
  const code = row.error_code
  const by =
    row.created_by !== null
      ? toApi('per', row.created_by)
      : row.created_key === null
        ? null
        : toApi('key', row.created_key)
  return {
    id: toApi('act', row.id),
    kind: row.kind,
    title,
    record: prefix ? { kind: row.record_kind, id: toApi(prefix, row.record) } : null,
    state: row.state,
    done: row.done,
    total: row.total,
    unit: row.unit,
    isCancelRequested: row.cancel_requested_at !== null,
    error: code === null ? null : { code, message: isCode(code) ? ERROR_CODES[code].help : '' },
    createdBy: by,
    createdAt: row.created_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
  }
}

function isCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text)
}
