// Who am I, where, and what may I do: the first thing the web app asks.
import { openPersonCard } from '../access/person-card.ts'
import type { Ctx } from '../ctx.ts'
import { PublicError } from '../errors.ts'
import { toApi } from '../ids.ts'
import type { Actor } from '../tenancy/actor.ts'
import type { TenantReader } from '../tenancy/tenant-door.ts'

/** Reads person, organisation and session of the actor; `tx` is on the people store. */
export async function readMe(ctx: Ctx, tx: TenantReader) {
  const { actor } = tx
  if (actor.personId === null) throw new PublicError('not_found')
  const [person, organisation, session] = await Promise.all([
    tx.db
      .selectFrom('person')
      .select(['id', 'card'])
      .where('id', '=', actor.personId)
      .executeTakeFirstOrThrow(),
    tx.db.selectFrom('organisation').select(['id', 'card']).executeTakeFirstOrThrow(),
    tx.db
      .selectFrom('session')
      .select(['id', 'expires_at'])
      .where('id', '=', actor.credentialId)
      .executeTakeFirst(),
  ])
  tx.audit({ action: 'core.person.read', record: { kind: 'person', id: person.id } })
  const card = await openPersonCard(tx, person.id, person.card)
  const { name } = tx.keys.open<{ name: string }>(
    'activity',
    'organisation',
    organisation.id,
    'card',
    organisation.card,
  )
  return {
    person: {
      id: toApi('per', person.id),
      email: card.email,
      displayName: card.displayName,
      role: actor.role,
    },
    organisation: { id: toApi('org', organisation.id), name, region: actor.region },
    permissions: [...actor.permissions].sort(),
    keyPermissions: keyPermissionsOf(ctx, actor),
    session: session ? { id: toApi('ses', session.id), expiresAt: session.expires_at.toISOString() } : null,
    regions: ctx.regions.map(({ name: region, url }) => ({ name: region, url })),
  }
}

function keyPermissionsOf({ keyPermissions }: Ctx, { role, permissions }: Actor): string[] {
  const ofKeys = role === 'system' ? undefined : keyPermissions.get(role)
  return [...permissions].filter((name) => ofKeys?.has(name)).sort()
}
