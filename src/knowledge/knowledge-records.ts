/** What the seal of a document and of a snip needs to know. */
import { nullOfDamage, openIfWhole } from '#core/keys/is-damage.ts'
import type { SubjectSeal } from '#core/keys/subject-seal.ts'
import type { RecordKind, SealedRecord } from '#core/product.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import { openOrigin, type SealedRow } from './authorship.ts'
import { documentSeal } from './document-key.ts'
import { openCardUnder } from './documents/document-record.ts'
import { evidenceIfWhole, openSnipCard } from './snips/snip-record.ts'

interface Row {
  readonly id: string
  /** Of a snip. */
  readonly document_id?: string
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
      const row = await tx.db
        .selectFrom('document')
        .select([...COLUMNS, 'id', 'card'])
        .where('id', '=', id)
        .executeTakeFirst()
      if (!row) return undefined
      const seal = await documentSeal(tx, id).catch(nullOfDamage)
      const isWhole = seal !== null && openIfWhole(() => openCardUnder(tx, seal, row)) !== null
      return sealed(tx, { table: 'document', row, seal, isWhole, permission: 'knowledge.document.read' })
    },
  },
  {
    kind: 'snip',
    prefix: 'snp',
    async find(tx, id) {
      const row = await tx.db
        .selectFrom('snip')
        .select([...COLUMNS, 'id', 'document_id', 'card', 'evidence'])
        .where('id', '=', id)
        .executeTakeFirst()
      if (!row) return undefined
      const seal = await documentSeal(tx, row.document_id).catch(nullOfDamage)
      const isWhole =
        seal !== null &&
        openIfWhole(() => openSnipCard(tx, seal, row)) !== null &&
        evidenceIfWhole(tx, seal, row) !== null
      return sealed(tx, { table: 'snip', row, seal, isWhole, permission: 'knowledge.snip.read' })
    },
  },
]

interface Found {
  readonly table: SealedRow['table']
  readonly row: Row
  /** Null where the key of the document was damaged. */
  readonly seal: SubjectSeal | null
  /** Whether the contents open. */
  readonly isWhole: boolean
  readonly permission: string
}

function sealed(tx: TenantReader, { table, row, seal, isWhole, permission }: Found): SealedRecord {
  const origin = seal && openIfWhole(() => openOrigin(tx, { table, id: row.id, seal }, row.origin))
  return {
    createdBy: row.created_by,
    createdAt: row.created_at,
    createdIp: origin?.createdIp ?? null,
    updatedBy: row.updated_by,
    updatedAt: row.updated_at,
    updatedIp: origin?.updatedIp ?? null,
    keySubject: { purpose: 'document', id: row.document_id ?? row.id },
    storageClass: 'content',
    isWhole: isWhole && origin !== null,
    permission,
  }
}
