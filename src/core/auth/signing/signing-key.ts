// What is known of a key that signs: who made it, what it may do, for whom it may speak, and its live secrets.
// Must stay true: only hands out secrets that are live; reads the tenant's own tables on the tenant's own login.
import { createPublicKey, createSecretKey } from 'node:crypto'
import type { RoleName } from '../../access/permissions.ts'
import { fromApi, isRoutingId, toApi } from '../../ids.ts'
import type { TenantKeys } from '../../keys/tenant-keys.ts'
import type { OpenTenant } from '../../tenancy/tenant-connections.ts'
import { acceptedStorage } from '../credentials.ts'
import type { SigningSecret } from './signature-claim.ts'

export interface LiveSecret extends SigningSecret {
  lastUsedAt: Date | null
}

export interface SigningKey {
  readonly tenant: string
  readonly region: string
  readonly id: string
  /** Who made it, and the role that person has now. */
  readonly maker: string
  readonly makerRole: RoleName
  /** Why it opens nothing, or null. */
  readonly refused: 'revoked' | 'suspended' | null
  readonly endsAt: Date | null
  /** Null: everything its maker may. */
  readonly scopes: ReadonlySet<string> | null
  readonly storage: ReadonlySet<string>
  readonly allowsWeak: boolean
  readonly longestSeconds: number
  /** Mail domains it may speak for, and those of them that are verified for the organisation. */
  readonly domains: ReadonlySet<string>
  readonly verifiedDomains: ReadonlySet<string>
  readonly secrets: readonly LiveSecret[]
  lastUsedAt: Date | null
}

/** The sealed fields of a key. */
export interface KeyCard {
  readonly name: string
  readonly prefix: string
  /** Absent on keys made before they could sign. */
  readonly domains?: readonly string[]
}

/** The public id under which a key signs. */
export function signingId(tenant: string, key: string): string {
  return `${tenant}.${toApi('key', key)}`
}

/** Tenant and key behind a public id; undefined when it has not the form of one. */
export function readSigningId(text: string): { tenant: string; key: string } | undefined {
  const tenant = text.slice(0, 13)
  if (!isRoutingId(tenant) || !/^\.key_[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(text.slice(13))) return undefined
  return { tenant, key: fromApi('key', text.slice(14)) }
}

/** Reads a key; undefined when there is none. */
export async function readSigningKey(opened: OpenTenant, id: string): Promise<SigningKey | undefined> {
  const db = opened.db('activity')
  const [row, secrets, keys] = await Promise.all([
    db
      .selectFrom('api_key')
      .innerJoin('member', 'member.person', 'api_key.person')
      .innerJoin('organisation', (join) => join.onTrue())
      .select([
        'api_key.person',
        'api_key.card',
        'api_key.scopes',
        'api_key.allows_weak',
        'api_key.longest_seconds',
        'api_key.last_used_at',
        'api_key.expires_at',
        'api_key.revoked_at',
        'member.role',
        'member.state',
        'organisation.id as organisation',
        'organisation.card as organisation_card',
        'organisation.storage',
      ])
      .where('api_key.id', '=', id)
      .executeTakeFirst(),
    db
      .selectFrom('api_key_secret')
      .select(['id', 'kind', 'secret', 'last_used_at'])
      .where('api_key', '=', id)
      .where('revoked_at', 'is', null)
      .orderBy('id', 'desc')
      .execute(),
    opened.keys(),
  ])
  if (!row) return undefined
  const card = keys.open<KeyCard>('activity', 'api_key', id, 'card', row.card)
  const organisation = keys.open<{ domains: string[] }>(
    'activity',
    'organisation',
    row.organisation,
    'card',
    row.organisation_card,
  )
  const domains = new Set(card.domains ?? [])
  return {
    tenant: opened.place.tenant,
    region: opened.place.region.name,
    id,
    maker: row.person,
    makerRole: roleOf(row.role),
    refused: row.revoked_at ? 'revoked' : row.state === 'active' ? null : 'suspended',
    endsAt: row.expires_at,
    scopes: row.scopes ? new Set(row.scopes) : null,
    storage: acceptedStorage(row.storage),
    allowsWeak: row.allows_weak,
    longestSeconds: row.longest_seconds,
    domains,
    verifiedDomains: new Set(organisation.domains.filter((domain) => domains.has(domain))),
    secrets: secrets.flatMap((secret) => liveSecret(keys, secret)),
    lastUsedAt: row.last_used_at,
  }
}

interface SecretRow {
  readonly id: string
  readonly kind: string
  readonly secret: Buffer | null
  readonly last_used_at: Date | null
}

function liveSecret(keys: TenantKeys, row: SecretRow): LiveSecret[] {
  if (!row.secret) return []
  const text = keys.open<string>('activity', 'api_key_secret', row.id, 'secret', row.secret)
  const common = { id: row.id, lastUsedAt: row.last_used_at }
  return row.kind === 'hmac'
    ? [{ ...common, kind: 'hmac', key: createSecretKey(text, 'utf8') }]
    : [{ ...common, kind: 'ed25519', key: createPublicKey(text) }]
}

function roleOf(text: string): RoleName {
  return text === 'owner' || text === 'administrator' ? text : 'member'
}
