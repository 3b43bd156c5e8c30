// Appends events to the log of a tenant: inside the writer's transaction, or many reads' events at once.
// Must stay true: events of one call go in one statement, so they are all there or none is.
import { type Compilable, CompiledQuery, type QueryExecutorProvider } from 'kysely'
import { newId } from '../ids.ts'
import type { ActorKind, AuditDetail, AuditOutcome } from './audit-event.ts'
import { type AuditKeys, type Personal, sealPersonal } from './personal-part.ts'

/** An event about to be recorded. `at` comes from the clock of the door; the id is made from it. */
export interface NewAuditEvent {
  readonly at: Date
  readonly action: string
  readonly outcome: AuditOutcome
  readonly actorKind: ActorKind
  /** Person id for kind `person`; null for a refused sign-in. */
  readonly actor: string | null
  /** Session or API key used. */
  readonly credential: string | null
  readonly onBehalf: string | null
  readonly record: { readonly kind: string; readonly id: string } | null
  readonly requestId: string | null
  readonly detail: AuditDetail | null
  readonly personal: Personal
}

/** `durable` waits for the disk with its transaction; `relaxed` does not (events of reads). */
export type AuditDurability = 'durable' | 'relaxed'

/**
 * Appends the events in one statement on `db` (an open transaction, or autocommit). Answers their ids in order. Asks for
 * the keys of persons before it sends the statement.
 */
export async function appendAudit(
  db: QueryExecutorProvider,
  keys: AuditKeys,
  events: readonly NewAuditEvent[],
  durability: AuditDurability = 'durable',
): Promise<readonly string[]> {
  if (events.length === 0) return []
  const rows = await Promise.all(events.map((event) => sealedRow(keys, event)))
  const parameters: unknown[] = []
  // Lists of values are half the server's work of a JSON or array parameter, and plain text spares compiling it: every
  // request passes here.
  const lists = rows.map((row) => `(${placeholders(parameters, row.values)})`).join(', ')
  const text = `${INSERT} values ${lists}${durability === 'relaxed' ? RELAX : ''}`
  await db.getExecutor().executeQuery(CompiledQuery.raw(text, parameters))
  return rows.map((row) => row.id)
}

/**
 * Runs a query on `db` (autocommit) and appends the event of it in the same statement, not waiting for the disk: the event
 * is there exactly when the query found a row. Answers the rows.
 */
export async function readWithEvent<Row>(
  db: QueryExecutorProvider,
  keys: AuditKeys,
  query: Compilable<Row>,
  event: NewAuditEvent,
): Promise<Row[]> {
  const { sql, parameters } = query.compile()
  const { values } = await sealedRow(keys, event)
  const all = [...parameters]
  const text = `with found as materialized (${sql}), event as (${INSERT} select ${placeholders(all, values)} from found limit 1${RELAX}) select * from found`
  return (await db.getExecutor().executeQuery<Row>(CompiledQuery.raw(text, all))).rows
}

const INSERT =
  'insert into audit (id, at, action, outcome, actor_kind, actor, credential, on_behalf, record_kind, record_id, request_id, detail, personal_hash, personal)'
/** The setting is local to the transaction, which is this one statement; it is read at the commit. */
const RELAX = ` returning (select set_config('synchronous_commit', 'off', true))`

/** Takes the values up as parameters; answers `$n, $n+1, …`. */
function placeholders(parameters: unknown[], values: readonly unknown[]): string {
  return values.map((value) => `$${parameters.push(value)}`).join(', ')
}

async function sealedRow(keys: AuditKeys, event: NewAuditEvent) {
  const id = newId(event.at.getTime())
  const person = event.actorKind === 'person' ? event.actor : null
  const personal = await sealPersonal(keys, id, person, event.personal)
  const { record, detail } = event
  const values = [
    id,
    event.at.toISOString(),
    event.action,
    event.outcome,
    event.actorKind,
    event.actor,
    event.credential,
    event.onBehalf,
    record?.kind ?? null,
    record?.id ?? null,
    event.requestId,
    detail === null ? null : JSON.stringify(detail),
    personal?.hash ?? null,
    personal?.sealed ?? null,
  ]
  return { id, values }
}

/** Gathers events of one tenant while an insert is under way; they go as the next one. */
export interface AuditQueue {
  /** Resolves with the id when the event's own batch is in; rejects when that batch failed. */
  append(event: NewAuditEvent): Promise<string>
}

const LARGEST_BATCH = 500

/** A queue over `insert`, which must answer the ids in order (`appendAudit` with `relaxed`). */
export function createAuditQueue(
  insert: (events: readonly NewAuditEvent[]) => Promise<readonly string[]>,
): AuditQueue {
  interface Waiting {
    event: NewAuditEvent
    resolve(id: string): void
    reject(error: unknown): void
  }
  const waiting: Waiting[] = []
  let running = false

  async function drain(): Promise<void> {
    running = true
    while (waiting.length > 0) {
      const batch = waiting.splice(0, LARGEST_BATCH)
      await insert(batch.map(({ event }) => event)).then(
        (ids) =>
          batch.forEach(({ resolve, reject }, at) => {
            const id = ids[at]
            if (id === undefined) reject(new Error('the insert answered too few ids'))
            else resolve(id)
          }),
        (error: unknown) => {
          for (const { reject } of batch) reject(error)
        },
      )
    }
    running = false
  }

  return {
    append(event) {
      return new Promise((resolve, reject) => {
        waiting.push({ event, resolve, reject })
        if (!running) void drain()
      })
    },
  }
}
