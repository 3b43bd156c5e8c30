// The one way work is put off until after the commit: a row in the cell's queue, and one in Activity when asked, in the
// transaction of the caller. Must stay true: the queue learns ids only, and the database, not we, says whose job it is.
import { sql } from 'kysely'
import { newId } from '../ids.ts'
import type { TenantWriter } from '../tenancy/tenant-door.ts'
import { type ActivityKey, sealActivity } from './activity-seal.ts'

/** How the work shows in Activity. */
export interface ActivityStart {
  /** product.noun.presentParticiple, e.g. `knowledge.document.reading`; the web app has a sentence for each. */
  readonly kind: string
  /** The kind of the record, e.g. `document`. */
  readonly recordKind: string
  /** What the person recognises it by (sealed), e.g. the title of the document. */
  readonly title: string
  /** What `done` and `total` count, e.g. `pages`. */
  readonly unit?: string
  readonly total?: number
  /** The document it is about and whose key seals what is shown of it; the key of the fields when left out. */
  readonly under?: ActivityKey
}

export interface EnqueueOptions {
  /** At most 100 characters: replaces a waiting job of the same task and key instead of adding another. */
  readonly key?: string
  /** Not before this many seconds from now (0 to 2,592,000). */
  readonly delaySeconds?: number
  /** How often it is tried, 1 to 25; 5 unless said. */
  readonly attempts?: number
  readonly urgency?: 'soon' | 'normal' | 'late'
  readonly activity?: ActivityStart
  /** UUID of an activity that was started before and shows this job, too. */
  readonly shownBy?: string
}

/** What enqueue needs of the writer; TenantWriter.enqueue passes itself. */
export type EnqueueWriter = Pick<TenantWriter, 'actor' | 'db' | 'keys' | 'now'>

const priorities = { soon: -10, normal: 0, late: 10 } as const

/**
 * Adds a job that runs after this transaction commits, and never if it does not.
 * @param record UUID of the record the task is about
 * @returns UUID of the activity row when `options.activity` was given, else null
 * @throws PublicError `too_many_requests` (by the error map) when the tenant has too many jobs waiting
 */
export async function enqueue(
  tx: EnqueueWriter,
  task: string,
  record: string,
  options: EnqueueOptions = {},
): Promise<string | null> {
  const activity = options.activity
    ? await startActivity(tx, task, record, options.activity)
    : (options.shownBy ?? null)
  const told = {
    key: options.key,
    delay: options.delaySeconds,
    attempts: options.attempts,
    priority: priorities[options.urgency ?? 'normal'],
    activity: activity ?? undefined,
    by: askedBy(tx) ?? undefined,
  }
  await sql`select cell.enqueue(${task}, ${record}::uuid, ${JSON.stringify(told)}::jsonb)`.execute(tx.db)
  return activity
}

/** Shows work in Activity before its job is queued; the job is then enqueued with `shownBy`. Answers the UUID of the activity. */
export async function startActivity(
  tx: EnqueueWriter,
  task: string,
  record: string,
  { kind, recordKind, title, unit, total, under }: ActivityStart,
): Promise<string> {
  const { actor } = tx
  const by = askedBy(tx)
  const id = newId()
  await sql`
    insert into activity (id, task, kind, record_kind, record, state, done, total, unit, subject, title, created_by, created_key, created_at, updated_at, origin)
    values (${id}, ${task}, ${kind}, ${recordKind}, ${record}, 'waiting', 0, ${total ?? null}, ${unit ?? null},
      ${under?.subject ?? null}, ${sealActivity(tx, { id, column: 'title', under }, title)}, ${by},
      ${by === null && actor.kind === 'key' ? actor.credentialId : null}, ${tx.now()}, ${tx.now()},
      ${sealActivity(tx, { id, column: 'origin', under }, actor.origin)})`.execute(tx.db)
  return id
}

function askedBy({ actor }: EnqueueWriter): string | null {
  return actor.onBehalfOf ?? actor.personId
}
