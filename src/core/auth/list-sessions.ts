// Sessions that are open: one's own, or everybody's for those who may end them.

import { readSealStates } from '../evidence/seal-state.ts'
import { toApi } from '../ids.ts'
import type { TenantReader } from '../tenancy/tenant-door.ts'

/** Open sessions, newest first; at most 200. */
export async function listSessions(tx: TenantReader) {
  tx.require('core.session.read')
  const { actor } = tx
  const all = actor.permissions.has('core.session.manage')
  const rows = await tx.db
    .selectFrom('session')
    .select(['id', 'person', 'created_at', 'last_seen_at', 'expires_at', 'origin'])
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', tx.now())
    .$if(!all, (query) => query.where('person', '=', actor.personId))
    .orderBy('id', 'desc')
    .limit(200)
    .execute()
  tx.audit({ action: 'core.session.listed', detail: { count: rows.length } })
  const seals = await readSealStates(
    tx,
    'document',
    rows.map(({ id }) => ({ id, subject: null })),
  )
  return {
    items: rows.map((row) => {
      const origin = tx.keys.open<{ ip: string; userAgent: string }>(
        'activity',
        'session',
        row.id,
        'origin',
        row.origin,
      )
      return {
        id: toApi('ses', row.id),
        personId: toApi('per', row.person),
        createdAt: row.created_at.toISOString(),
        lastSeenAt: row.last_seen_at.toISOString(),
        expiresAt: row.expires_at.toISOString(),
        ip: origin.ip,
        userAgent: origin.userAgent,
        current: row.id === actor.credentialId,
        seal: seals.get(row.id) ?? 'unknown',
      }
    }),
    next: null,
  }
}
