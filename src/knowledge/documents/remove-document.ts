/**
 * Removes a document with its pages and snips. The rows go now; blobs and key go in a job after the commit.
 */
import { PublicError } from '#core/errors.ts'
import { fromApi } from '#core/ids.ts'
import type { TenantWriter } from '#core/tenancy/tenant-door.ts'

/** Needs `knowledge.document.remove`; throws `not_found`. Snips of the document go with it. */
export async function removeDocument(tx: TenantWriter, id: string): Promise<void> {
  tx.require('knowledge.document.remove')
  const uuid = fromApi('doc', id)
  const row = await tx.db
    .selectFrom('document')
    .select(['id', 'page_count'])
    .where('id', '=', uuid)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw new PublicError('not_found')
  const { snips } = await tx.db
    .selectFrom('snip')
    .select((eb) => eb.fn.countAll<number>().as('snips'))
    .where('document_id', '=', uuid)
    .executeTakeFirstOrThrow()
  // Titles, pages and snips: the document owns every entry made of it.
  await tx.search.remove({ owner: uuid })
  await tx.db.deleteFrom('document').where('id', '=', uuid).execute()
  await tx.enqueue('knowledge.document.erase', uuid)
  tx.audit({
    action: 'knowledge.document.removed',
    record: { kind: 'document', id: uuid },
    detail: { snips, pages: row.page_count },
  })
}
