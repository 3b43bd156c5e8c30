/** One snip as a W3C annotation. */
import { readSealCode } from '#core/evidence/seal-code.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import { documentSeal } from '../document-key.ts'
import { type Annotation, annotationOf } from './annotation.ts'
import { findSnipRow, openEvidence, shownSnip } from './snip-record.ts'

/** @param url origin of the region. Needs `knowledge.snip.read`; throws `not_found`. */
export async function findSnipAnnotation(tx: TenantReader, id: string, url: string): Promise<Annotation> {
  tx.require('knowledge.snip.read')
  const row = await findSnipRow(tx, id)
  const seal = await documentSeal(tx, row.document_id)
  const evidence = openEvidence(tx, seal, row)
  const page = await tx.db
    .selectFrom('document_page')
    .select(['width', 'height'])
    .where('document_id', '=', row.document_id)
    .where('page', '=', row.page)
    .executeTakeFirstOrThrow()
  tx.audit({
    action: 'knowledge.snip.read',
    record: { kind: 'snip', id: row.id },
    detail: { as: 'annotation' },
  })
  return annotationOf(shownSnip(tx, seal, row, evidence), {
    url,
    codePoints: evidence.codePoints,
    continues: evidence.continues ?? [],
    sealCode: await readSealCode(tx, 'snip', row.id),
    page,
  })
}
