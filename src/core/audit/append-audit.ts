// Appends events to the log of a tenant: inside the writer's transaction, or many reads' events at once.
// Must stay true: events of one call go in one statement, so they are all there or none is.
import type { Compilable } from 'kysely'
import { type Statement, type StatementRunner, statementName } from '../db/kysely-on.ts'
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
  /** Given where something has to know it before; else it is made from `at`. */
  readonly id?: string
}

/** `durable` waits for the disk with its transaction; `relaxed` does not (events of reads). */
export type AuditDurability = 'durable' | 'relaxed'

/**
 * Appends the events in one statement on `db` (an open transaction, or autocommit). Answers their ids in order. Asks for
 * the keys of persons before it sends the statement.
 */
export async function appendAudit(
  db: StatementRunner,
  keys: AuditKeys,
  events: readonly NewAuditEvent[],
  durability: AuditDurability = 'durable',
): Promise<readonly string[]> {
  if (events.length === 0) return []
  const rows = await Promise.all(events.map((event) => sealedRow(keys, event)))
  await db.run({ ...insertOf(rows.length, durability), values: rows.flatMap((row) => row.values) })
  return rows.map((row) => row.id)
}

/**
 * Runs a query on `db` (autocommit) and appends the event of it in the same statement, not waiting for the disk: the event
 * is there exactly when the query found a row. Answers the rows.
 */
export async function readWithEvent<Row>(
  db: StatementRunner,
  keys: AuditKeys,
  query: Compilable<Row>,
  event: NewAuditEvent,
): Promise<Row[]> {
  const { sql, parameters } = query.compile()
  const { values } = await sealedRow(keys, event)
  const { rows } = await db.run({ ...eventWith(sql, parameters.length), values: [...parameters, ...values] })
  return rows
}

const COLUMNS =
  'id, at, action, outcome, actor_kind, actor, credential, on_behalf, record_kind, record_id, request_id, detail, personal_hash, personal'
const INSERT = `insert into audit (${COLUMNS})`
const WIDTH = COLUMNS.split(', ').length
/** The setting is local to the transaction, which is this one statement; it is read at the commit. */
const RELAX = ` returning (select set_config('synchronous_commit', 'off', true))`

type Prepared = Pick<Statement, 'name' | 'text'>

const inserts = new Map<string, Prepared>()
const reads = new Map<string, Prepared>()
/** Texts held of each kind; every product has some dozens. */
const MOST_TEXTS = 1_000

/** The insert of so many events. Lists of values are half the server's work of a JSON or array parameter. */
function insertOf(count: number, durability: AuditDurability): Prepared {
  return held(inserts, `${durability}${count}`, () => {
    const lists = Array.from({ length: count }, (_, row) => `(${placeholders(row * WIDTH)})`)
    return `${INSERT} values ${lists.join(', ')}${durability === 'relaxed' ? RELAX : ''}`
  })
}

/** A query that takes so many values, with the event of it. */
function eventWith(sql: string, count: number): Prepared {
  return held(
    reads,
    sql,
    () =>
      `with found as materialized (${sql}), event as (${INSERT} select ${placeholders(count)} from found limit 1${RELAX}) select * from found`,
  )
}

/** Texts are made and named once: every request passes here. */
function held(texts: Map<string, Prepared>, key: string, make: () => string): Prepared {
  const known = texts.get(key)
  if (known) return known
  const text = make()
  const made = { text, name: statementName(text) }
  if (texts.size < MOST_TEXTS) texts.set(key, made)
  return made
}

/** `$n, $n+1, …` for one event, after so many other values. */
function placeholders(after: number): string {
  return Array.from({ length: WIDTH }, (_, at) => `$${after + at + 1}`).join(', ')
}

async function sealedRow(keys: AuditKeys, event: NewAuditEvent) {
  const id = event.id ?? newId(event.at.getTime())
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

/** Gathers events of one tenant while an insert is under way; they go with the next ones. */
export interface AuditQueue {
  /** Resolves with the id when the event's own batch is in; rejects when that batch failed. */
  append(event: NewAuditEvent): Promise<string>
}

/** Few sizes, so that each is a statement that stays prepared; together they make any number. */
const BATCHES = [40, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1]

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
      const batches: Promise<void>[] = []
      while (waiting.length > 0)
        batches.push(write(waiting.splice(0, BATCHES.find((size) => size <= waiting.length) ?? 1)))
      await Promise.all(batches)
    }
    running = false
  }

  async function write(batch: readonly Waiting[]): Promise<void> {
    try {
      const ids = await insert(batch.map(({ event }) => event))
      batch.forEach(({ resolve, reject }, at) => {
        const id = ids[at]
        if (id === undefined) reject(new Error('the insert answered too few ids'))
        else resolve(id)
      })
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
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
