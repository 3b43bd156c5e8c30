// Ending sessions, with effect at the next request they make.
import { PublicError } from '../errors.ts'
import type { TenantWriter } from '../tenancy/tenant-door.ts'

/** Ends one's own session, or anybody's with `core.session.manage`. Throws `not_found` for one that is not there or not open. */
export async function closeSession(tx: TenantWriter, id: string): Promise<void> {
  tx.require('core.session.close')
  const { actor } = tx
  const closed = await tx.db
    .updateTable('session')
    .set({ revoked_at: tx.now(), revoked_by: actor.personId })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .$if(!actor.permissions.has('core.session.manage'), (query) => query.where('person', '=', actor.personId))
    .returning('id')
    .executeTakeFirst()
  if (!closed) throw new PublicError('not_found')
  // A page that is open under it ends with it.
  tx.nudge()
  tx.audit({ action: 'core.session.closed', record: { kind: 'session', id } })
}

/** Ends every open session of a person, or all `but` one, and answers how many; the caller has locked their member and says so in its event. */
export async function closeSessionsOf(
  tx: TenantWriter,
  person: string,
  but: string | null = null,
): Promise<number> {
  const closed = await tx.db
    .updateTable('session')
    .set({ revoked_at: tx.now(), revoked_by: tx.actor.personId })
    .where('person', '=', person)
    .where('revoked_at', 'is', null)
    .$if(but !== null, (query) => query.where('id', '!=', but))
    .returning('id')
    .execute()
  tx.nudge()
  return closed.length
}
