/** Changes what a person wrote on a snip. What was captured stays as it was captured. */
import { PublicError } from '#core/errors.ts'
import { fromApi } from '#core/ids.ts'
import type { TenantWriter } from '#core/tenancy/tenant-door.ts'
import { changedBy } from '../authorship.ts'
import { documentSeal } from '../document-key.ts'
import { cleanWriting } from './clean-writing.ts'
import type { Snip, UpdateSnip } from './snip.schema.ts'
import {
  findSnipRow,
  indexSnip,
  openEvidence,
  openSnipCard,
  type SnipCard,
  sealSnipCard,
  shownSnip,
} from './snip-record.ts'
import { addTags, cleanTags } from './snip-tags.ts'

/** Needs `knowledge.snip.update`; throws `not_found`. */
export async function updateSnip(tx: TenantWriter, id: string, change: UpdateSnip): Promise<Snip> {
  tx.require('knowledge.snip.update')
  const locked = await tx.db
    .selectFrom('snip')
    .innerJoin('document', 'document.id', 'snip.document_id')
    .select(['snip.id', 'snip.card', 'snip.origin', 'snip.evidence', 'snip.document_id', 'snip.page'])
    .where('snip.id', '=', fromApi('snp', id))
    .forUpdate('snip')
    .forKeyShare('document')
    .executeTakeFirst()
  if (!locked) throw new PublicError('not_found')
  const seal = await documentSeal(tx, locked.document_id)
  const before = openSnipCard(tx, seal, locked)
  const card: SnipCard = {
    insight: change.insight === undefined ? before.insight : cleanWriting(change.insight),
    note: change.note === undefined ? before.note : cleanWriting(change.note),
    tags: change.tags === undefined ? before.tags : cleanTags(change.tags),
  }
  const evidence = openEvidence(tx, seal, locked)
  await tx.db
    .updateTable('snip')
    .set({
      card: sealSnipCard(tx, seal, locked.id, card),
      ...changedBy(tx, { table: 'snip', id: locked.id, seal }, locked.origin),
    })
    .where('id', '=', locked.id)
    .execute()
  if (change.tags !== undefined) {
    await tx.db.deleteFrom('snip_tag').where('snip_id', '=', locked.id).execute()
    addTags(tx, locked.id, card.tags)
  }
  await tx.search.remove({ entries: [locked.id] })
  await indexSnip(tx, locked, card, evidence)
  tx.audit({
    action: 'knowledge.snip.updated',
    record: { kind: 'snip', id: locked.id },
    detail: { fields: Object.keys(change).sort().join(' ') },
  })
  return shownSnip(tx, seal, await findSnipRow(tx, id), evidence)
}
