/**
 * Watches an upload pass: the first kilobyte must look like a PDF, the whole must not be too large.
 * Must stay true: what is refused is refused by content, before more than a kilobyte was passed on.
 */
import { Transform } from 'node:stream'
import { PublicError } from '#core/errors.ts'

/** 100 MB as people's devices count it. */
export const LARGEST_FILE = 100 * 2 ** 20
/** Readers look for the header in the first 1024 bytes (ISO 32000-1, implementation note 13). */
export const HEADER_WITHIN = 1024
const HEADER = Buffer.from('%PDF-')

/** Passes a PDF through. Errors with `empty_file`, `not_a_pdf` or `file_too_large`. */
export function checkUpload(): Transform {
  let passed = 0
  let head: Buffer | undefined = Buffer.alloc(0)
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      passed += chunk.length
      if (passed > LARGEST_FILE) return done(new PublicError('file_too_large'))
      if (!head) return done(null, chunk)
      head = Buffer.concat([head, chunk])
      if (head.length < HEADER_WITHIN) return done()
      const begin = head
      head = undefined
      return looksLikePdf(begin) ? done(null, begin) : done(new PublicError('not_a_pdf'))
    },
    flush(done) {
      if (passed === 0) return done(new PublicError('empty_file'))
      if (!head) return done()
      return looksLikePdf(head) ? done(null, head) : done(new PublicError('not_a_pdf'))
    },
  })
}

/** Whether a file that begins so may be a PDF. */
export function looksLikePdf(head: Buffer): boolean {
  return head.subarray(0, HEADER_WITHIN).includes(HEADER)
}
