// One transaction on one leased connection. BEGIN travels with the first statement and COMMIT with the last, so the wire is crossed
// as often as the work needs. Must stay true: only a server that answered COMMIT has committed; it is not asked to once anything failed.
import type { CompiledQuery } from 'kysely'
import { PublicError } from '../errors.ts'
import { type DirectKysely, fromDatabase, kyselyOnLease, runStatement, statementOf } from './kysely-on.ts'
import type { Lease } from './lease-pools.ts'

/**
 * Sends a statement of the transaction at once and does not wait for its answer. What is sent or asked later comes after it; when it
 * fails nothing commits, and its error is the one that is thrown.
 */
export type SendStatement = (query: CompiledQuery) => undefined

/**
 * Runs `work` in a transaction and commits it. The commit is sent right behind the statement of `last`, without waiting for its
 * answer; when that statement fails, nothing is committed. Any error rolls back and is thrown on; a lost connection is `database_unavailable`.
 */
export async function inTransaction<T, R>(
  lease: Lease,
  work: (db: DirectKysely<T>, send: SendStatement) => Promise<R>,
  last: (db: DirectKysely<T>) => Promise<void>,
  begin = 'begin',
): Promise<R> {
  const { client } = lease
  let broken: true | undefined
  const spoil = () => {
    broken = true
  }
  const sent: Promise<unknown>[] = []
  let hasFailed = false
  const send: SendStatement = (query) => {
    let isSent = false
    const running = runStatement(client, statementOf(query), () => {
      hasFailed = true
      if (!isSent) spoil()
    })
    isSent = true
    running.catch(() => undefined)
    sent.push(running)
  }
  try {
    const begun = client.query(begin)
    begun.catch(() => undefined)
    const db = kyselyOnLease<T>(lease, { broken: spoil })
    try {
      const result = await work(db, send)
      const left = Promise.withResolvers<void>()
      const final = last(kyselyOnLease<T>(lease, { sent: left.resolve, broken: spoil }))
      await Promise.race([left.promise, final])
      // The server does not know of what the client refused, and would commit the rest.
      if (hasFailed) await Promise.all(sent)
      const committed = client.query('commit')
      committed.catch(() => undefined)
      await begun
      await Promise.all([...sent, final])
      if ((await committed).command !== 'COMMIT') throw new PublicError('database_unavailable')
      return result
    } catch (error) {
      await begun.catch(() => undefined)
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
