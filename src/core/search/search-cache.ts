// Opened parts of indexes in memory, least recently used out first, for all tenants of a process together.
// Must stay true: what it holds is plaintext, so it is bounded in bytes and nothing outlives the tenant's lent keys: whoever ends
// a lease calls `drop`, and what nobody used for the length of a lease goes by itself. Parts are immutable and named by segment.

interface Part {
  readonly tenant: string
  readonly value: unknown
  bytes: number
  usedAt: number
}

export interface SearchCacheOptions {
  /** Most bytes of opened parts, all tenants together; 256 MiB unless said. */
  readonly maxBytes?: number
  /** Parts not used for so long are forgotten, milliseconds; 10 minutes (a lease) unless said. */
  readonly idleMs?: number
  /** Milliseconds since any fixed moment. */
  readonly now?: () => number
}

/** The memory of the search of one process. */
export class SearchCache {
  readonly #parts = new Map<string, Part>()
  readonly #maxBytes: number
  readonly #idleMs: number
  readonly #now: () => number
  readonly #sweep: NodeJS.Timeout
  #bytes = 0

  constructor(options: SearchCacheOptions = {}) {
    this.#maxBytes = options.maxBytes ?? 256 * 1024 * 1024
    this.#idleMs = options.idleMs ?? 600_000
    this.#now = options.now ?? (() => performance.now())
    this.#sweep = setInterval(() => this.dropIdle(), Math.min(this.#idleMs, 60_000))
    this.#sweep.unref()
  }

  /** Bytes held now, by the estimate of whoever put them. */
  get bytes(): number {
    return this.#bytes
  }

  /** The part of this name if it is there and of this class. */
  get<T>(tenant: string, name: string, kind: abstract new (...args: never[]) => T): T | undefined {
    const key = `${tenant}/${name}`
    const part = this.#parts.get(key)
    if (!(part?.value instanceof kind)) return undefined
    part.usedAt = this.#now()
    this.#parts.delete(key)
    this.#parts.set(key, part)
    return part.value
  }

  set(tenant: string, name: string, value: unknown, bytes: number): void {
    const key = `${tenant}/${name}`
    this.#forget(key)
    if (bytes > this.#maxBytes) return
    this.#parts.set(key, { tenant, value, bytes, usedAt: this.#now() })
    this.#grow(bytes)
  }

  /** A part has come to hold more, e.g. lists decoded for ranking. */
  grow(tenant: string, name: string, bytes: number): void {
    const part = this.#parts.get(`${tenant}/${name}`)
    if (part === undefined) return
    part.bytes += bytes
    this.#grow(bytes)
  }

  /** Forgets everything of a tenant, e.g. because its keys were dropped. */
  drop(tenant: string): void {
    for (const [key, part] of this.#parts) if (part.tenant === tenant) this.#forget(key)
  }

  /** Forgets what nobody used for the length of a lease. */
  dropIdle(): void {
    const oldest = this.#now() - this.#idleMs
    for (const [key, part] of this.#parts) if (part.usedAt <= oldest) this.#forget(key)
  }

  close(): void {
    clearInterval(this.#sweep)
    this.#parts.clear()
    this.#bytes = 0
  }

  #grow(bytes: number): void {
    this.#bytes += bytes
    for (const key of this.#parts.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      this.#forget(key)
    }
  }

  #forget(key: string): void {
    const part = this.#parts.get(key)
    if (part === undefined) return
    this.#parts.delete(key)
    this.#bytes -= part.bytes
  }
}
