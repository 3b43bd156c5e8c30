// Versions of the keys of documents and persons: which are missing after a rotation began, and making them.
// Must stay true: a key that was destroyed gets no further version, whoever comes first; making them twice makes them once.
import { sql } from 'kysely'
import type { SubjectPurpose } from '#protocol/keeper/keeper.schema.ts'
import { PublicError } from '../errors.ts'
import type { TenantReader, TenantWriter } from '../tenancy/tenant-door.ts'
import type { KeyRow } from './tenant-keys.ts'
import { KNOWN_AFTER, madeAt } from './version-in-use.ts'

/** Keys made at once: a transaction stays far below the five seconds a tenant's may take. */
const BATCH = 100

/** A subject whose newest key is older than the rotation. */
export interface DueSubject {
  readonly purpose: SubjectPurpose
  readonly subject: string
  readonly version: number
}

/** The next subjects without a key made since the newest key of the tenant's fields, behind the one given. */
export async function findDueSubjects(
  tx: TenantReader,
  after: Pick<DueSubject, 'purpose' | 'subject'> | null,
): Promise<DueSubject[]> {
  const { rows } = await sql<DueSubject>`
    with began as (select id from key where purpose = 'field' and subject is null order by version desc limit 1)
    select purpose, subject::text as subject, max(version) as version from key
    where subject is not null and ${after === null ? sql`true` : sql`(purpose, subject) > (${after.purpose}, ${after.subject}::uuid)`}
    group by purpose, subject
    having bool_or(state = 'live') and not bool_or(id > (select id from began))
    order by purpose, subject limit ${BATCH}`.execute(tx.db)
  return rows
}

/** Wrapped keys of the next version for the subjects. Nothing is stored yet. */
export async function makeNextVersions(tx: TenantReader, due: readonly DueSubject[]): Promise<KeyRow[]> {
  const rows: KeyRow[] = []
  for (const { purpose, subject, version } of due)
    rows.push(await tx.keys.newSubjectVersion(purpose, subject, version + 1))
  return rows
}

/** Stores what was made for subjects that are not destroyed by now. Answers how many. */
export async function addVersions(tx: TenantWriter, made: readonly KeyRow[]): Promise<number> {
  const subjects = made.flatMap(({ subject }) => (subject === null ? [] : [subject]))
  if (subjects.length === 0) return 0
  const live = await tx.db
    .selectFrom('key')
    .select(['purpose', 'subject'])
    .where('subject', 'in', subjects)
    .where('state', '=', 'live')
    .orderBy('id')
    .forUpdate()
    .execute()
  const wanted = made.filter((row) =>
    live.some(({ purpose, subject }) => purpose === row.purpose && subject === row.subject),
  )
  if (wanted.length === 0) return 0
  const added = await tx.db
    .insertInto('key')
    .values(wanted)
    .onConflict((conflict) => conflict.columns(['purpose', 'subject', 'version']).doNothing())
    .executeTakeFirst()
  return Number(added.numInsertedOrUpdatedRows ?? 0n)
}

/** Destroys every version of a subject's key, also one that a rotation is just adding. Answers the ids of those that were not destroyed yet. */
export async function destroySubjectKey(
  tx: TenantWriter,
  purpose: SubjectPurpose,
  subject: string,
): Promise<string[]> {
  // Waits for whoever adds a version; the update behind it sees what was added.
  await tx.db
    .selectFrom('key')
    .select('id')
    .where('purpose', '=', purpose)
    .where('subject', '=', subject)
    .orderBy('id')
    .forUpdate()
    .execute()
  const destroyed = await tx.db
    .updateTable('key')
    .set({ state: 'destroyed', wrapped: null, destroyed_at: tx.now() })
    .where('purpose', '=', purpose)
    .where('subject', '=', subject)
    .where('state', '!=', 'destroyed')
    .returning('id')
    .execute()
  tx.keys.forgetSubject(purpose, subject)
  return destroyed.map(({ id }) => id)
}

/** Whether every process seals with the newest version of every subject's key by now. */
export async function areSubjectsInUse(tx: TenantReader): Promise<boolean> {
  const newest = await tx.db
    .selectFrom('key')
    .select('id')
    .where('subject', 'is not', null)
    .where('version', '>', 1)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return newest === undefined || madeAt(newest.id) + KNOWN_AFTER <= tx.now().getTime()
}

/** The next documents (and other things a document key seals) with an older version that is still live, behind the one given. */
export async function findUnresealed(tx: TenantReader, after: string): Promise<string[]> {
  const { rows } = await sql<{ subject: string }>`
    select subject::text as subject from key
    where purpose = 'document' and state = 'live' and subject::text > ${after}
    group by subject having count(*) > 1 order by subject::text limit ${BATCH}`.execute(tx.db)
  return rows.map(({ subject }) => subject)
}

/** Lets the older versions of one subject rest. Throws `gone` when its key was destroyed meanwhile. */
export async function retireSubject(tx: TenantWriter, subject: string): Promise<void> {
  const { current } = await tx.keys.subject('document', subject)
  const rows = await tx.db
    .updateTable('key')
    .set({ state: 'retired' })
    .where('purpose', '=', 'document')
    .where('subject', '=', subject)
    .where('state', '=', 'live')
    .where('version', '<', current.version)
    .returning('id')
    .execute()
  if (rows.length === 0) throw new PublicError('gone')
}

/**
 * Lets the older versions of the keys of persons rest: new events are sealed under the newest, older ones stay in the log as they are.
 * Answers how many persons.
 */
export async function retirePersons(tx: TenantWriter): Promise<number> {
  const { rows } = await sql<{ subject: string }>`
    update key as old set state = 'retired'
    where purpose = 'person' and state = 'live' and exists (
      select 1 from key as newer where newer.purpose = 'person' and newer.subject = old.subject
        and newer.state = 'live' and newer.version > old.version)
    returning subject`.execute(tx.db)
  return new Set(rows.map(({ subject }) => subject)).size
}
