/** Which picture shows a snip. */
import { PublicError } from '#core/errors.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import { type PictureOf, SNIP_WIDTH } from '../documents/picture-record.ts'
import { findSnipRow } from './snip-record.ts'

/** Needs `knowledge.snip.read`; throws `not_found`, for a text snip too. */
export async function findSnipPicture(tx: TenantReader, id: string): Promise<PictureOf> {
  tx.require('knowledge.snip.read')
  const row = await findSnipRow(tx, id)
  if (row.kind !== 'area') throw new PublicError('not_found')
  tx.audit({ action: 'knowledge.snip.imageRead', record: { kind: 'snip', id: row.id } })
  return { document: row.document_id, use: 'snip', page: row.page, width: SNIP_WIDTH, snip: row.id }
}
