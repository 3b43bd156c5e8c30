/**
 * Makes a document of a file whose bytes are stored already.
 * Must stay true: document, key, blob, job and audit event commit together; one file is one document of a tenant,
 * also when it arrives twice at once.
 */
import { PublicError } from '#core/errors.ts'
import { addKey } from '#core/keys/add-key.ts'
import { isBlindChanging, lockBlinds } from '#core/keys/blind-values.ts'
import type { SubjectSeal } from '#core/keys/subject-seal.ts'
import type { KeyRow } from '#core/keys/tenant-keys.ts'
import type { TenantWriter } from '#core/tenancy/tenant-door.ts'
import { madeBy } from '../authorship.ts'
import type { Document } from './document.schema.ts'
import {
  type DocumentCard,
  openCardIfWhole,
  sealCard,
  selectDocuments,
  shownDocument,
} from './document-record.ts'
import { indexTitle } from './index-title.ts'

/** A file on its blob store. */
export interface ReceivedFile {
  readonly document: string
  readonly blob: string
  /** The key it is sealed under; null when that was stored already. */
  readonly key: KeyRow | null
  /** What seals under that key, which may not be in the tables yet. */
  readonly seal: SubjectSeal
  readonly size: number
  /** Hex. */
  readonly sha256: string
  readonly fileName: string
  readonly title: string
  /** The address it was fetched from. */
  readonly source?: string
}

export interface AddedDocument {
  readonly document: Document
  /** The same bytes were there before: `document` is the older one, and the received blob is nobody's. */
  readonly isDuplicate: boolean
}

/** Adds the document and queues its reading. Needs `knowledge.document.create`. */
export async function addDocument(tx: TenantWriter, file: ReceivedFile): Promise<AddedDocument> {
  tx.require('knowledge.document.create')
  const fingerprints = tx.keys.blinds('document.sha256', file.sha256, 'search')
  await lockBlinds(tx, 'search')
  // Under one version the constraint alone says whether the file is there.
  const known = isBlindChanging(tx, 'search') ? await sameRow(tx, fingerprints) : undefined
  if (known) return { document: await foundSame(tx, known), isDuplicate: true }
  const card: DocumentCard = {
    title: file.title,
    fileName: file.fileName,
    sha256: file.sha256,
    ...(file.source === undefined ? {} : { source: file.source }),
  }
  const inserted = await tx.db
    .insertInto('document')
    .values({
      id: file.document,
      state: 'received',
      content_type: 'application/pdf',
      size: file.size,
      sha256: fingerprints[0],
      card: sealCard(tx, file.seal, file.document, card),
      ...madeBy(tx, { table: 'document', id: file.document, seal: file.seal }),
    })
    .onConflict((conflict) => conflict.column('sha256').doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!inserted) {
    const row = await sameRow(tx, fingerprints)
    // Removed in this very moment: the caller may send the file again.
    if (!row) throw new PublicError('conflict')
    return { document: await foundSame(tx, row), isDuplicate: true }
  }
  if (file.key) await addKey(tx, file.key)
  await tx.db
    .updateTable('document_blob')
    .set({ state: 'stored', size: file.size })
    .where('id', '=', file.blob)
    .where('document_id', '=', file.document)
    .executeTakeFirstOrThrow()
  const activity = await tx.enqueue('knowledge.document.read', file.document, {
    urgency: 'soon',
    activity: {
      kind: 'knowledge.document.reading',
      recordKind: 'document',
      title: file.title,
      unit: 'pages',
      under: { subject: file.document, seal: file.seal },
    },
  })
  await tx.db.updateTable('document').set({ activity_id: activity }).where('id', '=', file.document).execute()
  await indexTitle(tx, file.document, card)
  tx.audit({
    action: 'knowledge.document.added',
    record: { kind: 'document', id: file.document },
    detail: { size: file.size, isDuplicate: false },
  })
  const row = await selectDocuments(tx).where('id', '=', file.document).executeTakeFirstOrThrow()
  return { document: shownDocument(row, card), isDuplicate: false }
}

function sameRow(tx: TenantWriter, fingerprints: Buffer[]) {
  return selectDocuments(tx).where('sha256', 'in', fingerprints).executeTakeFirst()
}

async function foundSame(
  tx: TenantWriter,
  row: NonNullable<Awaited<ReturnType<typeof sameRow>>>,
): Promise<Document> {
  tx.audit({
    action: 'knowledge.document.added',
    record: { kind: 'document', id: row.id },
    detail: { isDuplicate: true },
  })
  return shownDocument(row, await openCardIfWhole(tx, row))
}
