// A body that arrives, cut into parts that can be made safe one by one: each ends after so many bytes or so long, whatever comes later.
// Must stay true: what came before a body broke off is still given; nothing is held but one piece; a body that nobody reads is let go.
import { PassThrough, type Readable } from 'node:stream'
import { PublicError } from '../errors.ts'

export interface PartBounds {
  /** Most bytes of a part. */
  readonly bytes: number
  /** Longest time a part is open, and is open without a byte, milliseconds. */
  readonly longest: number
  readonly quiet: number
}

/** Bytes of one request, in parts. */
export interface BodyParts {
  /** `more` when a byte waits, `idle` when none came for as long as it may be quiet, `over` at the end. */
  wait(): Promise<'more' | 'idle' | 'over'>
  /** The next part: read it to its end before anything else is asked. Throws `body_too_large` behind `most`. */
  part(): AsyncGenerator<Buffer>
  /** Nothing comes any more. */
  readonly isOver: boolean
  /** Why the body ended before its end; undefined while it did not. */
  readonly broken: unknown
  /** Lets the rest go by, so that the sender can read an answer. */
  end(): void
}

/** Cuts a body. `most` is how many bytes it may have. */
export function bodyParts(source: Readable, most: number, bounds: PartBounds): BodyParts {
  // Ended and not destroyed when the source breaks off: what it holds is still read.
  const through = new PassThrough()
  let broken: unknown
  const fail = (cause: unknown): void => {
    broken ??= cause
    source.unpipe(through)
    through.end()
  }
  source.on('error', fail)
  source.once('close', () => {
    if (!source.readableEnded) fail(new BodyCut())
  })
  // It may have gone while its sender was looked up.
  if (source.destroyed) fail(new BodyCut())
  else source.pipe(through)
  const pieces = through[Symbol.asyncIterator]()
  let held: Buffer | undefined
  let coming: Promise<IteratorResult<unknown>> | undefined
  let isOver = false
  let left = most

  /** A piece; undefined at the end, or when none came in time. */
  async function take(milliseconds: number): Promise<Buffer | undefined> {
    if (held) {
      const piece = held
      held = undefined
      return piece
    }
    if (isOver) return undefined
    coming ??= pieces.next()
    const late = Promise.withResolvers<undefined>()
    const timer = setTimeout(() => late.resolve(undefined), Math.max(0, milliseconds))
    const next = await Promise.race([coming, late.promise])
    clearTimeout(timer)
    if (!next) return undefined
    coming = undefined
    isOver = next.done === true
    return Buffer.isBuffer(next.value) ? next.value : undefined
  }

  return {
    get isOver() {
      return isOver && held === undefined
    },
    get broken() {
      return broken
    },
    async wait() {
      held = await take(bounds.quiet)
      if (held) return 'more'
      return isOver ? 'over' : 'idle'
    },
    async *part() {
      const end = performance.now() + bounds.longest
      for (let room = bounds.bytes; room > 0; ) {
        const piece = await take(Math.min(bounds.quiet, end - performance.now()))
        if (!piece) return
        const own = piece.subarray(0, room)
        if (own.length < piece.length) held = piece.subarray(room)
        room -= own.length
        left -= own.length
        if (left < 0) throw new PublicError('body_too_large')
        yield own
      }
    },
    end() {
      source.unpipe(through)
      through.destroy()
      if (!source.readableEnded) source.resume()
    },
  }
}

/** The connection went away before the body was whole. */
class BodyCut extends Error {
  override name = 'BodyCut'
}
