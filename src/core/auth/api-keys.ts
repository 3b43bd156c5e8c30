// API keys: shown once, kept as a hash, ended by revoking. A key acts with the role its maker has at that
// moment, and with none once the maker is suspended.
import { cleanName } from '../clean-name.ts'
import { PublicError } from '../errors.ts'
import { readSealStates } from '../evidence/seal-state.ts'
import { newCredential, newId, toApi } from '../ids.ts'
import type { TenantReader, TenantWriter } from '../tenancy/tenant-door.ts'
import type { NewApiKey } from './api-key.schema.ts'
import { Credentials } from './credentials.ts'

const COLUMNS = ['id', 'card', 'created_by', 'created_at', 'last_used_at', 'expires_at'] as const

/** Keys that are not revoked, newest first. */
export async function listApiKeys(tx: TenantReader) {
  tx.require('core.key.manage')
  const rows = await tx.db
    .selectFrom('api_key')
    .select(COLUMNS)
    .where('revoked_at', 'is', null)
    .orderBy('id', 'desc')
    .limit(1_000)
    .execute()
  tx.audit({ action: 'core.key.listed', detail: { count: rows.length } })
  const seals = await readSealStates(
    tx,
    'document',
    rows.map(({ id }) => ({ id, subject: null })),
  )
  return {
    items: rows.map((row) => ({ ...describe(tx, row), seal: seals.get(row.id) ?? 'unknown' })),
    next: null,
  }
}

/** Makes a key for the actor; the answer is the only place that ever holds it. */
export async function createApiKey(tx: TenantWriter, input: NewApiKey) {
  tx.require('core.key.manage')
  const { actor } = tx
  if (actor.personId === null || actor.role === 'system') throw new PublicError('forbidden')
  const expiresAt = input.expiresAt === undefined ? null : new Date(input.expiresAt)
  if (expiresAt && expiresAt <= tx.now()) {
    throw new PublicError('invalid_request', 'The end of the key is in the past.', {
      details: { field: 'expiresAt' },
    })
  }
  const id = newId()
  const key = newCredential(actor.tenant, 'k')
  const row = {
    id,
    card: tx.keys.seal('activity', 'api_key', id, 'card', {
      name: cleanName(input.name, 'name'),
      prefix: key.slice(0, 20),
    }),
    created_by: actor.personId,
    created_at: tx.now(),
    last_used_at: null,
    expires_at: expiresAt,
  }
  await tx.db
    .insertInto('api_key')
    .values({
      ...row,
      token_hash: Credentials.hash(key),
      person: actor.personId,
      updated_by: actor.personId,
      updated_at: tx.now(),
      origin: tx.keys.seal('activity', 'api_key', id, 'origin', {
        createdIp: actor.origin.ip,
        updatedIp: actor.origin.ip,
      }),
    })
    .execute()
  tx.audit({ action: 'core.key.created', record: { kind: 'key', id } })
  return { ...describe(tx, row), key }
}

/** Ends a key, with effect at its next request. Throws `not_found`. */
export async function revokeApiKey(tx: TenantWriter, id: string): Promise<void> {
  tx.require('core.key.manage')
  const ended = await tx.db
    .updateTable('api_key')
    .set({
      revoked_at: tx.now(),
      updated_at: tx.now(),
      ...(tx.actor.personId === null ? {} : { updated_by: tx.actor.personId }),
    })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  if (!ended) throw new PublicError('not_found')
  tx.audit({ action: 'core.key.revoked', record: { kind: 'key', id } })
}

interface KeyRow {
  readonly id: string
  readonly card: Buffer
  readonly created_by: string
  readonly created_at: Date
  readonly last_used_at: Date | null
  readonly expires_at: Date | null
}

function describe(tx: TenantReader, row: KeyRow) {
  const card = tx.keys.open<{ name: string; prefix: string }>('activity', 'api_key', row.id, 'card', row.card)
  return {
    id: toApi('key', row.id),
    name: card.name,
    prefix: card.prefix,
    createdBy: toApi('per', row.created_by),
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    expiresAt: row.expires_at?.toISOString() ?? null,
    permissions: [...tx.actor.permissions].sort(),
  }
}
