// A stream on its way to a socket. Must stay true: a piece's memory goes back when it is written, not when the collector comes by:
// that lets some sixty megabytes gather first; a reader's progress is seen in small steps.
import { Readable, Writable } from 'node:stream'
import { release } from './release.ts'

/** Bytes that are handed to the socket at once. */
const STEP = 128 * 1024

/** The stream, to be piped once, into what copies or sends each piece before it calls back: a socket or an HTTP answer. */
export function poured(source: Readable): Readable {
  return Object.assign(source, {
    pipe<T extends NodeJS.WritableStream>(into: T): T {
      const sink = new Writable({
        write(piece: Buffer, _encoding, done) {
          const step = (from: number): void => {
            const to = from + STEP
            into.write(piece.subarray(from, to), (error) => {
              if (!error && to < piece.length) return step(to)
              release(piece)
              done(error)
            })
          }
          step(0)
        },
        final(done) {
          into.end(done)
        },
      })
      // Whoever sends looks at the answer and at the source; this one stands in between.
      sink.on('error', () => undefined)
      Readable.prototype.pipe.call(source, sink)
      return into
    },
  })
}
