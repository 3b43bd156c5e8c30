// Connections by login: a few for each, a cap for all, the longest idle one gives way. Owns every product connection.
// Must stay true: the cap is below what the server allows this process; a connection serves one login for its whole life; what somebody
// needs who may hold a connection already never waits for those who wait for that one.
import pg from 'pg'
import { PublicError } from '../errors.ts'
import { stopwatch } from '../time.ts'
import { TurnSocket } from './turn-socket.ts'

/** Which server, database and role a connection is for. */
export interface Login {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  password(): Promise<string>
}

/** A connection held by one piece of work. `release(true)` throws it away instead of keeping it. */
export interface Lease {
  readonly client: pg.Client
  release(broken?: true): void
}

export interface LeasePoolsOptions {
  /** Most connections of all logins together. */
  readonly cap: number
  /** Most connections of one login. */
  readonly perLogin: number
  /** Idle connections older than this are closed, milliseconds. */
  readonly idleMs: number
  /** How long work waits for a connection before it gets `busy`, milliseconds. */
  readonly waitMs: number
}

/** `within`: asked for, shortly, by work that may hold a connection. */
export type LeaseUse = 'work' | 'within'

/** Most connections beyond the bounds, for what is asked for within other work. */
const WITHIN = 8

interface Slot {
  client: pg.Client
  broken: boolean
  idleSince: number
}

interface Waiter {
  resolve(lease: Lease): void
  reject(error: Error): void
  login: Login
  use: LeaseUse
  timer: NodeJS.Timeout
}

interface LoginPool {
  open: number
  idle: Slot[]
  waiters: Waiter[]
}

const TYPES = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === pg.types.builtins.INT8 && format !== 'binary') return readInt8
    return pg.types.getTypeParser(oid, format)
  },
}

function readInt8(text: string): number | string {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : text
}

/** Leases connections by login and keeps them warm; see {@link LeasePoolsOptions} for the bounds. */
export class LeasePools {
  readonly #options: LeasePoolsOptions
  readonly #pools = new Map<string, LoginPool>()
  readonly #sweep: NodeJS.Timeout
  #open = 0
  #within = 0
  #waiting = 0
  #closed = false

  constructor(options: LeasePoolsOptions) {
    this.#options = options
    this.#sweep = setInterval(
      () => this.#closeIdle(stopwatch() - options.idleMs),
      Math.min(options.idleMs, 10_000),
    )
    this.#sweep.unref()
  }

  /** How many connections are open now. */
  get open(): number {
    return this.#open
  }

  /** A connection of this login. Throws `busy` after the wait, `database_unavailable` when the server does not answer. */
  async lease(login: Login, use: LeaseUse = 'work'): Promise<Lease> {
    if (this.#closed) throw new PublicError('database_unavailable')
    const key = `${login.host}\0${login.port}\0${login.database}\0${login.user}`
    const pool = this.#pools.get(key) ?? { open: 0, idle: [], waiters: [] }
    this.#pools.set(key, pool)
    for (let slot = pool.idle.pop(); slot; slot = pool.idle.pop()) {
      if (!slot.broken) return this.#lend(pool, slot)
      this.#drop(pool, slot)
    }
    if (pool.open < this.#options.perLogin && (this.#open < this.#options.cap || this.#evict()))
      return this.#connect(pool, login)
    if (use === 'within' && this.#within < WITHIN) return this.#connectBeyond(pool, login)
    return new Promise<Lease>((resolve, reject) => {
      const timer = setTimeout(() => {
        pool.waiters = pool.waiters.filter((waiter) => waiter.timer !== timer)
        this.#waiting--
        reject(new PublicError('busy'))
      }, this.#options.waitMs)
      pool.waiters.push({ resolve, reject, login, use, timer })
      this.#waiting++
    })
  }

  /** Closes everything that is idle and refuses new work. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#sweep)
    const ends: Promise<void>[] = []
    for (const pool of this.#pools.values()) {
      for (const slot of pool.idle) ends.push(slot.client.end().catch(() => undefined))
      pool.idle = []
      for (const waiter of pool.waiters) waiter.reject(new PublicError('database_unavailable'))
    }
    await Promise.all(ends)
  }

  /** Closes the idle connections of one role, for example after its password changed. */
  forget(user: string): void {
    for (const [key, pool] of this.#pools) {
      if (!key.endsWith(`\0${user}`)) continue
      for (const slot of pool.idle.splice(0)) this.#drop(pool, slot)
    }
  }

  async #connect(pool: LoginPool, login: Login): Promise<Lease> {
    pool.open++
    this.#open++
    try {
      return this.#lend(pool, await connected(login))
    } catch (cause) {
      pool.open--
      this.#open--
      this.#serveWaiters()
      throw unavailable(cause)
    }
  }

  /** A connection beside the bounds, for those of its login who ask within other work; it is closed when none of them waits. */
  async #connectBeyond(pool: LoginPool, login: Login): Promise<Lease> {
    this.#within++
    try {
      return this.#lendBeyond(pool, await connected(login))
    } catch (cause) {
      this.#leaveBeyond()
      throw unavailable(cause)
    }
  }

  #lendBeyond(pool: LoginPool, slot: Slot): Lease {
    let released = false
    return {
      client: slot.client,
      release: (broken) => {
        if (released) return
        released = true
        const next = broken || slot.broken ? undefined : this.#takeWithin(pool)
        if (next) return next.resolve(this.#lendBeyond(pool, slot))
        void slot.client.end().catch(() => undefined)
        this.#leaveBeyond()
      },
    }
  }

  #leaveBeyond(): void {
    this.#within--
    for (const pool of this.#pools.values()) {
      const waiter = this.#takeWithin(pool)
      if (!waiter) continue
      this.#connectBeyond(pool, waiter.login).then(waiter.resolve, waiter.reject)
      return
    }
  }

  #takeWithin(pool: LoginPool): Waiter | undefined {
    const at = pool.waiters.findIndex(({ use }) => use === 'within')
    const [waiter] = at < 0 ? [] : pool.waiters.splice(at, 1)
    if (!waiter) return undefined
    clearTimeout(waiter.timer)
    this.#waiting--
    return waiter
  }

  #lend(pool: LoginPool, slot: Slot): Lease {
    let released = false
    return {
      client: slot.client,
      release: (broken) => {
        if (released) return
        released = true
        if (broken || slot.broken || this.#closed) this.#drop(pool, slot)
        else {
          slot.idleSince = stopwatch()
          pool.idle.push(slot)
        }
        this.#serveWaiters()
      },
    }
  }

  #drop(pool: LoginPool, slot: Slot): void {
    pool.open--
    this.#open--
    void slot.client.end().catch(() => undefined)
  }

  #serveWaiters(): void {
    if (this.#waiting === 0) return
    for (const pool of this.#pools.values()) {
      while (pool.waiters.length > 0) {
        const slot = pool.idle.pop()
        if (slot?.broken) {
          this.#drop(pool, slot)
          continue
        }
        if (
          !slot &&
          !(pool.open < this.#options.perLogin && (this.#open < this.#options.cap || this.#evict()))
        )
          break
        const waiter = pool.waiters.shift()
        if (!waiter) break
        clearTimeout(waiter.timer)
        this.#waiting--
        if (slot) waiter.resolve(this.#lend(pool, slot))
        else this.#connect(pool, waiter.login).then(waiter.resolve, waiter.reject)
      }
    }
  }

  #evict(): boolean {
    let oldest: { pool: LoginPool; slot: Slot } | undefined
    for (const pool of this.#pools.values()) {
      const slot = pool.idle[0]
      if (slot && (!oldest || slot.idleSince < oldest.slot.idleSince)) oldest = { pool, slot }
    }
    if (!oldest) return false
    oldest.pool.idle.shift()
    this.#drop(oldest.pool, oldest.slot)
    return true
  }

  #closeIdle(before: number): void {
    for (const [key, pool] of this.#pools) {
      while (pool.idle[0] && pool.idle[0].idleSince < before) {
        const slot = pool.idle.shift()
        if (slot) this.#drop(pool, slot)
      }
      if (pool.open === 0 && pool.waiters.length === 0) this.#pools.delete(key)
    }
  }
}

async function connected(login: Login): Promise<Slot> {
  const config = {
    host: login.host,
    port: login.port,
    database: login.database,
    user: login.user,
    password: await login.password(),
    pipeline: true,
    stream: () => new TurnSocket(),
    types: TYPES,
    connectionTimeoutMillis: 5_000,
    application_name: 'panoply',
  }
  const slot: Slot = { client: new pg.Client(config), broken: false, idleSince: 0 }
  slot.client.on('error', () => {
    slot.broken = true
  })
  await slot.client.connect()
  return slot
}

function unavailable(cause: unknown): PublicError {
  return cause instanceof PublicError ? cause : new PublicError('database_unavailable', undefined, { cause })
}
