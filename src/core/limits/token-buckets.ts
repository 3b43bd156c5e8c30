// Token buckets by key: so many at once, so many a second after that. In memory, for one process.
// Must stay true: a key that was never seen has a full bucket; memory is bounded however many keys there are.
import type { Clock } from '../time.ts'

export interface BucketSize {
  /** Most that can be taken at once. */
  readonly burst: number
  readonly perSecond: number
}

/** What is left after an attempt to take one. */
export interface Taken {
  readonly isTaken: boolean
  /** Whole tokens left. */
  readonly left: number
  /** Seconds until there is one again; 0 when there is. */
  readonly waitSeconds: number
}

interface Bucket {
  level: number
  at: number
}

/** Buckets of one size. */
export class TokenBuckets {
  readonly size: BucketSize
  readonly #now: Clock
  readonly #most: number
  readonly #buckets = new Map<string, Bucket>()

  constructor(size: BucketSize, now: Clock, most = 50_000) {
    this.size = size
    this.#now = now
    this.#most = most
  }

  /** Takes one token of the key, or says how long to wait. */
  take(key: string): Taken {
    const bucket = this.#filled(key)
    const isTaken = bucket.level >= 1
    if (isTaken) bucket.level--
    const missing = Math.max(0, 1 - bucket.level)
    return {
      isTaken,
      left: Math.floor(bucket.level),
      waitSeconds: isTaken && missing === 0 ? 0 : Math.max(1, Math.ceil(missing / this.size.perSecond)),
    }
  }

  /** What a key has taken and not regained yet. */
  spent(key: string): number {
    return this.#buckets.has(key) ? this.size.burst - this.#filled(key).level : 0
  }

  /** Gives one back: what it was taken for turned out well. */
  give(key: string): void {
    const bucket = this.#filled(key)
    bucket.level = Math.min(this.size.burst, bucket.level + 1)
  }

  #filled(key: string): Bucket {
    const now = this.#now().getTime()
    const known = this.#buckets.get(key)
    if (known) {
      const gained = Math.max(0, now - known.at) * (this.size.perSecond / 1000)
      known.level = Math.min(this.size.burst, known.level + gained)
      known.at = now
      return known
    }
    if (this.#buckets.size >= this.#most) this.#forget(now)
    const fresh = { level: this.size.burst, at: now }
    this.#buckets.set(key, fresh)
    return fresh
  }

  /** Full buckets say nothing; when all say something, the oldest tenth goes. */
  #forget(now: number): void {
    for (const [key, { level, at }] of this.#buckets)
      if (level + (now - at) * (this.size.perSecond / 1000) >= this.size.burst) this.#buckets.delete(key)
    let surplus = this.#buckets.size - Math.floor(this.#most * 0.9)
    for (const key of this.#buckets.keys()) {
      if (surplus-- <= 0) break
      this.#buckets.delete(key)
    }
  }
}
