/**
 * Begins an upload: says how long the file is and what its sender calls it, and makes the key of the document to come.
 * Must stay true: nobody has more unfinished uploads than are allowed; every part that arrives is sealed under that key, so that it
 * opens for nobody once the document, or the upload, was destroyed.
 */
import { PublicError } from '#core/errors.ts'
import { newId } from '#core/ids.ts'
import { addKey } from '#core/keys/add-key.ts'
import { readUploadMetadata } from '#core/net/tus-fields.ts'
import type { TenantWriter } from '#core/tenancy/tenant-door.ts'
import { madeBy } from '../authorship.ts'
import { documentSeal, placeOf } from '../document-key.ts'
import { queueSweep } from '../documents/announce-upload.ts'
import { LARGEST_FILE } from '../documents/check-upload.ts'
import { cleanFileName, cleanTitle, titleOfFile } from '../documents/clean-file-name.ts'
import type { StartFields, Upload } from './upload.schema.ts'
import { ownerOf, selectOwnUploads, shownUpload, UPLOAD_DAYS, type UploadCard } from './upload-record.ts'

/** Unfinished uploads at a time. */
export const MOST_OPEN = { owner: 25, tenant: 200 } as const

/** Keys of metadata that mean something here; the type of a file is seen from the file. */
const METADATA = ['filename', 'name', 'title', 'lastmodified', 'filetype', 'type'] as const

/** Begins. Needs `knowledge.document.create`; throws `invalid_request`, `empty_file`, `file_too_large`, `too_many_uploads`. */
export async function startUpload(tx: TenantWriter, fields: StartFields): Promise<Upload> {
  tx.require('knowledge.document.create')
  const size = readLength(fields)
  const card = readCard(fields['upload-metadata'] ?? '')
  await demandRoom(tx)
  const [id, document] = [newId(), newId()]
  const { row: key } = await tx.keys.newSubject('document', document)
  await addKey(tx, key)
  const seal = await documentSeal(tx, document)
  await tx.db
    .insertInto('upload')
    .values({
      id,
      document_id: document,
      blob_id: newId(),
      size,
      card: seal.seal(placeOf(tx, 'upload', id, 'card'), card),
      owner_key: ownerOf(tx.actor).key,
      expires_at: new Date(tx.now().getTime() + UPLOAD_DAYS * 86_400_000),
      ...madeBy(tx, { table: 'upload', id, seal }),
    })
    .execute()
  await queueSweep(tx, document, UPLOAD_DAYS * 24 + 1)
  tx.audit({ action: 'knowledge.upload.started', record: { kind: 'upload', id }, detail: { size } })
  return shownUpload(tx, await selectOwnUploads(tx).where('id', '=', id).executeTakeFirstOrThrow(), card)
}

function readLength(fields: StartFields): number {
  const length = fields['upload-length']
  if (fields['upload-defer-length'] !== undefined || length === undefined)
    throw new PublicError('invalid_request', 'Say the length of the file in Upload-Length.', {
      details: { field: 'Upload-Length' },
    })
  const size = Number(length)
  if (size === 0) throw new PublicError('empty_file')
  if (size > LARGEST_FILE) throw new PublicError('file_too_large')
  return size
}

function readCard(metadata: string): UploadCard {
  const pairs = readUploadMetadata(metadata)
  const known: readonly string[] = METADATA
  for (const key of pairs.keys())
    if (!known.includes(key))
      throw new PublicError('invalid_request', `Upload-Metadata may have ${METADATA.join(', ')}.`, {
        details: { field: key.slice(0, 100) },
      })
  const fileName = cleanFileName(pairs.get('filename') ?? pairs.get('name') ?? '')
  const modified = pairs.get('lastmodified') ?? ''
  return {
    fileName,
    title: cleanTitle(pairs.get('title') ?? '') || titleOfFile(fileName),
    metadata,
    modifiedAt: /^[0-9]{1,15}$/.test(modified) ? Number(modified) : null,
  }
}

async function demandRoom(tx: TenantWriter): Promise<void> {
  // Of those that begin in the same moment each counts the ones before it.
  await tx.db.selectFrom('organisation').select('id').forNoKeyUpdate().execute()
  const counted = await tx.db
    .selectFrom('upload')
    .select((eb) => eb.fn.countAll<number>().as('open'))
    .where('result', 'is', null)
    .where('expires_at', '>', tx.now())
    .executeTakeFirstOrThrow()
  const { length: own } = await selectOwnUploads(tx)
    .where('result', 'is', null)
    .where('expires_at', '>', tx.now())
    .limit(MOST_OPEN.owner)
    .execute()
  if (own >= MOST_OPEN.owner)
    throw new PublicError('too_many_uploads', undefined, { details: { most: MOST_OPEN.owner } })
  if (counted.open >= MOST_OPEN.tenant)
    throw new PublicError('too_many_uploads', 'The organisation has too many unfinished uploads.', {
      details: { most: MOST_OPEN.tenant },
    })
}
