// The settings of an organisation.
import { cleanName } from '../clean-name.ts'
import { PublicError } from '../errors.ts'
import { toApi } from '../ids.ts'
import type { OrganisationChange } from './organisation.schema.ts'
import type { TenantReader, TenantWriter } from './tenant-door.ts'

interface Card {
  readonly name: string
  readonly domains: string[]
  readonly country: string
}

/** Reads the settings. */
export async function readOrganisation(tx: TenantReader) {
  tx.require('core.organisation.read')
  const settings = await settingsOf(tx)
  tx.audit({ action: 'core.organisation.read' })
  return settings
}

async function settingsOf(tx: TenantReader) {
  const row = await tx.db
    .selectFrom('organisation')
    .select([
      'id',
      'card',
      'session_idle_minutes',
      'session_absolute_hours',
      'password_minimum_length',
      'password_strength',
      'password_history',
      'storage',
      'created_by',
      'created_at',
      'updated_by',
      'updated_at',
    ])
    .executeTakeFirstOrThrow()
  const card = tx.keys.open<Card>('activity', 'organisation', row.id, 'card', row.card)
  return {
    id: toApi('org', row.id),
    name: card.name,
    region: tx.actor.region,
    domains: card.domains,
    sessionIdleMinutes: row.session_idle_minutes,
    sessionAbsoluteHours: row.session_absolute_hours,
    passwordMinimumLength: row.password_minimum_length,
    passwordStrength: row.password_strength,
    passwordHistory: row.password_history,
    storage: row.storage,
    createdBy: toApi('per', row.created_by),
    createdAt: row.created_at.toISOString(),
    updatedBy: toApi('per', row.updated_by),
    updatedAt: row.updated_at.toISOString(),
  }
}

/**
 * Says that the organisation is to be destroyed; nothing of it is gone yet. Answers its UUID. Needs `core.organisation.destroy`, which no
 * key has; throws `conflict` unless `name` is its name.
 */
export async function confirmEnd(tx: TenantWriter, name: string): Promise<string> {
  tx.require('core.organisation.destroy')
  const row = await tx.db.selectFrom('organisation').select(['id', 'card']).executeTakeFirstOrThrow()
  const card = tx.keys.open<Card>('activity', 'organisation', row.id, 'card', row.card)
  if (name.trim() !== card.name)
    throw new PublicError('conflict', 'That is not the name of this organisation. Nothing was destroyed.', {
      details: { field: 'name' },
    })
  tx.audit({ action: 'core.organisation.ended', record: { kind: 'organisation', id: row.id } })
  return row.id
}

/** Changes settings; storage choices are the owner's alone. Throws `forbidden`. */
export async function updateOrganisation(tx: TenantWriter, change: OrganisationChange) {
  tx.require('core.organisation.manage')
  if (change.storage && tx.actor.role !== 'owner') {
    throw new PublicError('forbidden', 'Only an owner accepts or declines storage.')
  }
  const row = await tx.db
    .selectFrom('organisation')
    .select(['id', 'card', 'origin'])
    .forUpdate()
    .executeTakeFirstOrThrow()
  const card = tx.keys.open<Card>('activity', 'organisation', row.id, 'card', row.card)
  const origin = tx.keys.open<{ createdIp: string }>('activity', 'organisation', row.id, 'origin', row.origin)
  const name = change.name === undefined ? card.name : cleanName(change.name, 'name')
  await tx.db
    .updateTable('organisation')
    .set({
      card: tx.keys.seal('activity', 'organisation', row.id, 'card', { ...card, name }),
      origin: tx.keys.seal('activity', 'organisation', row.id, 'origin', {
        ...origin,
        updatedIp: tx.actor.origin.ip,
      }),
      ...(change.sessionIdleMinutes === undefined ? {} : { session_idle_minutes: change.sessionIdleMinutes }),
      ...(change.sessionAbsoluteHours === undefined
        ? {}
        : { session_absolute_hours: change.sessionAbsoluteHours }),
      ...(change.passwordMinimumLength === undefined
        ? {}
        : { password_minimum_length: change.passwordMinimumLength }),
      ...(change.passwordStrength === undefined ? {} : { password_strength: change.passwordStrength }),
      ...(change.passwordHistory === undefined ? {} : { password_history: change.passwordHistory }),
      ...(change.storage === undefined ? {} : { storage: JSON.stringify(change.storage) }),
      ...(tx.actor.personId === null ? {} : { updated_by: tx.actor.personId }),
      updated_at: tx.now(),
    })
    .where('id', '=', row.id)
    .execute()
  tx.audit({
    action: 'core.organisation.updated',
    record: { kind: 'organisation', id: row.id },
    detail: Object.fromEntries(Object.keys(change).map((field) => [field, true])),
  })
  return settingsOf(tx)
}
