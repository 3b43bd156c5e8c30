// API keys: shown once, kept as a hash, ended by revoking. A key acts with the role its maker has at that moment, held to its
// scopes and to what is not for people alone, and with none once the maker is suspended.
import type { PermissionsByRole } from '../access/permissions.ts'
import { cleanName } from '../clean-name.ts'
import { PublicError } from '../errors.ts'
import { readSealStates } from '../evidence/seal-state.ts'
import { newCredential, newId, toApi } from '../ids.ts'
import type { PageQuery } from '../page.schema.ts'
import { pageOf, readCursor } from '../page-cursor.ts'
import type { TenantReader, TenantWriter } from '../tenancy/tenant-door.ts'
import type { NewApiKey } from './api-key.schema.ts'
import { eraseSecrets, makeSecret, readLiveSecrets } from './api-key-secrets.ts'
import { Credentials } from './credentials.ts'
import { readMailAddress, refuseFreeMail } from './mail-address.ts'
import { type KeyCard, signingId } from './signing/signing-key.ts'

const COLUMNS = [
  'api_key.id',
  'api_key.card',
  'api_key.scopes',
  'api_key.allows_weak',
  'api_key.longest_seconds',
  'api_key.created_by',
  'api_key.created_at',
  'api_key.last_used_at',
  'api_key.expires_at',
] as const
/** Unless its maker says otherwise, seconds. */
const LONGEST_SECONDS = 900

/** Keys that are not revoked, newest first. */
export async function listApiKeys(
  tx: TenantReader,
  roles: PermissionsByRole,
  { cursor, limit = 50 }: PageQuery,
) {
  tx.require('core.key.manage')
  const before = cursor === undefined ? undefined : readCursor(cursor).id
  const found = await tx.db
    .selectFrom('api_key')
    .innerJoin('member', 'member.person', 'api_key.person')
    .select([...COLUMNS, 'member.role'])
    .where('api_key.revoked_at', 'is', null)
    .$if(before !== undefined, (query) => query.where('api_key.id', '<', before ?? ''))
    .orderBy('api_key.id', 'desc')
    .limit(limit + 1)
    .execute()
  const { rows, next } = pageOf(found, { limit })
  tx.audit({ action: 'core.key.listed', detail: { count: rows.length } })
  const ids = rows.map(({ id }) => id)
  const [secrets, seals] = await Promise.all([
    readLiveSecrets(tx, ids),
    readSealStates(
      tx,
      'document',
      ids.map((id) => ({ id, subject: null })),
    ),
  ])
  return {
    items: rows.map((row) => ({
      ...describe(tx, row, ofRole(roles, row.role)),
      secrets: secrets.get(row.id) ?? [],
      seal: seals.get(row.id) ?? 'unknown',
    })),
    next,
  }
}

/** Makes a key for the actor; the answer is the only place that ever holds it and its signing secret. Throws `forbidden`, `invalid_request`, `free_mail_domain`. */
export async function createApiKey(tx: TenantWriter, roles: PermissionsByRole, input: NewApiKey) {
  tx.require('core.key.manage')
  const { actor } = tx
  if (actor.personId === null || actor.role === 'system') throw new PublicError('forbidden')
  const mayGive = actor.kind === 'key' ? actor.permissions : ofRole(roles, actor.role)
  const scopes = scopesOf(tx, mayGive, input)
  const { expiresAt, longestSeconds } = await lifeOf(tx, input)
  const id = newId()
  const key = newCredential(actor.tenant, 'k')
  const card: KeyCard = {
    name: cleanName(input.name, 'name'),
    prefix: key.slice(0, 20),
    domains: [...new Set((input.domains ?? []).map(readDomain))],
  }
  const row = {
    id,
    card: tx.keys.seal('activity', 'api_key', id, 'card', card),
    scopes,
    allows_weak: input.allowsWeakAlgorithms ?? false,
    longest_seconds: longestSeconds,
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
  const { secret, hmac } = await makeSecret(tx, id)
  tx.audit({
    action: 'core.key.created',
    record: { kind: 'key', id },
    detail: { scopes: scopes?.length ?? null, domains: card.domains?.length ?? 0, weak: row.allows_weak },
  })
  return { ...describe(tx, row, mayGive), secrets: [secret], key, hmac }
}

/** Ends a key and erases its secrets, with effect at its next request. Throws `not_found`. */
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
  await eraseSecrets(tx, id)
  tx.nudge()
  tx.audit({ action: 'core.key.revoked', record: { kind: 'key', id } })
}

/**
 * What a new key is held to. A key that makes keys gives no more than it has, and cannot let them speak for people: it might
 * speak for somebody above its own maker.
 */
function scopesOf({ actor }: TenantReader, mayGive: ReadonlySet<string>, input: NewApiKey): string[] | null {
  for (const permission of input.permissions ?? []) {
    if (mayGive.has(permission)) continue
    const message = actor.permissions.has(permission)
      ? 'This is for people who are signed in; no key may do it.'
      : 'A key never may more than its maker.'
    throw new PublicError('forbidden', message, { details: { permission } })
  }
  if (actor.kind !== 'key') return input.permissions ? [...new Set(input.permissions)] : null
  const wantsMore = (input.domains?.length ?? 0) > 0 || input.allowsWeakAlgorithms === true
  if (wantsMore || actor.onBehalfOf !== null)
    throw new PublicError('forbidden', 'A key makes only keys that speak for nobody and for its own maker.')
  return [...new Set(input.permissions ?? mayGive)]
}

/** How long a new key lives, and its signatures. What a key makes ends with it, or before. */
async function lifeOf(tx: TenantWriter, input: NewApiKey) {
  const { actor } = tx
  const wanted = input.expiresAt === undefined ? null : new Date(input.expiresAt)
  if (wanted && wanted <= tx.now()) throw badField('expiresAt', 'The end of the key is in the past.')
  if (actor.kind !== 'key' || actor.credentialId === null)
    return { expiresAt: wanted, longestSeconds: input.longestSeconds ?? LONGEST_SECONDS }
  const { expires_at: end, longest_seconds: longest } = await tx.db
    .selectFrom('api_key')
    .select(['expires_at', 'longest_seconds'])
    .where('id', '=', actor.credentialId)
    .executeTakeFirstOrThrow()
  const longestSeconds = input.longestSeconds ?? Math.min(longest, LONGEST_SECONDS)
  if (longestSeconds > longest || (end && wanted && wanted > end))
    throw new PublicError('forbidden', 'A key makes none that lives longer than itself.')
  return { expiresAt: wanted ?? end, longestSeconds }
}

function readDomain(text: string): string {
  try {
    const mail = readMailAddress(`somebody@${text.trim()}`)
    refuseFreeMail(mail)
    return mail.domain
  } catch (cause) {
    if (cause instanceof PublicError && cause.code === 'invalid_request')
      throw badField('domains', 'This is not a mail domain.')
    throw cause
  }
}

function badField(field: string, message: string): PublicError {
  return new PublicError('invalid_request', message, { details: { field } })
}

function ofRole(roles: PermissionsByRole, role: string): ReadonlySet<string> {
  return roles.get(role === 'owner' || role === 'administrator' ? role : 'member') ?? new Set()
}

interface KeyRow {
  readonly id: string
  readonly card: Buffer
  readonly scopes: string[] | null
  readonly allows_weak: boolean
  readonly longest_seconds: number
  readonly created_by: string
  readonly created_at: Date
  readonly last_used_at: Date | null
  readonly expires_at: Date | null
}

function describe(tx: TenantReader, row: KeyRow, permissions: ReadonlySet<string>) {
  const card = tx.keys.open<KeyCard>('activity', 'api_key', row.id, 'card', row.card)
  return {
    id: toApi('key', row.id),
    name: card.name,
    prefix: card.prefix,
    createdBy: toApi('per', row.created_by),
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    expiresAt: row.expires_at?.toISOString() ?? null,
    permissions: (row.scopes ?? [...permissions]).filter((name) => permissions.has(name)).sort(),
    isScoped: row.scopes !== null,
    signingId: signingId(tx.actor.tenant, row.id),
    domains: [...(card.domains ?? [])],
    allowsWeakAlgorithms: row.allows_weak,
    longestSeconds: row.longest_seconds,
  }
}
