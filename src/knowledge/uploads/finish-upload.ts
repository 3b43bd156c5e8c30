/**
 * Makes the document of an upload whose bytes are all there: the parts are read in order, checked as any file is, and sealed as one blob.
 * Must stay true: one upload becomes one document, once, however often this runs and wherever it was killed; the document and what
 * the upload says of it commit together.
 */
import { pipeline, Readable } from 'node:stream'
import { requireOpenCredential } from '#core/auth/require-open-credential.ts'
import { givenAway } from '#core/blobs/release.ts'
import type { Ctx } from '#core/ctx.ts'
import { PublicError } from '#core/errors.ts'
import { fromApi } from '#core/ids.ts'
import type { SubjectKey } from '#core/keys/subject-key.ts'
import type { Actor } from '#core/tenancy/actor.ts'
import type { TenantReader, TenantWriter } from '#core/tenancy/tenant-door.ts'
import { documentSeal } from '../document-key.ts'
import { addDocument } from '../documents/add-document.ts'
import { planUpload } from '../documents/announce-upload.ts'
import { checkUpload } from '../documents/check-upload.ts'
import { type Claim, letGo } from './claim-upload.ts'
import { dropParts } from './remove-upload.ts'
import type { Upload } from './upload.schema.ts'
import { openUploadCard, selectOwnUploads, shownUpload, type UploadRow } from './upload-record.ts'

/** A finished upload is told of for so long. */
const TOLD_MS = 24 * 3_600_000

/**
 * Finishes an upload that one holds; one that is finished already is answered as it is. Throws `unauthenticated` when the session or key
 * ended meanwhile, `not_a_pdf`, `storage_full`, `not_found`.
 */
export async function finishUpload(ctx: Ctx, actor: Actor, claim: Claim): Promise<Upload> {
  const { upload } = claim
  const isFinished = upload.result !== null
  const done = isFinished
    ? upload
    : await makeDocument(ctx, actor, upload).catch((cause: unknown) =>
        madeMeanwhile(ctx, actor, upload, cause),
      )
  return ctx.write(actor, async (tx) => {
    if (isFinished) await letGo(tx, claim, 'release')
    else await dropParts(tx, upload.id, 0)
    return shownUpload(tx, done, await openUploadCard(tx, done))
  })
}

/** The upload when another process was faster, and took the parts away from under this one; throws `cause` when none was. */
async function madeMeanwhile(ctx: Ctx, actor: Actor, { id }: UploadRow, cause: unknown): Promise<UploadRow> {
  const row = await ctx.read(actor, (tx) => selectOwnUploads(tx).where('id', '=', id).executeTakeFirst())
  if (!row || row.result === null) throw cause
  return row
}

async function makeDocument(ctx: Ctx, actor: Actor, upload: UploadRow): Promise<UploadRow> {
  const { document_id: document, blob_id: blob } = upload
  return ctx.stage(actor, planUpload({ document, blob }), async (stage) => {
    const stored = await ctx.read(actor, async (tx) => {
      const key = await tx.keys.subject('document', document)
      const source = Readable.from(joined(tx, key, await listParts(tx, upload)))
      const checked = pipeline(source, checkUpload(), () => undefined)
      return stage.put(key.current.key, givenAway(checked))
    })
    if (stored.size !== upload.size) throw new Error('the parts of an upload are not its whole')
    const made = await ctx.write(actor, (tx) => adopt(tx, upload, stored))
    if (!made.is_duplicate) stage.keep()
    return made
  })
}

/** The document, and the upload that tells of it. What another process finished meanwhile is answered as it is. */
async function adopt(
  tx: TenantWriter,
  { id, document_id: document, blob_id: blob }: UploadRow,
  stored: { readonly size: number; readonly sha256: string },
): Promise<UploadRow> {
  await requireOpenCredential(tx)
  const row = await selectOwnUploads(tx).where('id', '=', id).forUpdate().executeTakeFirst()
  if (!row) throw new PublicError('not_found')
  if (row.result === null) {
    const { fileName, title } = await openUploadCard(tx, row)
    const seal = await documentSeal(tx, document)
    const added = await addDocument(tx, { document, blob, key: null, seal, ...stored, fileName, title })
    await tx.db
      .updateTable('upload')
      .set({
        result: fromApi('doc', added.document.id),
        is_duplicate: added.isDuplicate,
        claim: null,
        claimed_until: null,
        updated_at: tx.now(),
        expires_at: new Date(tx.now().getTime() + TOLD_MS),
      })
      .where('id', '=', id)
      .execute()
  }
  tx.audit({ action: 'knowledge.upload.finished', record: { kind: 'upload', id } })
  return selectOwnUploads(tx).where('id', '=', id).executeTakeFirstOrThrow()
}

async function listParts(tx: TenantReader, { id }: Pick<UploadRow, 'id'>): Promise<string[]> {
  const parts = await tx.db
    .selectFrom('upload_part')
    .select('blob_id')
    .where('upload_id', '=', id)
    .where('size', 'is not', null)
    .orderBy('start_at')
    .execute()
  return parts.map(({ blob_id: blob }) => blob)
}

async function* joined(tx: TenantReader, key: SubjectKey, parts: readonly string[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield* await tx.blobs.open(part, key)
}
