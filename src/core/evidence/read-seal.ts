// The seal of a record, gathered from the record, its key and the log.
import type { RoleName } from '../access/permissions.ts'
import type { Ctx } from '../ctx.ts'
import { PublicError } from '../errors.ts'
import { fromApi, toApi } from '../ids.ts'
import type { TenantReader } from '../tenancy/tenant-door.ts'
import { readSealCode } from './seal-code.ts'
import { sealStateOf } from './seal-state.ts'

/** Reads a seal. Throws `not_found` for records that are not there or that the actor may not read. */
export async function readSeal(ctx: Ctx, tx: TenantReader, id: string) {
  const kind = ctx.records.find(({ prefix }) => id.startsWith(`${prefix}_`))
  if (!kind) throw new PublicError('not_found')
  const uuid = fromApi(kind.prefix, id)
  const record = await kind.find(tx, uuid)
  if (!record || !tx.actor.permissions.has(record.permission)) throw new PublicError('not_found')
  const [key, events, code] = await Promise.all([
    tx.db
      .selectFrom('key')
      .select(['id', 'version', 'created_at'])
      .where('state', '=', 'live')
      .where('purpose', '=', record.keySubject?.purpose ?? 'field')
      .where('subject', record.keySubject ? '=' : 'is', record.keySubject?.id ?? null)
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirst(),
    tx.db
      .selectFrom('audit')
      .leftJoin('audit_leaf', 'audit_leaf.event', 'audit.id')
      .select(['audit.id', 'audit_leaf.position'])
      .where('record_kind', '=', kind.kind)
      .where('record_id', '=', uuid)
      .orderBy('audit.id', 'desc')
      .limit(20)
      .execute(),
    readSealCode(tx, kind.kind, uuid),
  ])
  // The newest event may be a second old and not sealed yet; the newest sealed one is what can be proven now.
  const event = events.find(({ position }) => position !== null) ?? events[0]
  tx.audit({ action: 'core.record.read', record: { kind: kind.kind, id: uuid } })
  const isLogged = event !== undefined && event.position !== null
  return {
    record: { kind: kind.kind, id },
    state: sealStateOf({ keySince: key?.created_at ?? null, isLogged, isWhole: record.isWhole }, tx.now()),
    code,
    createdBy: record.createdBy === null ? null : toApi('per', record.createdBy),
    createdAt: record.createdAt.toISOString(),
    createdIp: record.createdIp,
    updatedBy: record.updatedBy === null ? null : toApi('per', record.updatedBy),
    updatedAt: record.updatedAt.toISOString(),
    updatedIp: record.updatedIp,
    region: tx.actor.region,
    storageClass: record.storageClass,
    key: key ? { id: key.id, version: key.version, since: key.created_at.toISOString() } : null,
    readers: rolesWith(ctx, record.permission).map((who) => ({ who, why: record.permission })),
    log: event ? { eventId: toApi('evt', event.id), position: event.position } : null,
  }
}

function rolesWith(ctx: Ctx, permission: string): RoleName[] {
  return [...ctx.rolePermissions].flatMap(([role, permissions]) =>
    permissions.has(permission) ? [role] : [],
  )
}
