// A stream on its way to a socket. Must stay true: a piece's memory goes back when it is written, not when the collector comes by:
// that lets some sixty megabytes gather first.
import { Readable, Writable } from 'node:stream'
import { release } from './release.ts'

/** The stream, to be piped once, into what copies or sends each piece before it calls back: a socket or an HTTP answer. */
export function poured(source: Readable): Readable {
  return Object.assign(source, {
    pipe<T extends NodeJS.WritableStream>(into: T): T {
      const sink = new Writable({
        write(piece: Buffer, _encoding, done) {
          into.write(piece, (error) => {
            release(piece)
            done(error)
          })
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
