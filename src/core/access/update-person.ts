// Changing a person: one's own name, or role and state of others for those who manage people.
// Must stay true: an organisation keeps at least one active owner; only owners make or unmake owners; whoever was suspended and is
// readmitted signs in anew. Their API keys rest meanwhile and act again, with what their role may then.
import { closeSessionsOf } from '../auth/close-session.ts'
import { cleanName } from '../clean-name.ts'
import { PublicError } from '../errors.ts'
import { roleChanged } from '../notifications/core-notifications.ts'
import { notify } from '../notifications/notify.ts'
import type { TenantWriter } from '../tenancy/tenant-door.ts'
import type { PersonChange } from './people.schema.ts'
import { openPersonCard, sealCard } from './person-card.ts'

/** Applies a change; `tx` is on the people store. Throws `not_found`, `forbidden`, `last_owner`. */
export async function updatePerson(tx: TenantWriter, id: string, change: PersonChange): Promise<void> {
  const { actor } = tx
  const isSelf = actor.personId === id && actor.kind === 'person'
  if (!isSelf || change.role !== undefined || change.state !== undefined) tx.require('core.people.manage')
  const owners = await tx.db
    .selectFrom('member')
    .select('person')
    .where('role', '=', 'owner')
    .where('state', '=', 'active')
    .forUpdate()
    .execute()
  const member = await tx.db
    .selectFrom('member')
    .select(['role', 'state', 'origin'])
    .where('person', '=', id)
    .executeTakeFirst()
  const person = await tx.db
    .selectFrom('person')
    .select(['card', 'origin'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!member || !person) throw new PublicError('not_found')
  const isOwner = owners.some((owner) => owner.person === id)
  const role = change.role ?? member.role
  const state = change.state ?? member.state
  const isChanged = role !== member.role || state !== member.state
  if ((member.role === 'owner' || role === 'owner') && isChanged && actor.role !== 'owner') {
    throw new PublicError('forbidden', 'Only an owner makes, unmakes or suspends owners.')
  }
  if (isOwner && owners.length === 1 && (role !== 'owner' || state !== 'active'))
    throw new PublicError('last_owner')
  let ended = 0
  const stamp = { updated_by: actor.personId ?? id, updated_at: tx.now() }
  if (isChanged) {
    const origin = tx.keys.open<{ createdIp: string }>('activity', 'member', id, 'origin', member.origin)
    await tx.db
      .updateTable('member')
      .set({
        role,
        state,
        origin: tx.keys.seal('activity', 'member', id, 'origin', { ...origin, updatedIp: actor.origin.ip }),
        ...stamp,
      })
      .where('person', '=', id)
      .execute()
    if (role !== member.role && !isSelf)
      await notify(tx, roleChanged, { to: [id], record: { kind: 'person', id }, detail: { role } })
    if (state === 'suspended') ended = await closeSessionsOf(tx, id)
    // Open pages learn of it, whatever changed.
    tx.nudge()
  }
  if (change.displayName !== undefined) {
    const card = await openPersonCard(tx, id, person.card)
    const origin = tx.keys.open<{ createdIp: string }>('people', 'person', id, 'origin', person.origin)
    const displayName = cleanName(change.displayName, 'displayName')
    await tx.db
      .updateTable('person')
      .set({
        card: await sealCard(tx, id, { ...card, displayName }),
        origin: tx.keys.seal('people', 'person', id, 'origin', { ...origin, updatedIp: actor.origin.ip }),
        ...stamp,
      })
      .where('id', '=', id)
      .execute()
  }
  tx.audit({
    action: 'core.person.updated',
    record: { kind: 'person', id },
    detail: {
      role,
      state,
      renamed: change.displayName !== undefined,
      ...(ended > 0 ? { sessions: ended } : {}),
    },
  })
}
