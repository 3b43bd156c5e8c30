// A prepared statement whose columns the server describes once a connection: it would else send, and `pg` read, the same list with
// every answer. Reaches into `pg`, whose version is exact; the test beside this says where a newer one differs.
// Must stay true: rows are what they are with a description each time. (A statement whose columns change is refused by the server itself.)
import pg from 'pg'
import type { Statement } from './kysely-on.ts'

/** What describes rows in a result of `pg`. */
interface Columns {
  readonly fields: readonly unknown[]
  readonly _parsers: readonly unknown[]
  readonly _prebuiltEmptyResultObject: object
}

interface Connection {
  describe(what: unknown): void
}

/** What a query of `pg` has beside its types. */
interface QueryOfPg extends pg.Submittable {
  name: string | undefined
  values: unknown[]
  callback: Callback
  readonly _result: Columns
  _accumulateRows: boolean
  prepare(connection: Connection): void
  handleReadyForQuery(connection: Connection): void
}

type Callback = (error: Error | null, result: pg.QueryResult) => void

const Query = pg.Query as unknown as new (text: string) => QueryOfPg

/** By connection and the name of a statement. */
const known = new WeakMap<Connection, Map<string, Columns>>()
const silent = new WeakMap<Connection, Connection>()

/** Sent by `Client.query`; the callback hears of its end. */
export class DescribedQuery extends Query {
  constructor(statement: Statement, done: Callback) {
    // What else there is of a statement it would copy property by property, which takes longer than sending it.
    super(statement.text)
    this.name = statement.name
    this.values = statement.values
    this.callback = done
  }

  override prepare(connection: Connection): void {
    const columns = this.name === undefined ? undefined : known.get(connection)?.get(this.name)
    if (columns) {
      Object.assign(this._result, columns)
      this._accumulateRows = true
    }
    super.prepare(columns ? withoutDescribe(connection) : connection)
  }

  override handleReadyForQuery(connection: Connection): void {
    if (this.name !== undefined) {
      const columns = known.get(connection) ?? new Map<string, Columns>()
      known.set(connection, columns)
      const { fields, _parsers, _prebuiltEmptyResultObject } = this._result
      if (!columns.has(this.name)) columns.set(this.name, { fields, _parsers, _prebuiltEmptyResultObject })
    }
    super.handleReadyForQuery(connection)
  }
}

/** The same connection, which does not ask for a description. */
function withoutDescribe(connection: Connection): Connection {
  const made = silent.get(connection) ?? Object.create(connection, { describe: { value: () => undefined } })
  silent.set(connection, made)
  return made
}
