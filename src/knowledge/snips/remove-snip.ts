/** Removes a snip. Its picture goes in a job after the commit. */
import { PublicError } from '#core/errors.ts'
import { fromApi } from '#core/ids.ts'
import type { TenantWriter } from '#core/tenancy/tenant-door.ts'

/** Needs `knowledge.snip.remove`; throws `not_found`. */
export async function removeSnip(tx: TenantWriter, id: string): Promise<void> {
  tx.require('knowledge.snip.remove')
  const row = await tx.db
    .deleteFrom('snip')
    .where('id', '=', fromApi('snp', id))
    .returning(['id', 'kind', 'document_id', 'page'])
    .executeTakeFirst()
  if (!row) throw new PublicError('not_found')
  await tx.search.remove({ entries: [row.id] })
  if (row.kind === 'area') await tx.enqueue('knowledge.snip.erase', row.id)
  tx.audit({
    action: 'knowledge.snip.removed',
    record: { kind: 'snip', id: row.id },
    detail: { document: row.document_id, page: row.page },
  })
}
