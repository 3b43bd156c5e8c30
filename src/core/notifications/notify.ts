// Telling people what concerns them, in the transaction in which it happened.
// Must stay true: what is told is sealed and names no person, a person it is about is its record; nobody keeps more than the newest
// MOST_KEPT, none longer than KEPT_DAYS, and all of it goes with the person.
import { sql } from 'kysely'
import { newId } from '../ids.ts'
import type { TenantWriter } from '../tenancy/tenant-door.ts'
import type { NotificationDetail, NotificationKind } from './notification-kind.ts'

/** The most that is kept for one person. */
export const MOST_KEPT = 500
/** How long it is kept, and shown. */
export const KEPT_DAYS = 90

/** Since when what was told is still kept. */
export function keptSince(now: Date): Date {
  return new Date(now.getTime() - KEPT_DAYS * 86_400_000)
}

export interface Telling<Detail extends NotificationDetail> {
  /**
   * UUIDs of persons, or every active owner and administrator. Of the latter, whoever does it is not told; of persons, everybody who is
   * named is. Who is no member any more is passed over.
   */
  readonly to: 'administrators' | readonly string[]
  /** What it is about, and what it links to. */
  readonly record?: { readonly kind: string; readonly id: string }
  readonly detail: Detail
  /** Set where the same thing may be told again: each person hears of a source once. */
  readonly source?: string
}

/**
 * Tells. Works in both stores. It records no audit event of its own: the operation that tells does. Open pages hear of it after the
 * commit. Errors of the database pass through.
 */
export async function notify<Detail extends NotificationDetail>(
  tx: TenantWriter,
  kind: NotificationKind<Detail>,
  { to, record, detail, source }: Telling<Detail>,
): Promise<void> {
  const { actor } = tx
  const by = actor.onBehalfOf ?? actor.personId
  const members = tx.db.selectFrom('member').select('person').where('state', '=', 'active')
  const found = await (to === 'administrators'
    ? members.where('role', 'in', ['owner', 'administrator'])
    : members.where('person', 'in', to.length > 0 ? [...to] : [null])
  ).execute()
  const persons = found
    .map(({ person }) => person)
    .filter((person) => to !== 'administrators' || person !== by)
  if (persons.length === 0) return
  const rows = persons.map((person) => {
    const id = newId()
    const seal = (column: string, value: unknown) =>
      tx.keys.seal('activity', 'notification', id, column, value)
    return {
      id,
      person,
      kind: kind.name,
      record_kind: record?.kind ?? null,
      record: record?.id ?? null,
      source: source ?? null,
      card: seal('card', detail),
      created_at: tx.now(),
      origin: seal('origin', { by, credential: actor.credentialId, ip: actor.origin.ip }),
    }
  })
  await tx.db
    .insertInto('notification')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['person', 'source']).doNothing())
    .execute()
  await dropOld(tx, persons)
  tx.nudge()
}

/** Removes what is beyond the newest {@link MOST_KEPT} of each person, and what is older than {@link KEPT_DAYS} days. */
async function dropOld(tx: TenantWriter, persons: readonly string[]): Promise<void> {
  await sql`
    delete from notification using (
      select person, (select id from notification where notification.person = told.person order by id desc offset ${MOST_KEPT} limit 1) as edge
      from unnest(${[...persons]}::uuid[]) as told (person)) as kept
    where notification.person = kept.person and (notification.id <= kept.edge or notification.created_at < ${keptSince(tx.now())})`.execute(
    tx.db,
  )
}

/** Removes all that was ever told to a person; part of erasing them. */
export async function eraseNotifications(tx: TenantWriter, person: string): Promise<void> {
  await tx.db.deleteFrom('notification').where('person', '=', person).execute()
  tx.nudge()
}
