// Keys that sign and the people they speak for, as this process knows them: read when asked for, believed for at most a second.
// Must stay true: what was revoked anywhere is refused here within a second, what was revoked in this process at once;
// an id that nobody has costs what a known one costs.
import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { PermissionsByRole, RoleName } from '../../access/permissions.ts'
import { PublicError } from '../../errors.ts'
import type { OpenTenant } from '../../tenancy/tenant-connections.ts'
import type { Clock } from '../../time.ts'
import type { SigningSecret } from './signature-claim.ts'
import { type LiveSecret, readSigningId, readSigningKey, type SigningKey } from './signing-key.ts'
import { SpentSignatures } from './spent-signatures.ts'

/** How long a look-up is trusted, milliseconds. */
const TRUST_MS = 1_000
/** How exact "last used" is kept, milliseconds. */
const USED_MS = 60_000
/** Look-ups held. */
const MOST = 50_000

/** A member as a key finds them by their address. */
export interface KnownPerson {
  readonly id: string
  readonly role: RoleName
  readonly isActive: boolean
}

interface Held<T> {
  readonly readAt: number
  readonly value: Promise<T | undefined>
}

export interface SigningKeysOptions {
  readonly tenant: (id: string) => Promise<OpenTenant>
  /** What a key may, by role. */
  readonly permissions: PermissionsByRole
  readonly now: Clock
}

/** Looks up keys and persons, and keeps what was spent. */
export class SigningKeys {
  readonly #options: SigningKeysOptions
  readonly #keys = new Map<string, Held<SigningKey>>()
  readonly #people = new Map<string, Held<KnownPerson>>()
  readonly #allowed = new WeakMap<SigningKey, Map<RoleName, ReadonlySet<string>>>()
  readonly spent = new SpentSignatures()
  readonly #decoys: Readonly<Record<SigningSecret['kind'], SigningSecret>> = {
    hmac: { id: '', kind: 'hmac', key: createSecretKey(randomBytes(32)) },
    ed25519: { id: '', kind: 'ed25519', key: generateKeyPairSync('ed25519').publicKey },
  }

  constructor(options: SigningKeysOptions) {
    this.#options = options
  }

  /** Stands in where there is no key, so that the work is the same. */
  decoy(kind: SigningSecret['kind']): SigningSecret {
    return this.#decoys[kind]
  }

  /** The key behind a public id; undefined when nobody has it. */
  async find(credential: string): Promise<SigningKey | undefined> {
    const held = this.#fresh(this.#keys, credential)
    if (held) return held
    const read = readSigningId(credential)
    if (!read) return undefined
    return this.#held(this.#keys, credential, async () => {
      const opened = await this.#options.tenant(read.tenant).catch((error: unknown) => {
        if (error instanceof PublicError && error.code === 'not_found') return undefined
        throw error
      })
      return opened ? readSigningKey(opened, read.key) : undefined
    })
  }

  /** The member of an address, in the spelling that is stored. */
  async findPerson(tenant: string, address: string): Promise<KnownPerson | undefined> {
    return this.#held(this.#people, `${tenant}\0${address}`, async () => {
      const opened = await this.#options.tenant(tenant)
      const keys = await opened.keys()
      const row = await opened
        .db('people')
        .selectFrom('person')
        .innerJoin('member', 'member.person', 'person.id')
        .select(['person.id', 'member.role', 'member.state'])
        .where('person.email_blind', 'in', keys.blinds('person.email', address))
        .executeTakeFirst()
      if (!row) return undefined
      const role = row.role === 'owner' || row.role === 'administrator' ? row.role : 'member'
      return { id: row.id, role, isActive: row.state === 'active' }
    })
  }

  /** What a key may do for somebody of a role: its scopes, within what its maker may, within what that role may. */
  permissionsOf(key: SigningKey, role: RoleName): ReadonlySet<string> {
    const byRole = this.#allowed.get(key) ?? new Map<RoleName, ReadonlySet<string>>()
    this.#allowed.set(key, byRole)
    const known = byRole.get(role)
    if (known) return known
    const { permissions } = this.#options
    const ofRole = permissions.get(role) ?? new Set()
    const ofMaker = permissions.get(key.makerRole) ?? new Set()
    const allowed = new Set(
      [...ofMaker].filter((name) => ofRole.has(name) && (key.scopes === null || key.scopes.has(name))),
    )
    byRole.set(role, allowed)
    return allowed
  }

  /** Keeps that a secret was used, to the minute. */
  async used(key: SigningKey, secret: LiveSecret, now: Date): Promise<void> {
    if (secret.lastUsedAt && now.getTime() - secret.lastUsedAt.getTime() < USED_MS) return
    secret.lastUsedAt = now
    key.lastUsedAt = now
    const db = (await this.#options.tenant(key.tenant)).db('activity')
    await Promise.all([
      db.updateTable('api_key').set({ last_used_at: now }).where('id', '=', key.id).execute(),
      db.updateTable('api_key_secret').set({ last_used_at: now }).where('id', '=', secret.id).execute(),
    ])
  }

  /** Forgets what was read, so that a change made here holds at once. */
  forget(): void {
    this.#keys.clear()
    this.#people.clear()
  }

  #held<T>(
    map: Map<string, Held<T>>,
    name: string,
    read: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const held = this.#fresh(map, name)
    if (held) return held
    const value = read()
    if (map.size >= MOST) map.clear()
    map.set(name, { readAt: this.#options.now().getTime(), value })
    value.catch(() => map.delete(name))
    return value
  }

  /** What was read within the last second. */
  #fresh<T>(map: ReadonlyMap<string, Held<T>>, name: string): Promise<T | undefined> | undefined {
    const held = map.get(name)
    if (!held) return undefined
    const age = this.#options.now().getTime() - held.readAt
    return age >= 0 && age < TRUST_MS ? held.value : undefined
  }
}
