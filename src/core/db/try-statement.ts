// One statement, or one log-in, of which only matters whether the server lets it happen. Used by the canaries and by tests of the walls.
// Must stay true: nothing a statement did stays; a connection on which something went through is not used again.
import pg from 'pg'
import type { Lease } from './lease-pools.ts'

/** `denied`: the server refused it as not allowed. `unclear`: it failed for another reason. */
export type Verdict = 'denied' | 'done' | 'unclear'

/** insufficient_privilege; invalid_authorization; dependent rights; not offered; not in this state. */
const DENIALS = new Set(['42501', '28000', '0LP01', '0A000', '55000'])
/** A login that was refused: wrong password, no such right, no such database. */
const CLOSED = new Set(['28P01', '28000', '42501', '3D000'])

/** Tries a statement in a transaction that is rolled back, and gives the connection back. `rows` says how many rows it showed. */
export async function tryStatement(lease: Lease, sql: string): Promise<{ verdict: Verdict; rows: number }> {
  const { client } = lease
  let isGranted = true
  // A grant by somebody who may not grant is no error in PostgreSQL, but a warning that nothing was granted.
  const onNotice = ({ code }: { code?: string | undefined }): void => {
    if (code === '01007') isGranted = false
  }
  client.on('notice', onNotice)
  let isClean = false
  try {
    const [, tried, undone] = await Promise.allSettled([
      client.query('begin'),
      client.query(sql),
      client.query('rollback'),
    ])
    if (undone.status === 'rejected') return { verdict: 'unclear', rows: 0 }
    if (tried.status === 'fulfilled') {
      const rows = tried.value.rows?.length ?? 0
      isClean = !isGranted || (rows === 0 && /^select /.test(sql))
      return { verdict: isGranted ? 'done' : 'denied', rows }
    }
    isClean = true
    const error: unknown = tried.reason
    const isDenied = error instanceof pg.DatabaseError && DENIALS.has(error.code ?? '')
    return { verdict: isDenied ? 'denied' : 'unclear', rows: 0 }
  } finally {
    client.off('notice', onNotice)
    lease.release(isClean ? undefined : true)
  }
}

/** Where and as whom a log-in is tried. */
export interface LoginTry {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string
  readonly replication?: 'true' | 'database'
}

/** Tries to log in; a connection that opens is closed at once. */
export async function tryLogin(options: LoginTry): Promise<Verdict> {
  const client = new pg.Client({ ...options, connectionTimeoutMillis: 5_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return 'done'
  } catch (error) {
    return error instanceof pg.DatabaseError && CLOSED.has(error.code ?? '') ? 'denied' : 'unclear'
  } finally {
    await client.end().catch(() => undefined)
  }
}
