// A socket that sends what is written in one turn of the event loop in one call: statements of a pipeline travel together.
// Must stay true: nothing is held back beyond the turn, and the order stays.
import { Socket } from 'node:net'

type Done = (error?: Error | null) => void

/** Corks itself at the first write of a turn; corks of its user nest inside. */
export class TurnSocket extends Socket {
  #isGathering = false

  override write(chunk: Uint8Array | string, done?: Done): boolean
  override write(chunk: Uint8Array | string, encoding?: BufferEncoding, done?: Done): boolean
  override write(chunk: Uint8Array | string, how?: BufferEncoding | Done, done?: Done): boolean {
    if (!this.#isGathering) {
      this.#isGathering = true
      this.cork()
      process.nextTick(() => {
        this.#isGathering = false
        this.uncork()
      })
    }
    return typeof how === 'function' ? super.write(chunk, how) : super.write(chunk, how, done)
  }
}
