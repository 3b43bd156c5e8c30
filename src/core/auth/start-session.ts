// Opening a session: the token leaves once, its hash stays.
// Must stay true: a person has at most so many open sessions; who opens one more ends the one that was used longest ago. Nobody who was
// suspended, or whose password was replaced, since they proved who they are has one.
import { sql } from 'kysely'
import type { RoleName } from '../access/permissions.ts'
import type { Ctx } from '../ctx.ts'
import { PublicError } from '../errors.ts'
import { newCredential, newId } from '../ids.ts'
import type { Actor, Origin } from '../tenancy/actor.ts'
import type { TenantWriter } from '../tenancy/tenant-door.ts'
import { Credentials } from './credentials.ts'
import { tellNewDevice } from './tell-new-device.ts'

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
  /** The hash (PHC string) of the password that proved who it is; null where something else did. */
  readonly password: string | null
}

/** Open sessions of one person. */
export const MOST_SESSIONS = 100

/**
 * Opens a session for a person who has just proved who they are. It ends at the tenant's absolute time-out at the latest. Throws
 * `wrong_credentials` for somebody who was suspended, or whose password was replaced, meanwhile.
 */
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
  const open = async (tx: TenantWriter) => {
    const { session_absolute_hours: hours } = await tx.db
      .selectFrom('organisation')
      .select('session_absolute_hours')
      .executeTakeFirstOrThrow()
    const now = tx.now()
    // One sign-in of a person at a time, or two would each leave room for one; and none while they are being suspended.
    const member = await tx.db
      .selectFrom('member')
      .select('state')
      .where('person', '=', start.person)
      .forUpdate()
      .executeTakeFirst()
    if (member?.state !== 'active') throw new PublicError('wrong_credentials')
    if (start.password !== null) await requirePassword(tx, start.person, start.password)
    const ended = await endBeyond(tx, start.person, MOST_SESSIONS - 1)
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
    await tellNewDevice(tx, { id, ...start })
    tx.audit({ action: 'core.session.opened', record: { kind: 'session', id } })
    return { token, expiresAt, ended }
  }
  const { ended, ...opened } = await ctx.write(actor, open, 'people')
  if (ended > 0) ctx.credentials.forget()
  return opened
}

/** Whoever replaces a password locks the member first, so this sees the one that counts when the session begins. */
async function requirePassword(tx: TenantWriter, person: string, proved: string): Promise<void> {
  const row = await tx.db.selectFrom('person').select('password').where('id', '=', person).executeTakeFirst()
  if (!row || tx.keys.open<string | null>('people', 'person', person, 'password', row.password) !== proved)
    throw new PublicError('wrong_credentials')
}

/** Ends the sessions of a person, whose member is locked, that were used longest ago, so that `kept` stay open; answers how many it ended. */
async function endBeyond(tx: TenantWriter, person: string, kept: number): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    update session set revoked_at = ${tx.now()}, revoked_by = ${person}::uuid where id in (
      select id from session where person = ${person}::uuid and revoked_at is null and expires_at > ${tx.now()}
      order by last_seen_at desc, id desc offset ${kept}
    ) returning id`.execute(tx.db)
  if (rows.length > 0) tx.nudge()
  for (const { id } of rows)
    tx.audit({
      action: 'core.session.closed',
      record: { kind: 'session', id },
      detail: { reason: 'too_many' },
    })
  return rows.length
}
