// The body of an answer on its way in: counted as it comes and as it is unpacked, never believed; ended when it comes too slowly.
import type { IncomingMessage } from 'node:http'
import { PassThrough, pipeline, type Readable, Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { PublicError } from '../../errors.ts'
import { SLOWEST } from './outbound-kinds.ts'

const ROOMY = { chunkSize: 2 ** 18 }

/** Passes the body on, unpacked; one in a packing that is not known is none. Errors with `file_too_large`, `address_timed_out`, `address_failed`. */
export function boundedAnswer(answer: IncomingMessage, largest: number): Readable {
  const unpack = unpacker(answer.headers['content-encoding'])
  const parts = [paced(), counted(largest), ...(unpack ? [unpack, counted(largest)] : [])]
  const out = new PassThrough({
    destroy(error, done) {
      const isTold = error === null || error instanceof PublicError || error instanceof CalledOff
      done(isTold ? error : failed('connection', error))
    },
  })
  pipeline([answer, ...parts, out], () => answer.destroy())
  if (unpack === undefined) out.destroy(failed('encoding'))
  else if (Number(answer.headers['content-length'] ?? 0) > largest)
    out.destroy(new PublicError('file_too_large'))
  return out
}

/** Whoever asked does not want the answer any more. */
export class CalledOff extends Error {
  override name = 'CalledOff'
}

/** `address_failed`: what came is no answer that can be used. */
export function failed(reason: string, cause?: unknown): PublicError {
  return new PublicError('address_failed', undefined, { cause, details: { reason } })
}

/** Undefined for a packing that is not known here, or several of them; null for none. */
function unpacker(encoding: string | undefined): Transform | null | undefined {
  switch (encoding?.trim().toLowerCase() ?? '') {
    case '':
    case 'identity':
      return null
    case 'gzip':
    case 'x-gzip':
      return createGunzip(ROOMY)
    case 'deflate':
      return createInflate(ROOMY)
    case 'br':
      return createBrotliDecompress(ROOMY)
    default:
      return undefined
  }
}

function counted(largest: number): Transform {
  let passed = 0
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      passed += piece.length
      if (passed > largest) return done(new PublicError('file_too_large'))
      done(null, piece)
    },
  })
}

/** Ends an answer that brings too little for too long. While nobody reads it, the time does not count. */
function paced(): Transform {
  let since = 0
  const watch = setInterval(() => {
    const isWaiting = !pace.writableEnded && !pace.writableNeedDrain
    if (since < SLOWEST.bytes && isWaiting) pace.destroy(new PublicError('address_timed_out'))
    since = 0
  }, SLOWEST.everyMs)
  watch.unref()
  const pace = new Transform({
    transform(piece: Buffer, _encoding, done) {
      since += piece.length
      done(null, piece)
    },
    destroy(error, done) {
      clearInterval(watch)
      done(error)
    },
  })
  return pace
}
