// The people of an organisation, and one of them.
import { PublicError } from '../errors.ts'
import { readSealStates } from '../evidence/seal-state.ts'
import { toApi } from '../ids.ts'
import type { PageQuery } from '../page.schema.ts'
import { pageOf, readCursor } from '../page-cursor.ts'
import type { TenantReader } from '../tenancy/tenant-door.ts'
import { openPersonCard } from './person-card.ts'

/** Everybody in the order of joining, a page at a time; names are sealed, so whoever shows them sorts them. `tx` is on the people store. */
export async function listPeople(tx: TenantReader, { cursor, limit = 50 }: PageQuery) {
  tx.require('core.people.read')
  const after = cursor === undefined ? undefined : readCursor(cursor).id
  const found = await people(tx)
    .$if(after !== undefined, (query) => query.where('person.id', '>', after ?? ''))
    .orderBy('person.id')
    .limit(limit + 1)
    .execute()
  const { rows, next } = pageOf(found, { limit })
  tx.audit({ action: 'core.people.listed', detail: { count: rows.length } })
  const seals = await readSealStates(
    tx,
    'person',
    rows.map(({ id }) => ({ id, subject: id })),
  )
  const items = await Promise.all(
    rows.map(async (row) => ({ ...(await describe(tx, row)), seal: seals.get(row.id) ?? 'unknown' })),
  )
  return { items, next }
}

/** One person. Throws `not_found`. */
export async function findPerson(tx: TenantReader, id: string) {
  const row = await people(tx).where('person.id', '=', id).executeTakeFirst()
  if (!row) throw new PublicError('not_found')
  return describe(tx, row)
}

function people(tx: TenantReader) {
  return tx.db
    .selectFrom('person')
    .innerJoin('member', 'member.person', 'person.id')
    .select((select) => [
      'person.id',
      'person.card',
      'member.role',
      'member.state',
      'person.created_at',
      'person.updated_at',
      select
        .selectFrom('session')
        .select((seen) => seen.fn.max('session.last_seen_at').as('seen'))
        .whereRef('session.person', '=', 'person.id')
        .as('seen'),
    ])
}

interface PersonRow {
  readonly id: string
  readonly card: Buffer
  readonly role: string
  readonly state: string
  readonly created_at: Date
  readonly updated_at: Date
  readonly seen: Date | null
}

async function describe(tx: TenantReader, row: PersonRow) {
  const card = await openPersonCard(tx, row.id, row.card)
  return {
    id: toApi('per', row.id),
    email: card.email,
    displayName: card.displayName,
    role: row.role,
    state: row.state,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    lastSeenAt: row.seen?.toISOString() ?? null,
  }
}
