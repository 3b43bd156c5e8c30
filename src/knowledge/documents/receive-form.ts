/** The multipart form by which a document arrives. Must stay true: a form that is refused or breaks off leaves nothing. */
import '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import type { Ctx } from '#core/ctx.ts'
import { PublicError } from '#core/errors.ts'
import type { Actor } from '#core/tenancy/actor.ts'
import { type AddedDocument, addDocument, type ReceivedFile } from './add-document.ts'
import { receiveFile, withTitle } from './receive-file.ts'

/** What busboy says of a form; its errors carry no code. */
const BROKEN_FORM =
  /unexpected end of|boundary not found|malformed part|unsupported content type|part terminated early/i
const CUT_OFF = ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'FST_REQ_ABORTED']

/**
 * Takes the parts of the form in any order and adds the document; whatever fails, the stored bytes go again.
 * Errors: `unsupported_media_type`, `invalid_request`, and those of receiveFile and addDocument.
 */
export async function receiveForm(ctx: Ctx, actor: Actor, request: FastifyRequest): Promise<AddedDocument> {
  if (!request.isMultipart())
    throw new PublicError(
      'unsupported_media_type',
      'Send the file as multipart/form-data, in the field `file`.',
    )
  let file: ReceivedFile | undefined
  let title: string | undefined
  let isKept = false
  try {
    for await (const part of request.parts()) {
      if (part.type === 'field') {
        if (part.fieldname !== 'title' || typeof part.value !== 'string') throw unknownField(part.fieldname)
        title = part.value
      } else {
        if (part.fieldname !== 'file' || file) throw unknownField(part.fieldname)
        file = await receiveFile(ctx, actor, { source: part.file, name: part.filename })
      }
    }
    if (!file)
      throw new PublicError('invalid_request', 'The form has no file.', { details: { field: 'file' } })
    const received = withTitle(file, title)
    const added = await ctx.write(actor, (tx) => addDocument(tx, received))
    isKept = !added.isDuplicate
    return added
  } catch (error) {
    if (isCutOff(error))
      throw new PublicError('invalid_request', 'The upload ended before its end.', { cause: error })
    throw error
  } finally {
    // What was not read of a refused upload is let go, so that the answer can be read by its sender.
    if (!request.raw.readableEnded) request.raw.unpipe().resume()
    if (file && !isKept) await ctx.blobs(actor.region).remove(actor.tenant, file.blob)
  }
}

/** The connection was lost, or the form has no end. */
function isCutOff(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return BROKEN_FORM.test(error.message) || ('code' in error && CUT_OFF.includes(String(error.code)))
}

function unknownField(name: string): PublicError {
  return new PublicError('invalid_request', 'The form has a field that is not known here.', {
    details: { field: name.slice(0, 100) },
  })
}
