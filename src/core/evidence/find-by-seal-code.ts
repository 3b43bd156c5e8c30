// Finds the record whose seal code somebody typed from paper.
import type { Ctx } from '../ctx.ts'
import { toApi } from '../ids.ts'
import type { TenantReader } from '../tenancy/tenant-door.ts'
import { findSealed, readSealCode, tidySealCode } from './seal-code.ts'

/**
 * The record a seal code names, by its API id; null for what is no code, for records that are gone and for those the actor may
 * not read: the three are not told apart. No error, because any word of ten letters may be a code.
 */
export async function findBySealCode(ctx: Ctx, tx: TenantReader, typed: string) {
  const code = tidySealCode(typed)
  for (const { kind: name, id } of code === undefined ? [] : await findSealed(tx, code)) {
    const kind = ctx.records.find((one) => one.kind === name)
    const record = await kind?.find(tx, id)
    if (!kind || !record || !tx.actor.permissions.has(record.permission)) continue
    // Only the first event of a record makes its code; the hash of a later one is nobody's.
    if ((await readSealCode(tx, name, id)) !== code) continue
    tx.audit({ action: 'core.record.sought', record: { kind: name, id } })
    return { record: { kind: name, id: toApi(kind.prefix, id) } }
  }
  tx.audit({ action: 'core.record.sought' })
  return { record: null }
}
