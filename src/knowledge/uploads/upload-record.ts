/**
 * A row of `upload` as the API shows it, and the one way rows are read.
 * Must stay true: whoever did not begin an upload finds none, in the same words as for one that never was.
 */
import { PublicError } from '#core/errors.ts'
import { fromApi, toApi } from '#core/ids.ts'
import { openIfWhole } from '#core/keys/is-damage.ts'
import type { Actor } from '#core/tenancy/actor.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import { documentSeals, openOfComing, openSealed, placeOf } from '../document-key.ts'
import type { Upload } from './upload.schema.ts'

/** Whoever writes renews the claim every four seconds; whoever was killed is waited for until it ends. */
export const CLAIM_MS = 8_000

/** Days until an upload that was not finished is removed: over a long weekend and some more. */
export const UPLOAD_DAYS = 7

/** The sealed column `card`, under the key of the document to come. */
export interface UploadCard {
  readonly fileName: string
  readonly title: string
  /** `Upload-Metadata` as it was sent. */
  readonly metadata: string
  readonly modifiedAt: number | null
}

const COLUMNS = [
  'id',
  'document_id',
  'blob_id',
  'size',
  'received',
  'claim',
  'claimed_until',
  'result',
  'is_duplicate',
  'card',
  'created_at',
  'updated_at',
  'expires_at',
] as const

/** Who an upload belongs to: a person from whichever session, or a key for whom it acts. */
export function ownerOf({ kind, credentialId, personId, onBehalfOf }: Actor) {
  return { person: onBehalfOf ?? personId, key: kind === 'key' ? credentialId : null }
}

/** The uploads of the actor; narrow it as needed. */
export function selectOwnUploads(tx: Pick<TenantReader, 'db' | 'actor'>) {
  const { person, key } = ownerOf(tx.actor)
  return tx.db
    .selectFrom('upload')
    .select(COLUMNS)
    .where('created_by', person === null ? 'is' : '=', person)
    .where('owner_key', key === null ? 'is' : '=', key)
}

export type UploadRow = Awaited<ReturnType<ReturnType<typeof selectOwnUploads>['executeTakeFirstOrThrow']>>

/** The actor's upload behind an API id, held until the end of the transaction when asked. Throws `not_found`, `upload_expired`. */
export async function findOwnUpload(
  tx: TenantReader,
  id: string,
  hold: 'hold' | 'look' = 'look',
): Promise<UploadRow> {
  const uploads = selectOwnUploads(tx).where('id', '=', fromApi('upl', id))
  const row = await (hold === 'hold' ? uploads.forUpdate() : uploads).executeTakeFirst()
  if (!row) throw new PublicError('not_found')
  if (row.expires_at <= tx.now()) throw new PublicError('upload_expired')
  return row
}

/** Somebody writes it, or did so a moment ago. A claim that lasts for longer than any is from before the clock went back. */
export function isBeingWritten(tx: Pick<TenantReader, 'now'>, row: UploadRow): boolean {
  if (row.claim === null || row.claimed_until === null) return false
  const left = row.claimed_until.getTime() - tx.now().getTime()
  return left > 0 && left <= 2 * CLAIM_MS
}

/** What its sender said of the file. */
export function openUploadCard(tx: TenantReader, row: UploadRow): Promise<UploadCard> {
  return openOfComing<UploadCard>(tx, row.document_id, placeOf(tx, 'upload', row.id, 'card'), row.card)
}

/** The uploads as the API shows them, in the same order; of one that is damaged the name is empty. */
export async function shownUploads(tx: TenantReader, rows: readonly UploadRow[]): Promise<Upload[]> {
  const seals = await documentSeals(
    tx,
    rows.map((row) => row.document_id),
  )
  return rows.flatMap((row) => {
    const seal = seals.get(row.document_id)
    if (!seal) return []
    const card = openIfWhole(() =>
      openSealed<UploadCard>(tx, seal, placeOf(tx, 'upload', row.id, 'card'), row.card),
    )
    return [shownUpload(tx, row, card ?? { fileName: '', modifiedAt: null })]
  })
}

/** The upload as the API shows it. */
export function shownUpload(
  tx: TenantReader,
  row: UploadRow,
  { fileName, modifiedAt }: Pick<UploadCard, 'fileName' | 'modifiedAt'>,
): Upload {
  return {
    id: toApi('upl', row.id),
    fileName,
    size: row.size,
    offset: row.received,
    modifiedAt,
    isReceiving: isBeingWritten(tx, row),
    documentId: row.result === null ? null : toApi('doc', row.result),
    isDuplicate: row.is_duplicate,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  }
}
