// What an audit event says, and the exact text of it that becomes a leaf of the tree.
// Must stay true: the text rebuilt from the stored row has the same bytes for ever; a new field needs a new `v`.
import { type RawBuilder, sql } from 'kysely'
import { canonicalJson } from './canonical-json.ts'

export type ActorKind = 'person' | 'key' | 'system'
export type AuditOutcome = 'done' | 'refused' | 'failed'
/** Configuration class only: ids, states, counts. Never what people wrote, never a name or an address. */
export type AuditDetail = Readonly<Record<string, string | number | boolean | null>>

/** An event as it stands in the log. Ids are UUIDs in lower case; `at` is UTC with six decimals. */
export interface AuditEvent {
  readonly id: string
  readonly at: string
  readonly action: string
  readonly outcome: AuditOutcome
  readonly actorKind: ActorKind
  readonly actor: string | null
  readonly credential: string | null
  readonly onBehalf: string | null
  readonly record: { readonly kind: string; readonly id: string } | null
  readonly requestId: string | null
  readonly detail: AuditDetail | null
  /** Hex SHA-256 of salt and personal part; null when the event has none. */
  readonly personalHash: string | null
}

/** A row of the audit table as `auditColumns` selects it. */
export interface AuditRow {
  id: string
  at: string
  action: string
  outcome: AuditOutcome
  actor_kind: ActorKind
  actor: string | null
  credential: string | null
  on_behalf: string | null
  record_kind: string | null
  record_id: string | null
  request_id: string | null
  detail: AuditDetail | null
  personal_hash: string | null
}

/** The select list of an AuditRow, over the audit table under the alias `a`. Time is read as text: a Date would drop microseconds. */
export const auditColumns: RawBuilder<AuditRow> = sql`a.id, to_char(a.at at time zone 'UTC',
  'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, a.action, a.outcome, a.actor_kind, a.actor, a.credential, a.on_behalf,
  a.record_kind, a.record_id, a.request_id, a.detail, encode(a.personal_hash, 'hex') as personal_hash`

/** The event in a row. */
export function eventOfRow(row: AuditRow): AuditEvent {
  return {
    id: row.id,
    at: row.at,
    action: row.action,
    outcome: row.outcome,
    actorKind: row.actor_kind,
    actor: row.actor,
    credential: row.credential,
    onBehalf: row.on_behalf,
    record:
      row.record_kind !== null && row.record_id !== null
        ? { kind: row.record_kind, id: row.record_id }
        : null,
    requestId: row.request_id,
    detail: row.detail,
    personalHash: row.personal_hash,
  }
}

/**
 * The leaf of an event: RFC 8785 text whose UTF-8 bytes the tree commits to. Includes the personal hash, not the personal part.
 * The outer keys are written in canonical order by hand, because every event passes here once a seal.
 */
export function leafText(event: AuditEvent): string {
  const text = (value: string | null) => (value === null ? 'null' : canonicalJson(value))
  const record =
    event.record === null ? 'null' : `{"id":${text(event.record.id)},"kind":${text(event.record.kind)}}`
  return (
    `{"action":${text(event.action)},"actor":${text(event.actor)},"actorKind":${text(event.actorKind)}` +
    `,"at":${text(event.at)},"credential":${text(event.credential)}` +
    `,"detail":${event.detail === null ? 'null' : canonicalJson(event.detail)}` +
    `,"id":${text(event.id)},"onBehalf":${text(event.onBehalf)},"outcome":${text(event.outcome)}` +
    `,"personalHash":${text(event.personalHash)},"record":${record},"requestId":${text(event.requestId)},"v":1}`
  )
}

/** A Date in the form events carry: UTC, six decimals. */
export function auditTime(at: Date): string {
  return `${at.toISOString().slice(0, -1)}000Z`
}
