// The log as people read it: filtered, newest first, with the personal parts that can still be opened.
// Must stay true: an erased person's part reads as null; nothing else about the event changes.
import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely'
import { PublicError } from '../errors.ts'
import {
  type ActorKind,
  type AuditDetail,
  type AuditOutcome,
  type AuditRow,
  auditColumns,
  eventOfRow,
} from './audit-event.ts'
import { type AuditKeys, openPersonal, type Personal, type PersonalState } from './personal-part.ts'

/** Which events. `action` also matches everything below it (`knowledge.document`); ids are UUIDs; `from` <= at < `to`. */
export interface AuditFilter {
  readonly action?: string | undefined
  readonly actor?: string | undefined
  readonly record?: string | undefined
  readonly outcome?: AuditOutcome | undefined
  readonly from?: Date | undefined
  readonly to?: Date | undefined
}

/** One event as the API shows it, with plain UUIDs. `position` is null until it is sealed. */
export interface AuditItem {
  readonly id: string
  readonly at: string
  readonly action: string
  readonly outcome: AuditOutcome
  readonly actor: {
    readonly kind: ActorKind
    readonly personId: string | null
    readonly credentialId: string | null
  }
  readonly onBehalfOf: string | null
  readonly record: { readonly kind: string; readonly id: string } | null
  readonly detail: AuditDetail | null
  readonly ip: string | null
  readonly userAgent: string | null
  /** A name somebody typed who is nobody's account, at a refused sign-in. */
  readonly name: string | null
  readonly personal: PersonalState
  readonly requestId: string | null
  readonly position: number | null
}

/** The event with its personal part and position, as listings and exports select it. */
export interface FullAuditRow extends AuditRow {
  position: number | null
  personal: Buffer | null
}

/** Select list and joins of FullAuditRow. */
export const fullAuditSelect: RawBuilder<FullAuditRow> = sql`select ${auditColumns}, l.position, a.personal
  from audit a left join audit_leaf l on l.event = a.id`

/** Whose key seals the personal part; null for the tenant's. */
export function personOf(row: AuditRow): string | null {
  return row.actor_kind === 'person' ? row.actor : null
}

/** One page, newest first. `cursor` is the `next` of the page before. Throws `invalid_request` for a cursor that is none. */
export async function listAudit(
  db: QueryExecutorProvider,
  keys: AuditKeys,
  query: AuditFilter & { readonly cursor?: string | undefined; readonly limit: number },
): Promise<{ items: AuditItem[]; next: string | null }> {
  const conditions = filterConditions(query)
  if (query.cursor !== undefined) conditions.push(sql`a.id < ${readCursor(query.cursor)}::uuid`)
  // Ids are UUIDv7 made from `at`: their order is the order of time, and the primary key serves it.
  const { rows } = await sql<FullAuditRow>`${fullAuditSelect} where ${sql.join(conditions, sql` and `)}
    order by a.id desc limit ${query.limit + 1}`.execute(db)
  const page = rows.slice(0, query.limit)
  const last = page.at(-1)
  return {
    items: await Promise.all(page.map((row) => itemOf(keys, row))),
    next:
      rows.length > query.limit && last
        ? Buffer.from(last.id.replaceAll('-', ''), 'hex').toString('base64url')
        : null,
  }
}

/** SQL conditions of a filter over the alias `a`; never empty. */
export function filterConditions(filter: AuditFilter): RawBuilder<unknown>[] {
  const conditions = [sql`true`]
  if (filter.action !== undefined)
    conditions.push(sql`(a.action = ${filter.action} or starts_with(a.action, ${`${filter.action}.`}))`)
  if (filter.actor !== undefined) conditions.push(sql`a.actor = ${filter.actor}::uuid`)
  if (filter.record !== undefined) conditions.push(sql`a.record_id = ${filter.record}::uuid`)
  if (filter.outcome !== undefined) conditions.push(sql`a.outcome = ${filter.outcome}`)
  if (filter.from !== undefined) conditions.push(sql`a.id >= ${firstIdOf(filter.from)}::uuid`)
  if (filter.to !== undefined) conditions.push(sql`a.id < ${firstIdOf(filter.to)}::uuid`)
  return conditions
}

async function itemOf(keys: AuditKeys, row: FullAuditRow): Promise<AuditItem> {
  const event = eventOfRow(row)
  const { state, personal } = await personalOf(keys, row)
  return {
    id: event.id,
    at: event.at,
    action: event.action,
    outcome: event.outcome,
    actor: { kind: event.actorKind, personId: event.actor, credentialId: event.credential },
    onBehalfOf: event.onBehalf,
    record: event.record,
    detail: event.detail,
    ip: personal.ip ?? null,
    userAgent: personal.userAgent ?? null,
    name: personal.name ?? null,
    personal: state,
    requestId: event.requestId,
    position: row.position === null ? null : Number(row.position),
  }
}

async function personalOf(
  keys: AuditKeys,
  row: FullAuditRow,
): Promise<{ state: PersonalState; personal: Personal }> {
  if (row.personal_hash === null) return { state: 'none', personal: {} }
  if (row.personal === null) return { state: 'erased', personal: {} }
  const result = await openPersonal(keys, row.id, personOf(row), row.personal)
  if (result.state !== 'open') return { state: result.state, personal: {} }
  return { state: 'open', personal: JSON.parse(result.opened.text) }
}

/** The smallest UUIDv7 of a millisecond. */
function firstIdOf(at: Date): string {
  const hex = Math.max(0, at.getTime()).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}

function readCursor(cursor: string): string {
  const bytes = Buffer.from(cursor, 'base64url')
  if (bytes.length !== 16 || bytes.toString('base64url') !== cursor)
    throw new PublicError('invalid_request', 'The cursor is not one of this list.', {
      details: { at: 'cursor' },
    })
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
