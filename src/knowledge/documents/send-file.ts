/** Files and pictures as HTTP answers. Must stay true: a length is always said, a name never breaks out of its header. */
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { poured } from '#core/blobs/poured.ts'
import type { OpenedFile } from './open-document-file.ts'
import type { OpenedPicture } from './open-picture.ts'

/** Sends a document's file, or the part of it that was asked for (RFC 9110, section 15.3.7). */
export function sendFile(reply: FastifyReply, file: OpenedFile) {
  // Kept by the browser that asked, and asked for again each time: the answer is a short one then, and leaves an event.
  reply.headers({ etag: file.etag, 'accept-ranges': 'bytes', 'cache-control': 'private, no-cache' })
  const { part, size } = file
  if (part.answer === 'unchanged') return sendUnchanged(reply)
  reply.type(file.contentType).header('content-disposition', attachment(file.fileName))
  if (part.answer !== 'part')
    return reply.header('content-length', size).send(file.bytes ? poured(file.bytes) : bodiless())
  const { start, end } = part.range
  return reply
    .code(206)
    .header('content-range', `bytes ${start}-${end}/${size}`)
    .header('content-length', end - start + 1)
    .send(poured(file.bytes ?? bodiless()))
}

/** Sends a PNG that never changes. */
export function sendPicture(reply: FastifyReply, picture: OpenedPicture) {
  reply.headers({ etag: picture.etag, 'cache-control': 'private, max-age=3600, immutable' })
  if (picture.bytes === null) return sendUnchanged(reply)
  return reply.type('image/png').header('content-length', picture.size).send(poured(picture.bytes))
}

function sendUnchanged(reply: FastifyReply) {
  return reply.code(304).send(reply.request.method === 'HEAD' ? bodiless() : undefined)
}

/** What HEAD is answered with: only beside a stream does Fastify leave the length as it was set. */
function bodiless(): Readable {
  return Readable.from([])
}

/** RFC 6266: an ASCII name for the old, the real one for everybody else. */
function attachment(fileName: string): string {
  const plain =
    fileName
      .normalize('NFKD')
      .replace(/[^ -~]/g, '')
      .replace(/["\\%;]/g, '_')
      .trim() || 'document.pdf'
  const encoded = encodeURIComponent(fileName).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
