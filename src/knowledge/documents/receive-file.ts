/**
 * Streams an upload into the blob store, encrypted under a new document key, before there is a document.
 * Must stay true: a file that is refused, cut off or a duplicate leaves nothing; a crash leaves at most
 * a blob that no key opens and that the next sweep removes (announce-upload.ts).
 */
import { pipeline, type Readable } from 'node:stream'
import type { Ctx } from '#core/ctx.ts'
import { PublicError } from '#core/errors.ts'
import { newId } from '#core/ids.ts'
import type { Actor } from '#core/tenancy/actor.ts'
import type { ReceivedFile } from './add-document.ts'
import { announceUpload } from './announce-upload.ts'
import { checkUpload } from './check-upload.ts'
import { cleanFileName, cleanTitle, titleOfFile } from './clean-file-name.ts'

/** A file as it arrives. */
export interface Upload {
  readonly source: Readable
  /** As the sender named it. */
  readonly name: string
}

/**
 * Stores the bytes. Errors: `forbidden`, `empty_file`, `not_a_pdf`, `file_too_large`, `storage_full`; an error of the
 * source as it is.
 */
export async function receiveFile(ctx: Ctx, actor: Actor, upload: Upload): Promise<ReceivedFile> {
  if (!actor.permissions.has('knowledge.document.create')) {
    upload.source.resume()
    throw new PublicError('forbidden', undefined, { details: { permission: 'knowledge.document.create' } })
  }
  // It may break off before it is read: the pipeline below finds that out.
  upload.source.on('error', () => undefined)
  const keys = await (await ctx.tenant(actor.tenant)).keys()
  const document = newId()
  const blob = newId()
  await ctx.write(actor, (tx) => announceUpload(tx, { document, blob }))
  const { row, key } = await keys.newSubject('document', document)
  const checked = pipeline(upload.source, checkUpload(), () => undefined)
  const stored = await ctx.blobs(actor.region).put(actor.tenant, blob, key, checked)
  const fileName = cleanFileName(upload.name)
  return {
    document,
    blob,
    key: row,
    size: stored.size,
    sha256: stored.sha256,
    fileName,
    title: titleOfFile(fileName),
  }
}

/** The received file under the title its sender gave, if any of it can be shown. */
export function withTitle(file: ReceivedFile, title: string | undefined): ReceivedFile {
  const clean = cleanTitle(title ?? '')
  return clean === '' ? file : { ...file, title: clean }
}
