/** One snip. */
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import { documentSeal } from '../document-key.ts'
import type { Snip } from './snip.schema.ts'
import { evidenceIfWhole, findSnipRow, shownSnip } from './snip-record.ts'

/** The snip with an API id. Needs `knowledge.snip.read`; throws `not_found`. */
export async function findSnip(tx: TenantReader, id: string): Promise<Snip> {
  tx.require('knowledge.snip.read')
  const row = await findSnipRow(tx, id)
  const seal = await documentSeal(tx, row.document_id)
  const evidence = evidenceIfWhole(tx, seal, row)
  tx.audit({ action: 'knowledge.snip.read', record: { kind: 'snip', id: row.id } })
  return shownSnip(tx, seal, row, evidence)
}
