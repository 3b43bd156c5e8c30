/** A row of `document` as the API shows it, and the one way rows are read. */
import { sql } from 'kysely'
import { PublicError } from '#core/errors.ts'
import { fromApi, toApi } from '#core/ids.ts'
import { nullOfDamage, openIfWhole } from '#core/keys/is-damage.ts'
import type { SubjectSeal } from '#core/keys/subject-seal.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import { shownAuthorship } from '../authorship.ts'
import { documentSeal, documentSeals, openSealed, placeOf } from '../document-key.ts'
import { type Document, DocumentReason, DocumentState } from './document.schema.ts'

/** The sealed column `card`, under the key of the document. */
export interface DocumentCard {
  title: string
  fileName: string
  sha256: string
  /** The address it was fetched from; absent on what somebody sent. */
  source?: string
}

const COLUMNS = [
  'id',
  'state',
  'reason',
  'content_type',
  'size',
  'page_count',
  'card',
  'activity_id',
  'created_by',
  'created_key',
  'created_at',
  'updated_by',
  'updated_key',
  'updated_at',
] as const

/** All documents with the number of their snips; narrow it as needed. */
export function selectDocuments(tx: Pick<TenantReader, 'db'>) {
  return tx.db
    .selectFrom('document')
    .select(COLUMNS)
    .select(sql<number>`(select count(*) from snip where snip.document_id = document.id)`.as('snip_count'))
}

export type DocumentRow = Awaited<ReturnType<ReturnType<typeof selectDocuments>['executeTakeFirstOrThrow']>>

/** The row behind an API id. Throws `not_found`. */
export async function findDocumentRow(tx: TenantReader, id: string): Promise<DocumentRow> {
  const row = await selectDocuments(tx).where('id', '=', fromApi('doc', id)).executeTakeFirst()
  if (!row) throw new PublicError('not_found')
  return row
}

interface CardRow {
  readonly id: string
  readonly card: Buffer
}

/** Title, file name and hash of a document. Throws `gone` when it was destroyed. */
export async function openCard(tx: TenantReader, row: CardRow): Promise<DocumentCard> {
  return openCardUnder(tx, await documentSeal(tx, row.id), row)
}

/** The same; null when the card, or the key of the document, was damaged and opens for nobody. */
export async function openCardIfWhole(tx: TenantReader, row: CardRow): Promise<DocumentCard | null> {
  return openCard(tx, row).catch(nullOfDamage)
}

/** The same when its key is at hand. */
export function openCardUnder(tx: TenantReader, seal: SubjectSeal, row: CardRow): DocumentCard {
  return openSealed<DocumentCard>(tx, seal, placeOf(tx, 'document', row.id, 'card'), row.card)
}

/** The cards of many documents by their ids, null where one was damaged; one that was destroyed meanwhile is not in it. */
export async function openCards(
  tx: TenantReader,
  rows: readonly CardRow[],
): Promise<ReadonlyMap<string, DocumentCard | null>> {
  const ids = rows.map(({ id }) => id)
  const seals = await documentSeals(tx, ids)
  const damaged = await withLivingKey(
    tx,
    ids.filter((id) => !seals.has(id)),
  )
  return new Map(
    rows.flatMap((row) => {
      const seal = seals.get(row.id)
      if (seal) return [[row.id, openIfWhole(() => openCardUnder(tx, seal, row))] as const]
      return damaged.has(row.id) ? [[row.id, null] as const] : []
    }),
  )
}

/** Those of the documents whose key lives: where none was lent for one all the same, it was damaged. */
export async function withLivingKey(
  tx: Pick<TenantReader, 'db'>,
  documents: readonly string[],
): Promise<ReadonlySet<string | null>> {
  if (documents.length === 0) return new Set()
  const rows = await tx.db
    .selectFrom('key')
    .select('subject')
    .where('purpose', '=', 'document')
    .where('subject', 'in', [...new Set(documents)])
    .where('state', '=', 'live')
    .execute()
  return new Set(rows.map(({ subject }) => subject))
}

/** What to store as the card of a document. */
export function sealCard(tx: TenantReader, seal: SubjectSeal, id: string, card: DocumentCard): Buffer {
  return seal.seal(placeOf(tx, 'document', id, 'card'), card)
}

/** The document as the API shows it. Without a card it is damaged: nothing of that is known, and its seal says so. */
export function shownDocument(row: DocumentRow, card: DocumentCard | null): Document {
  return {
    id: toApi('doc', row.id),
    title: card?.title ?? '',
    fileName: card?.fileName ?? '',
    contentType: row.content_type,
    size: row.size,
    sha256: card?.sha256 ?? null,
    source: card?.source ?? null,
    state: readState(row.state),
    reason: row.reason === null ? null : readReason(row.reason),
    pageCount: row.page_count,
    ...shownAuthorship(row),
    snipCount: row.snip_count,
    activityId: row.activity_id === null ? null : toApi('act', row.activity_id),
    ...(card ? {} : { seal: 'failed' }),
  }
}

function readState(text: string): DocumentState {
  const state = DocumentState.anyOf.find((literal) => literal.const === text)
  if (!state) throw new Error('a document is in a state that nobody knows')
  return state.const
}

function readReason(text: string): DocumentReason {
  const reason = DocumentReason.anyOf.find((literal) => literal.const === text)
  if (!reason) throw new Error('a document has a reason that nobody knows')
  return reason.const
}
