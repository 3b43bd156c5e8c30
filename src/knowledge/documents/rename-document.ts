/** Gives a document another title. Its file keeps its name. */
import { PublicError } from '#core/errors.ts'
import { fromApi } from '#core/ids.ts'
import { openIfWhole } from '#core/keys/is-damage.ts'
import type { TenantWriter } from '#core/tenancy/tenant-door.ts'
import { changedBy } from '../authorship.ts'
import { documentSeal } from '../document-key.ts'
import { cleanTitle } from './clean-file-name.ts'
import type { Document, RenameDocument } from './document.schema.ts'
import { findDocumentRow, openCardUnder, sealCard, shownDocument } from './document-record.ts'
import { indexTitle } from './index-title.ts'

/** Needs `knowledge.document.update`; throws `not_found`, `invalid_request` when nothing of the title can be shown, `seals_damaged`. */
export async function renameDocument(
  tx: TenantWriter,
  id: string,
  change: RenameDocument,
): Promise<Document> {
  tx.require('knowledge.document.update')
  const title = cleanTitle(change.title)
  if (title === '') throw new PublicError('invalid_request', 'A title needs at least one visible character.')
  const uuid = fromApi('doc', id)
  const row = await tx.db
    .selectFrom('document')
    .select(['id', 'card', 'origin'])
    .where('id', '=', uuid)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw new PublicError('not_found')
  const seal = await documentSeal(tx, uuid)
  const known = openIfWhole(() => openCardUnder(tx, seal, row))
  if (!known) throw new PublicError('seals_damaged', 'What is known of this document does not open any more.')
  const card = { ...known, title }
  await tx.db
    .updateTable('document')
    .set({
      card: sealCard(tx, seal, uuid, card),
      ...changedBy(tx, { table: 'document', id: uuid, seal }, row.origin),
    })
    .where('id', '=', uuid)
    .execute()
  await indexTitle(tx, uuid, card)
  tx.audit({ action: 'knowledge.document.renamed', record: { kind: 'document', id: uuid } })
  return shownDocument(await findDocumentRow(tx, id), card)
}
