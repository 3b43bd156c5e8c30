/** What the seal of a document and of a snip needs to know. */
import type { RecordKind, SealedRecord } from '#core/product.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import { openOrigin, type SealedRow } from './authorship.ts'
import { documentSeal } from './document-key.ts'

interface Row {
  readonly created_by: string | null
  readonly created_at: Date
  readonly updated_by: string | null
  readonly updated_at: Date
  readonly origin: Buffer
}

const COLUMNS = ['created_by', 'created_at', 'updated_by', 'updated_at', 'origin'] as const

export const knowledgeRecords: readonly RecordKind[] = [
  {
    kind: 'document',
    prefix: 'doc',
    async find(tx, id) {
      const row = await tx.db.selectFrom('document').select(COLUMNS).where('id', '=', id).executeTakeFirst()
      return (
        row && sealed(tx, { table: 'document', id, document: id, permission: 'knowledge.document.read' }, row)
      )
    },
  },
  {
    kind: 'snip',
    prefix: 'snp',
    async find(tx, id) {
      const row = await tx.db
        .selectFrom('snip')
        .select([...COLUMNS, 'document_id'])
        .where('id', '=', id)
        .executeTakeFirst()
      return (
        row &&
        sealed(tx, { table: 'snip', id, document: row.document_id, permission: 'knowledge.snip.read' }, row)
      )
    },
  },
]

async function sealed(
  tx: TenantReader,
  {
    table,
    id,
    document,
    permission,
  }: { table: SealedRow['table']; id: string; document: string; permission: string },
  row: Row,
): Promise<SealedRecord> {
  const { createdIp, updatedIp } = openOrigin(
    tx,
    { table, id, seal: await documentSeal(tx, document) },
    row.origin,
  )
  return {
    createdBy: row.created_by,
    createdAt: row.created_at,
    createdIp,
    updatedBy: row.updated_by,
    updatedAt: row.updated_at,
    updatedIp,
    keySubject: { purpose: 'document', id: document },
    storageClass: 'content',
    permission,
  }
}
