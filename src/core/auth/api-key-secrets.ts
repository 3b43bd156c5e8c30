// The signing secrets of a key: two may be live, so that one takes over while the other is still in use. A revoked one is erased.
// Must stay true: nobody gets a secret of a key that may do more than they may; a shared secret is shown once.
import { createPublicKey, type KeyObject, randomBytes } from 'node:crypto'
import { PublicError } from '../errors.ts'
import { newId, toApi } from '../ids.ts'
import type { TenantReader, TenantWriter } from '../tenancy/tenant-door.ts'
import type { NewApiKeySecret } from './api-key.schema.ts'
import { signingId } from './signing/signing-key.ts'

/** Live secrets of one kind. */
const MOST_LIVE = 2

interface SecretRow {
  readonly id: string
  readonly kind: string
  readonly created_by: string
  readonly created_at: Date
  readonly last_used_at: Date | null
}

/** Live secrets of keys, oldest first, by the key's id. */
export async function readLiveSecrets(tx: TenantReader, keys: readonly string[]) {
  const byKey = new Map<string, ReturnType<typeof describeSecret>[]>()
  if (keys.length === 0) return byKey
  const rows = await tx.db
    .selectFrom('api_key_secret')
    .select(['id', 'api_key', 'kind', 'created_by', 'created_at', 'last_used_at'])
    .where('api_key', 'in', keys)
    .where('revoked_at', 'is', null)
    .orderBy('id')
    .execute()
  for (const row of rows) byKey.set(row.api_key, [...(byKey.get(row.api_key) ?? []), describeSecret(row)])
  return byKey
}

/** Makes a shared secret for a key of the actor; the answer is the only place that holds its text. */
export async function makeSecret(tx: TenantWriter, key: string) {
  const text = randomBytes(32).toString('base64url')
  const secret = await insertSecret(tx, { key, kind: 'hmac', text })
  return { secret, hmac: { id: signingId(tx.actor.tenant, key), key: text } }
}

/** Adds a secret, or the public half of the caller's own. Throws `not_found`, `forbidden`, `conflict` when two are live. */
export async function addApiKeySecret(tx: TenantWriter, key: string, { publicKey }: NewApiKeySecret) {
  tx.require('core.key.manage')
  const row = await tx.db
    .selectFrom('api_key')
    .select('person')
    .where('id', '=', key)
    .where('revoked_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw new PublicError('not_found')
  demandOwnKey(tx, key, row.person)
  const kind = publicKey === undefined ? 'hmac' : 'ed25519'
  const { live } = await tx.db
    .selectFrom('api_key_secret')
    .select((select) => select.fn.countAll().as('live'))
    .where('api_key', '=', key)
    .where('kind', '=', kind)
    .where('revoked_at', 'is', null)
    .executeTakeFirstOrThrow()
  if (Number(live) >= MOST_LIVE)
    throw new PublicError('conflict', 'Two secrets are live. Revoke one of them first.')
  tx.audit({ action: 'core.key.rolledOver', record: { kind: 'key', id: key }, detail: { kind } })
  if (publicKey === undefined) return makeSecret(tx, key)
  const text = readPublicKey(publicKey).export({ format: 'pem', type: 'spki' }).toString()
  return { secret: await insertSecret(tx, { key, kind: 'ed25519', text }), hmac: null }
}

/** Erases a secret, with effect at its next use. Throws `not_found`. */
export async function revokeApiKeySecret(tx: TenantWriter, key: string, secret: string): Promise<void> {
  tx.require('core.key.manage')
  const ended = await tx.db
    .updateTable('api_key_secret')
    .set({ secret: null, revoked_at: tx.now(), revoked_by: tx.actor.personId })
    .where('id', '=', secret)
    .where('api_key', '=', key)
    .where('revoked_at', 'is', null)
    .returning('kind')
    .executeTakeFirst()
  if (!ended) throw new PublicError('not_found')
  tx.audit({
    action: 'core.key.secretRevoked',
    record: { kind: 'key', id: key },
    detail: { kind: ended.kind },
  })
}

/** Erases every secret of a key that was revoked. */
export async function eraseSecrets(tx: TenantWriter, key: string): Promise<void> {
  await tx.db
    .updateTable('api_key_secret')
    .set({ secret: null, revoked_at: tx.now(), revoked_by: tx.actor.personId })
    .where('api_key', '=', key)
    .where('revoked_at', 'is', null)
    .execute()
}

/**
 * A new secret is all that its key may do: it is for the key's maker, for an owner, and for the key itself. Not for somebody the key
 * speaks for: with the secret they could speak for everybody, and as the key itself.
 */
function demandOwnKey({ actor }: TenantReader, key: string, maker: string): void {
  const isOwn =
    actor.kind === 'key'
      ? actor.credentialId === key && actor.onBehalfOf === null
      : actor.personId === maker || actor.role === 'owner'
  if (!isOwn) throw new PublicError('forbidden', 'Only its maker or an owner gets a new secret of a key.')
}

async function insertSecret(
  tx: TenantWriter,
  { key, kind, text }: { key: string; kind: 'hmac' | 'ed25519'; text: string },
) {
  const { actor } = tx
  if (actor.personId === null) throw new PublicError('forbidden')
  const id = newId()
  const row = { id, kind, created_by: actor.personId, created_at: tx.now(), last_used_at: null }
  await tx.db
    .insertInto('api_key_secret')
    .values({
      ...row,
      api_key: key,
      secret: tx.keys.seal('activity', 'api_key_secret', id, 'secret', text),
      origin: tx.keys.seal('activity', 'api_key_secret', id, 'origin', { createdIp: actor.origin.ip }),
    })
    .execute()
  return describeSecret(row)
}

function readPublicKey(pem: string): KeyObject {
  const problem = new PublicError('invalid_request', 'This is not an Ed25519 public key in PEM.', {
    details: { field: 'publicKey' },
  })
  if (!/^\s*-----BEGIN PUBLIC KEY-----/.test(pem)) throw problem
  try {
    const key = createPublicKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch (cause) {
    throw new PublicError(problem.code, problem.message, { details: problem.details, cause })
  }
  throw problem
}

function describeSecret(row: SecretRow) {
  return {
    id: toApi('sec', row.id),
    kind: row.kind === 'ed25519' ? ('ed25519' as const) : ('hmac' as const),
    createdBy: toApi('per', row.created_by),
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
  }
}
