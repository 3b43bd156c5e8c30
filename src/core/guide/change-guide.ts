// Putting the guide away, and opening it again; remembered for the person, so on each of their devices.
import { PublicError } from '../errors.ts'
import type { TenantWriter } from '../tenancy/tenant-door.ts'
import type { GuideChange } from './guide.schema.ts'
import { DISMISSED } from './read-guide.ts'

/** Throws `not_found` for whoever is no person: a key has no first steps, and does not put away those of its maker. */
export async function changeGuide(tx: TenantWriter, { isDismissed }: GuideChange): Promise<void> {
  const { kind, personId: person } = tx.actor
  if (kind !== 'person' || person === null) throw new PublicError('not_found')
  if (isDismissed)
    await tx.db
      .insertInto('first_step')
      .values({ person, step: DISMISSED, at: tx.now() })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  else
    await tx.db.deleteFrom('first_step').where('person', '=', person).where('step', '=', DISMISSED).execute()
  tx.audit({ action: isDismissed ? 'core.guide.dismissed' : 'core.guide.opened' })
}
