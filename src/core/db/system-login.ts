// Logins whose passwords the keeper derives. Nobody stores a password; a process learns those of its own roles only.
import pg from 'pg'
import type { CellPlace } from '../config.ts'
import type { KeeperClient } from '../keys/keeper-client.ts'
import type { Login } from './lease-pools.ts'

/** The login of a role in a database of a cell. The password is asked of the keeper when a connection is opened. */
export function loginOf(keeper: KeeperClient, cell: CellPlace, database: string, role: string): Login {
  return {
    host: cell.host,
    port: cell.port,
    database,
    user: role,
    password: async () => (await keeper.ask('login', { region: cell.region, role })).password,
  }
}

/** Opens one connection for work that is not a tenant's: migrations, the sealer, the directory. The caller ends it. */
export async function connectAs(login: Login): Promise<pg.Client> {
  const client = new pg.Client({
    host: login.host,
    port: login.port,
    database: login.database,
    user: login.user,
    password: await login.password(),
    application_name: 'panoply',
    connectionTimeoutMillis: 5_000,
  })
  await client.connect()
  return client
}
