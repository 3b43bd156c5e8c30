// Opening a session: the token leaves once, its hash stays.
import type { RoleName } from '../access/permissions.ts'
import type { Ctx } from '../ctx.ts'
import { newCredential, newId } from '../ids.ts'
import type { Actor, Origin } from '../tenancy/actor.ts'
import { Credentials } from './credentials.ts'

export interface OpenedSession {
  readonly token: string
  readonly expiresAt: Date
}

export interface SessionStart {
  readonly tenant: string
  readonly region: string
  readonly person: string
  readonly role: RoleName
  readonly origin: Origin
  readonly requestId: string
}

/** Opens a session for a person who has just proved who they are. It ends at the tenant's absolute time-out at the latest. */
export async function startSession(ctx: Ctx, start: SessionStart): Promise<OpenedSession> {
  const id = newId()
  const token = newCredential(start.tenant, 's')
  const actor: Actor = {
    tenant: start.tenant,
    region: start.region,
    kind: 'person',
    personId: start.person,
    credentialId: id,
    role: start.role,
    permissions: ctx.rolePermissions.get(start.role) ?? new Set(),
    storage: new Set(),
    origin: start.origin,
    requestId: start.requestId,
    onBehalfOf: null,
  }
  return ctx.write(actor, async (tx) => {
    const { session_absolute_hours: hours } = await tx.db
      .selectFrom('organisation')
      .select('session_absolute_hours')
      .executeTakeFirstOrThrow()
    const now = tx.now()
    const expiresAt = new Date(now.getTime() + hours * 3_600_000)
    await tx.db
      .insertInto('session')
      .values({
        id,
        token_hash: Credentials.hash(token),
        person: start.person,
        created_at: now,
        last_seen_at: now,
        expires_at: expiresAt,
        origin: tx.keys.seal('activity', 'session', id, 'origin', start.origin),
      })
      .execute()
    tx.audit({ action: 'core.session.opened', record: { kind: 'session', id } })
    return { token, expiresAt }
  })
}
