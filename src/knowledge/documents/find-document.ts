/** One document. */
import { builtOnce } from '#core/db/built-once.ts'
import { fromApi } from '#core/ids.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import type { Document } from './document.schema.ts'
import { openCardIfWhole, selectDocuments, shownDocument } from './document-record.ts'
import { findFetch } from './fetch-record.ts'

const documentById = builtOnce((db, id: string) => selectDocuments({ db }).where('id', '=', id))

/** The document with an API id. Needs `knowledge.document.read`; throws `not_found`. */
export async function findDocument(tx: TenantReader, id: string): Promise<Document> {
  tx.require('knowledge.document.read')
  const document = fromApi('doc', id)
  const [row] = await tx.found(documentById(tx.db, document), {
    action: 'knowledge.document.read',
    record: { kind: 'document', id: document },
  })
  return row ? shownDocument(row, await openCardIfWhole(tx, row)) : findFetch(tx, document)
}
