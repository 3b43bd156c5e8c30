// Owns: the replication connection of the backup process, and the proof that its login reads no table.
import pg from 'pg'

export interface ReplicationLogin {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
}

/** Answer of IDENTIFY_SYSTEM. */
export interface SystemIdentity {
  readonly systemId: string
  readonly timeline: number
  /** Write-ahead log position, e.g. `0/1A2B3C4`. */
  readonly position: string
}

export interface Replication {
  identifySystem(): Promise<SystemIdentity>
  /** Settles when the connection has ended, by us or by the server. */
  readonly ended: Promise<void>
  close(): Promise<void>
}

/** Connects in replication mode, in which the server takes replication commands and no SQL. */
export async function openReplication(login: ReplicationLogin): Promise<Replication> {
  // `replication` is a start-up parameter that pg sends but its types do not name.
  const client = new pg.Client({ ...login, ...{ replication: 'true' } })
  const ended = new Promise<void>((resolve) => client.once('end', () => resolve()))
  client.on('error', () => undefined)
  await client.connect()
  return {
    ended,
    async identifySystem() {
      const { rows } = await client.query<{ systemid: string; timeline: number; xlogpos: string }>(
        'IDENTIFY_SYSTEM',
      )
      const [row] = rows
      if (!row) throw new Error('the server does not identify itself')
      return { systemId: row.systemid, timeline: Number(row.timeline), position: row.xlogpos }
    },
    close: () => client.end(),
  }
}

/** Tries to open each database as an ordinary session. @returns those that let the login in; none is the promise */
export async function findOpenDatabases(
  login: ReplicationLogin,
  databases: readonly string[],
): Promise<string[]> {
  const open: string[] = []
  for (const database of databases) {
    const client = new pg.Client({ ...login, database })
    client.on('error', () => undefined)
    try {
      await client.connect()
      open.push(database)
      await client.end()
    } catch (cause) {
      // 28000: pg_hba.conf rejects; 42501: no CONNECT; 3D000: no such database here.
      if (!(cause instanceof pg.DatabaseError && ['28000', '42501', '3D000'].includes(cause.code ?? '')))
        throw cause
    }
  }
  return open
}
