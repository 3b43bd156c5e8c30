// One transaction on one leased connection. BEGIN travels with the first statement and COMMIT with the last, so the wire is crossed
// as often as the work needs; what needs no answer is joined, and where it is all there is, it commits by itself.
// Must stay true: only a server that answered COMMIT, or the one statement there was, has committed; it is not asked to once anything failed.
import type { CompiledQuery } from 'kysely'
import { PublicError } from '../errors.ts'
import { joinInserts } from './join-inserts.ts'
import {
  type DirectKysely,
  fromDatabase,
  kyselyOnLease,
  runStatement,
  type Statement,
  statementOf,
} from './kysely-on.ts'
import type { Lease } from './lease-pools.ts'

/**
 * Leaves a statement to the transaction and does not wait for its answer. What is left or asked later comes after it; inserts of plain
 * values may go in one statement with those next to them. When it fails nothing commits, and its error is the one that is thrown.
 */
export type SendStatement = (query: CompiledQuery) => undefined

/**
 * Runs `work` in a transaction and commits it. The statements of `last` and the commit are sent behind each other, without waiting for
 * answers; when one fails, nothing is committed. Any error rolls back and is thrown on; a lost connection is `database_unavailable`.
 */
export async function inTransaction<T, R>(
  lease: Lease,
  work: (db: DirectKysely<T>, send: SendStatement) => Promise<R>,
  last: () => Promise<readonly Statement[]>,
  begin = 'begin',
): Promise<R> {
  const { client } = lease
  let broken: true | undefined
  const spoil = () => {
    broken = true
  }
  const left: Statement[] = []
  const sent: Promise<unknown>[] = []
  let begun: Promise<unknown> | undefined
  let hasFailed = false
  const pass = (statement: Statement): Promise<unknown> => {
    let isSent = false
    const running = runStatement(client, statement, () => {
      hasFailed = true
      if (!isSent) spoil()
    })
    isSent = true
    running.catch(() => undefined)
    sent.push(running)
    return running
  }
  const open = (): void => {
    begun ??= client.query(begin)
    begun.catch(() => undefined)
    for (const statement of joinInserts(left.splice(0))) pass(statement)
  }
  try {
    const db = kyselyOnLease<T>(lease, { before: open, broken: spoil })
    try {
      const result = await work(db, (query) => void left.push(statementOf(query)))
      left.push(...(await last()))
      const [only, ...more] = begun === undefined && begin === 'begin' ? joinInserts(left) : []
      if (only && more.length === 0) {
        await pass(only)
        return result
      }
      open()
      // The server does not know of what the client refused, and would commit the rest.
      if (hasFailed) await Promise.all(sent)
      const committed = client.query('commit')
      committed.catch(() => undefined)
      await begun
      await Promise.all(sent)
      if ((await committed).command !== 'COMMIT') throw new PublicError('database_unavailable')
      return result
    } catch (error) {
      await begun?.catch(() => undefined)
      await client.query('rollback').catch(spoil)
      // What failed first made the others fail.
      await Promise.all(sent)
      throw error
    }
  } catch (error) {
    throw fromDatabase(error)
  } finally {
    lease.release(broken)
  }
}
