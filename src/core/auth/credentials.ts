// From a session token or an API key to an actor. Only hashes are stored; what was read is trusted for at most one second.
// Must stay true: revoked, expired, idle too long, suspended: each is refused at the next request, and the refusal is logged. Where several
// processes serve, at the next request to the one that made the change, and within that second to the others: the marks that processes
// leave for each other are looked for less often than that (decision 0022).
import { hash } from 'node:crypto'
import type { PermissionsByRole, RoleName } from '../access/permissions.ts'
import { PublicError } from '../errors.ts'
import { type CredentialKind, readCredential } from '../ids.ts'
import type { Actor, Origin } from '../tenancy/actor.ts'
import type { OpenTenant } from '../tenancy/tenant-connections.ts'
import type { Clock } from '../time.ts'

/** How long a look-up is trusted, milliseconds. */
const TRUST_MS = 1_000
/** How exact "last seen" is kept, milliseconds. */
const SEEN_MS = 60_000

interface Known {
  readonly id: string
  readonly person: string
  readonly role: RoleName
  readonly storage: ReadonlySet<string>
  /** Why it does not open anything, or null. */
  readonly refused: 'revoked' | 'expired' | 'suspended' | null
  readonly endsAt: Date | null
  /** What a key is held to within its role; null for everything. */
  readonly scopes: readonly string[] | null
  readonly region: string
  lastSeenAt: Date
}

interface Held {
  readonly readAt: number
  readonly known: Promise<Known>
}

/** A credential that was not accepted. `actor` is known when the credential once was good. */
export class CredentialRefused extends PublicError {
  readonly reason: string
  readonly tenant: string | null
  readonly person: string | null
  readonly credentialId: string | null

  constructor(reason: string, known?: { tenant: string; person: string; id: string }) {
    super('unauthenticated')
    this.reason = reason
    this.tenant = known?.tenant ?? null
    this.person = known?.person ?? null
    this.credentialId = known?.id ?? null
  }
}

export interface CredentialsOptions {
  readonly tenant: (id: string) => Promise<OpenTenant>
  /** What each role may with a session, and with a key. */
  readonly permissions: Readonly<Record<'s' | 'k', PermissionsByRole>>
  readonly now: Clock
  /** Called with every {@link Credentials.forget}: what signs is forgotten with what is carried. */
  readonly forgetToo?: () => void
}

/** Checks credentials. */
export class Credentials {
  readonly #options: CredentialsOptions
  readonly #held = new Map<string, Held>()

  constructor(options: CredentialsOptions) {
    this.#options = options
  }

  /** SHA-256 of a credential: what is stored and looked up. */
  static hash(text: string): Buffer {
    return hash('sha256', text, 'buffer')
  }

  /** The actor a credential stands for. Throws {@link CredentialRefused}, or `wrong_region` when the tenant is served elsewhere. */
  async actorOf(
    text: string,
    kind: CredentialKind,
    where: { region: string; origin: Origin; requestId: string },
  ): Promise<Actor> {
    const read = readCredential(text)
    if (!read || read.kind !== kind) throw new CredentialRefused('unreadable')
    const now = this.#options.now()
    const cacheKey = hash('sha256', text, 'base64')
    let held = this.#held.get(cacheKey)
    if (!held || now.getTime() - held.readAt >= TRUST_MS || now.getTime() < held.readAt) {
      held = { readAt: now.getTime(), known: this.#look(read.tenant, kind, text) }
      // Requests that come meanwhile wait for the same look-up; what is refused is looked up again.
      held.known.catch(() => this.#held.delete(cacheKey))
      if (this.#held.size >= 50_000) this.#held.clear()
      this.#held.set(cacheKey, held)
    }
    const known = await held.known
    if (known.region !== where.region) throw new PublicError('wrong_region')
    const isOver = known.endsAt !== null && known.endsAt <= now
    if (known.refused || isOver) {
      throw new CredentialRefused(known.refused ?? 'expired', {
        tenant: read.tenant,
        person: known.person,
        id: known.id,
      })
    }
    if (now.getTime() - known.lastSeenAt.getTime() > SEEN_MS) await this.#seen(read.tenant, kind, known, now)
    return {
      tenant: read.tenant,
      region: known.region,
      kind: kind === 's' ? 'person' : 'key',
      personId: known.person,
      credentialId: known.id,
      role: known.role,
      permissions: within(this.#options.permissions[kind].get(known.role) ?? new Set(), known.scopes),
      storage: known.storage,
      origin: where.origin,
      requestId: where.requestId,
      onBehalfOf: null,
    }
  }

  /** Forgets what was read, so that a revocation made here holds at once. */
  forget(): void {
    this.#held.clear()
    this.#options.forgetToo?.()
  }

  async #look(tenant: string, kind: CredentialKind, text: string): Promise<Known> {
    try {
      const opened = await this.#options.tenant(tenant)
      const known = kind === 's' ? await readSession(opened, text) : await readApiKey(opened, text)
      if (known) return known
    } catch (error) {
      // Never there, or ended since somebody looked last.
      if (!(error instanceof PublicError && error.code === 'not_found')) throw error
    }
    throw new CredentialRefused('unknown')
  }

  async #seen(tenant: string, kind: CredentialKind, known: Known, now: Date): Promise<void> {
    known.lastSeenAt = now
    const db = (await this.#options.tenant(tenant)).db('activity')
    if (kind === 's')
      await db.updateTable('session').set({ last_seen_at: now }).where('id', '=', known.id).execute()
    else await db.updateTable('api_key').set({ last_used_at: now }).where('id', '=', known.id).execute()
  }
}

async function readSession(opened: OpenTenant, text: string): Promise<Known | undefined> {
  const row = await opened
    .db('activity')
    .selectFrom('session')
    .innerJoin('member', 'member.person', 'session.person')
    .innerJoin('organisation', (join) => join.onTrue())
    .select([
      'session.id',
      'session.person',
      'session.last_seen_at',
      'session.expires_at',
      'session.revoked_at',
      'member.role',
      'member.state',
      'organisation.session_idle_minutes',
      'organisation.storage',
    ])
    .where('session.token_hash', '=', Credentials.hash(text))
    .executeTakeFirst()
  if (!row) return undefined
  const idleEnd = new Date(row.last_seen_at.getTime() + row.session_idle_minutes * 60_000)
  return {
    id: row.id,
    person: row.person,
    role: row.role as RoleName,
    storage: acceptedStorage(row.storage),
    refused: row.revoked_at ? 'revoked' : row.state === 'active' ? null : 'suspended',
    endsAt: idleEnd < row.expires_at ? idleEnd : row.expires_at,
    scopes: null,
    region: opened.place.region.name,
    lastSeenAt: row.last_seen_at,
  }
}

async function readApiKey(opened: OpenTenant, text: string): Promise<Known | undefined> {
  const row = await opened
    .db('activity')
    .selectFrom('api_key')
    .innerJoin('member', 'member.person', 'api_key.person')
    .innerJoin('organisation', (join) => join.onTrue())
    .select([
      'api_key.id',
      'api_key.person',
      'api_key.scopes',
      'api_key.last_used_at',
      'api_key.expires_at',
      'api_key.revoked_at',
      'member.role',
      'member.state',
      'organisation.storage',
    ])
    .where('api_key.token_hash', '=', Credentials.hash(text))
    .executeTakeFirst()
  if (!row) return undefined
  return {
    id: row.id,
    person: row.person,
    role: row.role as RoleName,
    storage: acceptedStorage(row.storage),
    refused: row.revoked_at ? 'revoked' : row.state === 'active' ? null : 'suspended',
    endsAt: row.expires_at,
    scopes: row.scopes,
    region: opened.place.region.name,
    lastSeenAt: row.last_used_at ?? new Date(0),
  }
}

function within(permissions: ReadonlySet<string>, scopes: readonly string[] | null): ReadonlySet<string> {
  return scopes ? new Set(scopes.filter((name) => permissions.has(name))) : permissions
}

/** Products whose storage was accepted, from the organisation's column. */
export function acceptedStorage(storage: unknown): ReadonlySet<string> {
  if (typeof storage !== 'object' || storage === null) return new Set()
  return new Set(
    Object.entries(storage).flatMap(([product, isAccepted]) => (isAccepted === true ? [product] : [])),
  )
}
