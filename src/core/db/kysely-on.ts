// Kysely over leased connections: statements are prepared once a connection and name themselves; errors of the server become ours.
// Must stay true: text and parameters of a statement never reach a log or an answer.
import { hash } from 'node:crypto'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import type pg from 'pg'
import { PublicError } from '../errors.ts'
import { DescribedQuery } from './described-query.ts'
import type { Lease } from './lease-pools.ts'

/** The most statements that share a connection. */
const MOST_TOGETHER = 16

interface Turn {
  readonly held: Promise<Lease>
  users: number
  taken: number
  isOver: boolean
  broken: true | undefined
}

/**
 * Kysely whose statements commit by themselves. Those of one turn of the event loop share a lease and travel together; each is
 * answered and fails by itself.
 */
export function kyselyOnPool<T>(lease: () => Promise<Lease>): DirectKysely<T> {
  let turn: Turn | undefined

  async function leave(mine: Turn): Promise<void> {
    if (mine.users === 0 && mine.isOver) (await mine.held).release(mine.broken)
  }

  return kyselyOn<T>(async () => {
    if (turn === undefined || turn.taken >= MOST_TOGETHER) {
      const begun: Turn = { held: lease(), users: 0, taken: 0, isOver: false, broken: undefined }
      turn = begun
      setImmediate(() => {
        if (turn === begun) turn = undefined
        begun.isOver = true
        leave(begun).catch(() => undefined)
      })
    }
    const mine = turn
    mine.users++
    mine.taken++
    const held = await mine.held
    return new LeasedConnection(held, (broken) => {
      mine.broken ??= broken
      mine.users--
      leave(mine).catch(() => undefined)
    })
  })
}

/** What whoever holds a connection hears of the statements on it. */
export interface Hearing {
  /** A statement is under way. */
  sent?(): void
  /** The connection is not to be used again. */
  broken?(): void
}

/** Kysely on one connection that somebody else holds, for the statements of one transaction. */
export function kyselyOnLease<T>(lease: Lease, { sent, broken }: Hearing = {}): DirectKysely<T> {
  return kyselyOn<T>(async () => new LeasedConnection(lease, (isBroken) => isBroken && broken?.(), sent))
}

function kyselyOn<T>(acquire: () => Promise<LeasedConnection>): DirectKysely<T> {
  const driver: Driver = {
    init: async () => undefined,
    acquireConnection: acquire,
    beginTransaction: refuseTransaction,
    commitTransaction: refuseTransaction,
    rollbackTransaction: refuseTransaction,
    releaseConnection: async (connection) => {
      if (connection instanceof LeasedConnection) connection.release()
    },
    destroy: async () => undefined,
  }
  return new DirectKysely<T>(driver, async (statement) => {
    const connection = await acquire()
    try {
      return await connection.run(statement)
    } finally {
      connection.release()
    }
  })
}

/** A statement as it goes to the server: prepared under its name, once a connection. See {@link statementName}. */
export interface Statement {
  readonly name: string | undefined
  readonly text: string
  readonly values: unknown[]
}

/** Where statements run that are not built. */
export interface StatementRunner {
  /** Server errors come back as {@link fromDatabase} says. */
  run(statement: Statement): Promise<pg.QueryResult>
}

/** The query builder, and the way past it for what every request sends: the builder costs more than such a statement does. */
export class DirectKysely<T> extends Kysely<T> implements StatementRunner {
  readonly run: StatementRunner['run']

  constructor(driver: Driver, run: StatementRunner['run']) {
    super({
      dialect: {
        createAdapter: () => new PostgresAdapter(),
        createDriver: () => driver,
        createIntrospector: (db) => new PostgresIntrospector(db),
        createQueryCompiler: () => new PostgresQueryCompiler(),
      },
    })
    this.run = run
  }
}

async function refuseTransaction(): Promise<void> {
  throw new Error('transactions are opened by the door, not by the query builder')
}

class LeasedConnection implements DatabaseConnection {
  readonly #lease: Lease
  readonly #release: (broken?: true) => void
  readonly #sent: (() => void) | undefined
  #broken = false

  constructor(lease: Lease, release: (broken?: true) => void, sent?: () => void) {
    this.#lease = lease
    this.#release = release
    this.#sent = sent
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const result = await this.run(statementOf(query))
    return {
      rows: result.rows as R[],
      ...(result.rowCount === null ? {} : { numAffectedRows: BigInt(result.rowCount) }),
    }
  }

  async run(statement: Statement): Promise<pg.QueryResult> {
    let isOver = false
    const running = runStatement(this.#lease.client, statement, () => {
      isOver = true
    })
    const isRefused = isOver
    if (!isRefused) this.#sent?.()
    try {
      return await running
    } catch (error) {
      this.#broken = isRefused || isConnectionLoss(error)
      throw error
    }
  }

  streamQuery(): AsyncIterableIterator<never> {
    throw new Error('cursors are not offered')
  }

  release(): void {
    this.#release(this.#broken ? true : undefined)
  }
}

/**
 * Sends one statement; server errors come back as {@link fromDatabase} says. `failed` is called before this returns when the client
 * itself refuses it: nothing of it reaches the server, which goes on as if it had not been, and the connection does not know any more
 * what is prepared on it.
 */
export function runStatement(
  client: pg.Client,
  statement: Statement,
  failed?: () => void,
): Promise<pg.QueryResult> {
  // With a callback, because the promise that `pg` makes goes through three more.
  return new Promise((resolve, reject) => {
    const query = new DescribedQuery(statement, (error, result) => {
      if (error) failed?.()
      if (error) reject(fromDatabase(error))
      else resolve(result)
    })
    client.query(query)
  })
}

/** A built query as a statement. */
export function statementOf({ sql, parameters }: Pick<CompiledQuery, 'sql' | 'parameters'>): Statement {
  return { name: statementName(sql), text: sql, values: [...parameters] }
}

const names = new Map<string, string>()

/** The name a text is prepared under; undefined for one that is not worth keeping. Looking it up costs reading the text. */
export function statementName(text: string): string | undefined {
  if (text.length > 4_000) return undefined
  let name = names.get(text)
  if (name === undefined) {
    if (names.size >= 2_000) return undefined
    name = hash('sha256', text, 'base64url').slice(0, 22)
    names.set(text, name)
  }
  return name
}

/** Maps what the server says to what a caller may know; unknown errors stay what they are (a bug, 500). */
export function fromDatabase(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (code === '23505') return new PublicError('conflict', undefined, { cause: error })
  if (code === '53100') return new PublicError('storage_full', undefined, { cause: error })
  if (code === '53400') return new PublicError('too_many_requests', undefined, { cause: error })
  if (code === '53300') return new PublicError('busy', undefined, { cause: error })
  // 26000: an equal statement sent just before it was ended while the server still prepared it, so this one was never known there.
  if (isConnectionLoss(error) || code === '57014' || code === '26000')
    return new PublicError('database_unavailable', undefined, { cause: error })
  return error
}

function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof PublicError) return isConnectionLoss(error.cause)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return (
    /^(08...|57P0.|25P0[34]|ECONN.*|EPIPE|ENOENT)$/.test(code) ||
    /Connection terminated|not queryable|connection error|Client has encountered/i.test(error.message)
  )
}
