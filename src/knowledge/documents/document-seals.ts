/** What of documents rotation seals and blinds anew, beside the columns that the manifest lists. */
import { type BlindTable, blindColumn } from '#core/keys/blind-values.ts'
import { openIfWhole } from '#core/keys/is-damage.ts'
import type { SubjectBlobs } from '#core/keys/reseal-subject.ts'
import { documentSeals } from '../document-key.ts'
import { openCardUnder } from './document-record.ts'

/** The fingerprint by which the same file is found again. */
export const documentBlinds: BlindTable = blindColumn({
  store: 'activity',
  table: 'document',
  column: 'sha256',
  purpose: 'search',
  label: 'document.sha256',
  async values(tx, rows) {
    const seals = await documentSeals(
      tx,
      rows.map(({ id }) => id),
    )
    const values = new Map<string, string>()
    for (const row of rows) {
      const seal = seals.get(row.id)
      const card = seal && openIfWhole(() => openCardUnder(tx, seal, row))
      if (card) values.set(row.id, card.sha256)
    }
    return values
  },
})

/** Files and pictures of documents, the pictures of snips too. */
export const documentBlobs: SubjectBlobs = {
  table: 'document_blob',
  blob: 'id',
  subject: 'document_id',
  isStored: "state = 'stored'",
  async hold(tx, blob) {
    const row = await tx.db
      .selectFrom('document_blob')
      .innerJoin('document', 'document.id', 'document_blob.document_id')
      .select('document_blob.snip_id')
      .where('document_blob.id', '=', blob)
      .where('document_blob.state', '=', 'stored')
      .forUpdate('document_blob')
      .forKeyShare('document')
      .executeTakeFirst()
    if (!row?.snip_id) return row !== undefined
    const snip = await tx.db
      .selectFrom('snip')
      .select('id')
      .where('id', '=', row.snip_id)
      .forKeyShare()
      .executeTakeFirst()
    return snip !== undefined
  },
}
