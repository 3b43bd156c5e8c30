// Passwords: argon2id (RFC 9106) with a salt each, behind a limiter of their own so that sign-ins cannot starve the rest.
// Must stay true: an unknown address costs the same work as a known one.
import { hash, verify } from '@node-rs/argon2'
import { PublicError } from '../errors.ts'

// OWASP's second choice: algorithm 2 is argon2id, 19 MiB, two passes, one lane.
const COST = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** Hashes and checks passwords; at most `parallel` at once, at most `waiting` in line, else `busy`. */
export class Passwords {
  readonly #parallel: number
  readonly #waiting: number
  readonly #line: (() => void)[] = []
  #running = 0
  #decoy: Promise<string> | undefined

  constructor({ parallel = 2, waiting = 64 } = {}) {
    this.#parallel = parallel
    this.#waiting = waiting
  }

  /** The PHC string of a password, salted anew. */
  hash(password: string): Promise<string> {
    return this.#limited(() => hash(password.normalize('NFKC'), COST))
  }

  /** Whether the password matches. Without a hash the same work is done and the answer is no. */
  async matches(phc: string | undefined, password: string): Promise<boolean> {
    this.#decoy ??= hash('no account has this', COST)
    const against = phc ?? (await this.#decoy)
    const isRight = await this.#limited(() => verify(against, password.normalize('NFKC')))
    return isRight && phc !== undefined
  }

  async #limited<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#parallel) {
      if (this.#line.length >= this.#waiting) throw new PublicError('busy')
      await new Promise<void>((resolve) => this.#line.push(resolve))
    } else this.#running++
    try {
      return await work()
    } finally {
      const next = this.#line.shift()
      if (next) next()
      else this.#running--
    }
  }
}
