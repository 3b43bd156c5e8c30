/**
 * Connections of a test to the databases of a living installation, under any of its logins. The password is asked of the
 * keeper as the web process asks: whoever runs the tests owns the installation and may pass its folders.
 */
import pg from 'pg'
import { buildConfig, keeperSocket, type RegionPlace } from '#core/config.ts'
import { openKeeperClient } from '#core/keys/keeper-client.ts'
import type { Installation } from './installation.ts'

/** Which socket of the keeper may ask for which login. */
function callerOf(role: string): 'web' | 'cell' | 'backup' {
  if (role === 'replicator') return 'backup'
  return ['migrator', 'sealer', 'dispatcher', 'registrar'].includes(role) ? 'cell' : 'web'
}

/** A connection as `role`; the caller ends it. Errors of PostgreSQL pass through. */
export async function connectAsRole(
  installation: Installation,
  region: string,
  role: string,
  database = 'cell',
): Promise<pg.Client> {
  const place = placeOf(installation, region)
  const [cell] = place.cells
  const password = await passwordOf(installation, region, role)
  const client = new pg.Client({ host: cell.host, port: cell.port, database, user: role, password })
  await client.connect()
  return client
}

/** The password of a login, derived by the keeper. */
export async function passwordOf(installation: Installation, region: string, role: string): Promise<string> {
  const config = buildConfig({ role: 'web', home: installation.home })
  const keeper = openKeeperClient({ socket: keeperSocket(config, callerOf(role)) })
  try {
    return (await keeper.ask('login', { region, role })).password
  } finally {
    keeper.close()
  }
}

/** Where a region of the installation is. */
export function placeOf(installation: Installation, region: string): RegionPlace {
  const config = buildConfig({ role: 'web', home: installation.home })
  const place = config.regions.find(({ name }) => name === region)
  if (!place) throw new Error(`no region ${region}`)
  return place
}
