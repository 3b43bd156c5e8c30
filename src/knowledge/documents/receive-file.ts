/**
 * Streams an upload into the blob store, encrypted under a new document key, and makes the document of it.
 * Must stay true: a file that is refused, cut off or a duplicate leaves nothing; a crash leaves at most
 * a blob that no key opens and that the next sweep removes (announce-upload.ts).
 */
import { pipeline, type Readable } from 'node:stream'
import { requireOpenCredential } from '#core/auth/require-open-credential.ts'
import { givenAway } from '#core/blobs/release.ts'
import type { Ctx } from '#core/ctx.ts'
import { newId } from '#core/ids.ts'
import type { Actor } from '#core/tenancy/actor.ts'
import type { TenantWriter } from '#core/tenancy/tenant-door.ts'
import { type AddedDocument, addDocument } from './add-document.ts'
import { planUpload } from './announce-upload.ts'
import { checkUpload } from './check-upload.ts'
import { cleanFileName, cleanTitle, titleOfFile } from './clean-file-name.ts'

/** A file as it arrives. */
export interface Upload {
  readonly source: Readable
  /** As the sender named it. */
  readonly name: string
  /** Asked for when the bytes are read: what the sender calls it. Throws when what follows the file is not valid. */
  title(): Promise<string | undefined>
  /** Of a file that was fetched: the address it came from, its document's id, and what is said in the write that adds it. */
  readonly fetched?: {
    readonly source: string
    readonly document: string
    settle(tx: TenantWriter, added: AddedDocument): Promise<void>
  }
}

/**
 * Stores the bytes and adds the document. Errors: `unauthenticated` when the session or key ended meanwhile, `forbidden`, `empty_file`, `not_a_pdf`, `file_too_large`, `storage_full`;
 * an error of the source as it is.
 */
export function receiveFile(ctx: Ctx, actor: Actor, upload: Upload): Promise<AddedDocument> {
  // It may break off before it is read: the pipeline below finds that out.
  upload.source.on('error', () => undefined)
  const { fetched } = upload
  const document = fetched?.document ?? newId()
  const blob = newId()
  return ctx.stage(actor, planUpload({ document, blob }), async (stage) => {
    const { row, key } = await stage.newSubject('document', document)
    const checked = pipeline(upload.source, checkUpload(), () => undefined)
    const stored = await stage.put(key, givenAway(checked))
    const fileName = cleanFileName(upload.name)
    const title = cleanTitle((await upload.title()) ?? '') || titleOfFile(fileName)
    const added = await ctx.write(actor, async (tx) => {
      // The bytes may have come for hours; whoever sent them must still be allowed to.
      await requireOpenCredential(tx)
      const source = fetched ? { source: fetched.source } : {}
      const one = await addDocument(tx, { document, blob, key: row, ...stored, fileName, title, ...source })
      await fetched?.settle(tx, one)
      return one
    })
    if (!added.isDuplicate) stage.keep()
    return added
  })
}
