/** The multipart form by which a document arrives. Must stay true: a form that is refused or breaks off leaves nothing. */
import type { Multipart, MultipartFile } from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import type { Ctx } from '#core/ctx.ts'
import { PublicError } from '#core/errors.ts'
import { boundaryOf, watchForm } from '#core/net/watch-form.ts'
import type { Actor } from '#core/tenancy/actor.ts'
import type { AddedDocument } from './add-document.ts'
import { receiveFile } from './receive-file.ts'

const LONGEST_TITLE = 255
/** What busboy says of a form; its errors carry no code. */
const BROKEN_FORM =
  /unexpected end of|boundary not found|malformed part|unsupported content type|part terminated early/i
const CUT_OFF = ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'FST_REQ_ABORTED']

/**
 * Takes the parts of the form in any order and adds the document.
 * Errors: `unsupported_media_type`, `invalid_request`, and those of receiveFile.
 */
export async function receiveForm(ctx: Ctx, actor: Actor, request: FastifyRequest): Promise<AddedDocument> {
  if (!request.isMultipart())
    throw new PublicError(
      'unsupported_media_type',
      'Send the file as multipart/form-data, in the field `file`.',
    )
  const boundary = boundaryOf(request.headers['content-type'] ?? '')
  if (boundary === undefined)
    throw new PublicError('invalid_request', 'The form has no boundary, or too long a one.')
  const form = readForm(request.parts())
  try {
    const first = form.nextFile()
    // The parser has taken hold of the body in this very moment, so both see every byte.
    refuseFaults(request, watchForm(boundary))
    const part = await first
    if (!part)
      throw new PublicError('invalid_request', 'The form has no file.', { details: { field: 'file' } })
    return await receiveFile(ctx, actor, {
      source: part.file,
      name: part.filename,
      async title() {
        if (await form.nextFile()) throw unknownField('file')
        return form.title()
      },
    })
  } catch (error) {
    if (isCutOff(error))
      throw new PublicError('invalid_request', 'The upload ended before its end.', { cause: error })
    throw error
  } finally {
    // What was not read of a refused upload is let go, so that the answer can be read by its sender.
    if (!request.raw.readableEnded) request.raw.unpipe().resume()
  }
}

/** Ends the form with the first fault, as an error of the body: the parser passes it on to whoever waits for a part. */
function refuseFaults({ raw }: FastifyRequest, watch: ReturnType<typeof watchForm>): void {
  raw.on('data', function look(piece: Buffer) {
    const fault = watch(piece)
    if (fault === undefined) return
    raw.off('data', look)
    raw.emit('error', new PublicError('invalid_request', fault))
  })
}

function readForm(parts: AsyncIterator<Multipart>) {
  let title: string | undefined
  return {
    title: () => title,
    /** Reads fields until there is a file; undefined at the end of the form. */
    async nextFile(): Promise<MultipartFile | undefined> {
      for (let next = await parts.next(); !next.done; next = await parts.next()) {
        const part = next.value
        if (part.type === 'file') {
          if (part.fieldname !== 'file') throw unknownField(part.fieldname)
          return part
        }
        if (part.fieldname !== 'title' || typeof part.value !== 'string' || title !== undefined)
          throw unknownField(part.fieldname)
        if (part.valueTruncated || [...part.value].length > LONGEST_TITLE)
          throw new PublicError('invalid_request', 'The title is too long.', { details: { field: 'title' } })
        title = part.value
      }
      return undefined
    },
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
