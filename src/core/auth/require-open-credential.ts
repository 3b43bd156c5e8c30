// Asks for a credential again, where time has passed since its request began.
import type { TenantReader } from '../tenancy/tenant-door.ts'
import { CredentialRefused } from './credentials.ts'

/**
 * Throws {@link CredentialRefused} when the actor's session or key was revoked or has ended since, or the person was suspended.
 * For work whose request takes long to arrive: said in the write that keeps what came of it. The system passes.
 */
export async function requireOpenCredential({ db, actor, now }: TenantReader): Promise<void> {
  const { credentialId, personId } = actor
  if (actor.kind === 'system' || credentialId === null || personId === null) return
  const table = actor.kind === 'person' ? 'session' : 'api_key'
  const [credential, member] = await Promise.all([
    db
      .selectFrom(table)
      .select(['revoked_at', 'expires_at'])
      .where('id', '=', credentialId)
      .executeTakeFirst(),
    db.selectFrom('member').select('state').where('person', '=', personId).executeTakeFirst(),
  ])
  const isOver = credential?.expires_at != null && credential.expires_at <= now()
  const reason = !credential || credential.revoked_at ? 'revoked' : isOver ? 'expired' : null
  const refused = reason ?? (member?.state === 'active' ? null : 'suspended')
  if (refused)
    throw new CredentialRefused(refused, { tenant: actor.tenant, person: personId, id: credentialId })
}
