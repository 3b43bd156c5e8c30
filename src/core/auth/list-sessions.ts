// Sessions that are open: one's own, or everybody's for those who may end them.

import { readSealStates } from '../evidence/seal-state.ts'
import { fromApi, toApi } from '../ids.ts'
import { pageOf, readCursor } from '../page-cursor.ts'
import type { TenantReader } from '../tenancy/tenant-door.ts'
import type { SessionQuery } from './account.schema.ts'

/** Open sessions, newest first, of everybody or of one person. Other people's only with `core.session.manage`. */
export async function listSessions(tx: TenantReader, { cursor, limit = 50, personId }: SessionQuery) {
  tx.require('core.session.read')
  const { actor } = tx
  const all = actor.permissions.has('core.session.manage')
  const person = personId === undefined ? undefined : fromApi('per', personId)
  const before = cursor === undefined ? undefined : readCursor(cursor).id
  const found = await tx.db
    .selectFrom('session')
    .select(['id', 'person', 'created_at', 'last_seen_at', 'expires_at', 'origin'])
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', tx.now())
    .$if(!all, (query) => query.where('person', '=', actor.personId))
    .$if(person !== undefined, (query) => query.where('person', '=', person ?? null))
    .$if(before !== undefined, (query) => query.where('id', '<', before ?? ''))
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const { rows, next } = pageOf(found, { limit })
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
    next,
  }
}
