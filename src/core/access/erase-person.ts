// Erasing a person: name, address and password go now, with everything that lets them in; the rest of what tells of them goes with the
// keys that are renewed for it (src/core/destruction). What they made for the organisation stays, by an author whom nobody can name.
// Must stay true: an organisation keeps at least one active owner; the log goes on proving what it proved.
import { eraseSecrets } from '../auth/api-key-secrets.ts'
import { closeSessionsOf } from '../auth/close-session.ts'
import { destroySubject } from '../destruction/destruction-record.ts'
import { PublicError } from '../errors.ts'
import { eraseNotifications } from '../notifications/notify.ts'
import type { TenantWriter } from '../tenancy/tenant-door.ts'

/** Needs `core.person.erase`; only owners erase owners. `tx` is on the people store. Throws `not_found`, `forbidden`, `last_owner`. */
export async function erasePerson(tx: TenantWriter, person: string): Promise<void> {
  tx.require('core.person.erase')
  const owners = await tx.db
    .selectFrom('member')
    .select('person')
    .where('role', '=', 'owner')
    .where('state', '=', 'active')
    .forUpdate()
    .execute()
  // Before their person, in the order of everybody who locks both.
  await tx.db.selectFrom('member').select('person').where('person', '=', person).forUpdate().execute()
  const gone = await tx.db.deleteFrom('person').where('id', '=', person).returning('id').executeTakeFirst()
  const member = await tx.db
    .selectFrom('member')
    .select('role')
    .where('person', '=', person)
    .executeTakeFirst()
  if (!gone || !member) throw new PublicError('not_found')
  if (member.role === 'owner' && tx.actor.role !== 'owner')
    throw new PublicError('forbidden', 'Only an owner erases owners.')
  if (owners.length === 1 && owners[0]?.person === person) throw new PublicError('last_owner')
  const at = tx.now()
  await tx.db
    .updateTable('member')
    .set({ state: 'suspended', updated_at: at, updated_by: tx.actor.personId ?? person })
    .where('person', '=', person)
    .execute()
  await closeSessionsOf(tx, person)
  await eraseNotifications(tx, person)
  // The event of it names the person by id; its own personal part is of whoever erases.
  tx.audit({ action: 'core.person.erased', record: { kind: 'person', id: person } })
  await destroySubject(tx, 'person', person)
}

/** Revokes what the person's programs used; `tx` is on the activity store. Their member is suspended already, so nothing waits for this. */
export async function revokeKeysOf(tx: TenantWriter, person: string): Promise<void> {
  const keys = await tx.db
    .updateTable('api_key')
    .set({ revoked_at: tx.now(), updated_at: tx.now() })
    .where('person', '=', person)
    .where('revoked_at', 'is', null)
    .returning('id')
    .execute()
  for (const { id } of keys) await eraseSecrets(tx, id)
  tx.audit({
    action: 'core.key.revoked',
    record: { kind: 'person', id: person },
    detail: { keys: keys.length },
  })
}
