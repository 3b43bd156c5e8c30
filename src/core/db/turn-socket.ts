// A socket that sends what is written in one turn of the event loop in one call: statements of a pipeline travel together.
// Requests that arrived together, each in a callback of its own, are answered by statements of the same turn. Must stay true: nothing is
// held back beyond the turn, and the order stays.
import { Socket } from 'node:net'

type Write = (chunk: Uint8Array | string, encoding?: BufferEncoding | Done, done?: Done) => boolean
type Done = (error?: Error | null) => void

/** Copying pieces together up to here costs less than a system call that gathers them. */
const MOST_COPIED = 64 * 1024

/** How a socket is told that it is given bytes; its type does not know. */
const BYTES = 'buffer' as BufferEncoding

/** Corks itself at the first write of a turn; corks of its user nest inside. */
export class TurnSocket extends Socket {
  #isGathering = false

  constructor() {
    super()
    // The socket puts its own `write` back when it connects, so ours is laid over it only then.
    this.once('connect', () => {
      const write = this.write as Write
      this.write = (...written: Parameters<Write>) => {
        this.#gather()
        return write.apply(this, written)
      }
    })
  }

  override _writev(pieces: { chunk: unknown; encoding: BufferEncoding }[], done: Done): void {
    let length = 0
    const bytes: Buffer[] = []
    for (const { chunk } of pieces) {
      if (!Buffer.isBuffer(chunk)) break
      bytes.push(chunk)
      length += chunk.length
    }
    if (bytes.length === pieces.length && length <= MOST_COPIED)
      this._write(Buffer.concat(bytes, length), BYTES, done)
    else super._writev?.(pieces, done)
  }

  #gather(): void {
    if (this.#isGathering) return
    this.#isGathering = true
    this.cork()
    setImmediate(() => {
      this.#isGathering = false
      this.uncork()
    })
  }
}
