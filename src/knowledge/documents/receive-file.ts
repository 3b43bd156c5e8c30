/**
 * Streams an upload into the blob store, encrypted under the key of the document, and makes the document of it.
 * Must stay true: a file that is refused, cut off or a duplicate leaves nothing; a crash leaves at most
 * a blob that no key opens and that the next sweep removes (announce-upload.ts).
 */
import type { KeyObject } from 'node:crypto'
import { pipeline, type Readable } from 'node:stream'
import { requireOpenCredential } from '#core/auth/require-open-credential.ts'
import { givenAway } from '#core/blobs/release.ts'
import type { Ctx } from '#core/ctx.ts'
import { newId } from '#core/ids.ts'
import { type SubjectSeal, subjectSeal } from '#core/keys/subject-seal.ts'
import type { KeyRow } from '#core/keys/tenant-keys.ts'
import type { Actor } from '#core/tenancy/actor.ts'
import type { TenantWriter } from '#core/tenancy/tenant-door.ts'
import { documentSeal } from '../document-key.ts'
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
    const { row, key } = fetched
      ? await keyOfFetched(ctx, actor, document)
      : await stage.newSubject('document', document)
    const checked = pipeline(upload.source, checkUpload(), () => undefined)
    const stored = await stage.put(key, givenAway(checked))
    const fileName = cleanFileName(upload.name)
    const title = cleanTitle((await upload.title()) ?? '') || titleOfFile(fileName)
    const added = await ctx.write(actor, async (tx) => {
      // The bytes may have come for hours; whoever sent them must still be allowed to.
      await requireOpenCredential(tx)
      const source = fetched ? { source: fetched.source } : {}
      const seal = row === null ? await documentSeal(tx, document) : firstSeal(row, key)
      const one = await addDocument(tx, {
        document,
        blob,
        key: row,
        seal,
        ...stored,
        fileName,
        title,
        ...source,
      })
      await fetched?.settle(tx, one)
      return one
    })
    if (!added.isDuplicate) stage.keep()
    return added
  })
}

/** Whoever asked for the file made its key. */
async function keyOfFetched(
  ctx: Ctx,
  actor: Actor,
  document: string,
): Promise<{ row: null; key: KeyObject }> {
  const { current } = await ctx.read(actor, (tx) => tx.keys.subject('document', document))
  return { row: null, key: current.key }
}

/** What seals under a key that no table has yet. */
function firstSeal({ id, version }: KeyRow, key: KeyObject): SubjectSeal {
  const first = { id, version, key, isRetired: false }
  return subjectSeal({ versions: [first], current: first })
}
