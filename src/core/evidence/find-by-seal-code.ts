// Finds the record whose seal code somebody typed from paper.
import type { Ctx } from '../ctx.ts'
import { PublicError } from '../errors.ts'
import { toApi } from '../ids.ts'
import type { TenantReader } from '../tenancy/tenant-door.ts'
import { findSealed, readSealCode, tidySealCode } from './seal-code.ts'

/**
 * The record a seal code names, by its API id. Throws `not_found` for what is no code, for records that are gone and for those
 * the actor may not read: the three are not told apart.
 */
export async function findBySealCode(ctx: Ctx, tx: TenantReader, typed: string) {
  const code = tidySealCode(typed)
  if (code === undefined) throw new PublicError('not_found')
  for (const { kind: name, id } of await findSealed(tx, code)) {
    const kind = ctx.records.find((one) => one.kind === name)
    const record = await kind?.find(tx, id)
    if (!kind || !record || !tx.actor.permissions.has(record.permission)) continue
    // Only the first event of a record makes its code; the hash of a later one is nobody's.
    if ((await readSealCode(tx, name, id)) !== code) continue
    tx.audit({ action: 'core.record.found', record: { kind: name, id } })
    return { code, record: { kind: name, id: toApi(kind.prefix, id) } }
  }
  throw new PublicError('not_found')
}
