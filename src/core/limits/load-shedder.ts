// Watches how late this process comes to its work, and refuses some of it while it is too late: first of whoever asks for most.
// Must stay true: who asks for little is refused nothing; one party alone is slowed down, not shut out.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { PublicError } from '../errors.ts'

/** Milliseconds that a turn of the event loop may be late on average. */
const LATEST = 150
const LOOK_EVERY = 1_000
/** Requests between two looks that are little, as opening a page is: where nobody asks for more, the lateness has another cause. */
const LITTLE = 16
/** Of a shed party at most 15 of 16 requests are refused. */
const DEEPEST = 4

/** Sheds load by party. */
export class LoadShedder {
  #asked = new Map<string, number>()
  #depths = new Map<string, number>()
  #turn = 0
  #delay: ReturnType<typeof monitorEventLoopDelay> | undefined
  #timer: NodeJS.Timeout | undefined

  /** Begins to watch this process; until then nothing is refused. */
  watch(): void {
    const delay = monitorEventLoopDelay({ resolution: 20 })
    delay.enable()
    this.#delay = delay
    this.#timer = setInterval(() => {
      this.look(delay.mean / 1e6)
      delay.reset()
    }, LOOK_EVERY).unref()
  }

  /** Counts one request of a party. Throws `busy` when it is one of those that are refused now. */
  admit(party: string): void {
    this.#asked.set(party, (this.#asked.get(party) ?? 0) + 1)
    const depth = this.#depths.get(party)
    if (depth !== undefined && this.#turn++ % 2 ** depth !== 0) throw new PublicError('busy')
  }

  /** Decides for the next while, from how late the last one was (milliseconds). */
  look(late: number): void {
    const asked = this.#asked
    this.#asked = new Map()
    const isLate = late > LATEST
    // Back by one step a look, so that it does not swing; whoever asks for little goes back while it is late, too.
    this.#depths = new Map(
      [...this.#depths]
        .map(([party, depth]) => [party, isLate && asksForMuch(asked, party) ? depth : depth - 1] as const)
        .filter(([, depth]) => depth > 0),
    )
    const [most] = [...asked].sort(([, a], [, b]) => b - a)
    if (isLate && most && asksForMuch(asked, most[0]))
      this.#depths.set(most[0], Math.min(DEEPEST, (this.#depths.get(most[0]) ?? 0) + 1))
  }

  close(): void {
    clearInterval(this.#timer)
    this.#delay?.disable()
  }
}

function asksForMuch(asked: ReadonlyMap<string, number>, party: string): boolean {
  return (asked.get(party) ?? 0) > LITTLE
}
