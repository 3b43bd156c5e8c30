// The databases and what lies in them, as the cell process tells it: this command has no right of its own there.
import { type Config, cellSocket, keeperSocket } from '#core/config.ts'
import { PublicError } from '#core/errors.ts'
import { openCellClient } from '#core/jobs/cell-client.ts'
import { openKeeperClient } from '#core/keys/keeper-client.ts'
import type { RegionHealth } from '#protocol/cell/caller.ts'
import { due, type Finding, failed, ok, unknown } from './finding.ts'
import { type Ground, readText } from './ground.ts'

const WAIT_MS = 10_000
/** Events are sealed within a second; so many say that the sealer stands still. */
const UNSEALED_SECONDS = 30
const OVERDUE_SECONDS = 600
/** What settings must be, so that walls and recovery hold. */
const MUST: Readonly<Record<string, RegExp>> = {
  data_checksums: /^on$/,
  fsync: /^on$/,
  full_page_writes: /^on$/,
  synchronous_commit: /^(on|remote_apply|remote_write)$/,
  password_encryption: /^scram-sha-256$/,
  log_min_messages: /^(log|fatal|panic)$/,
  log_statement: /^none$/,
}
/** Connections beside one a tenant. */
const SPARE_CONNECTIONS = 50
const OLDEST_SERVER = 15

/** Keeper, servers, settings, migrations, queue, log. */
export async function databaseChecks(ground: Ground): Promise<Finding[]> {
  const { config, up } = ground
  if (!config) return []
  if (!up) return clustersOnDisk(config)
  return [await checkKeeper(config), ...(await askCells(config))]
}

/** What can be told of servers that do not run. */
function clustersOnDisk(config: Config): Finding[] {
  const own = config.regions
    .flatMap(({ cells }) => cells)
    .filter(({ clusterFolder }) => clusterFolder !== null)
  const missing = own.filter(({ clusterFolder }) => readText(`${clusterFolder}/PG_VERSION`) === null)
  if (missing.length > 0)
    return [
      failed('databases', {
        found: `No database can be read in ${missing.map(({ clusterFolder }) => clusterFolder).join(', ')}.`,
        means: 'It is gone, was never made, or is closed to you.',
        todo: 'As root or the user who runs it: look whether the folder is there; bring it back from a backup if not.',
      }),
    ]
  const text = own.length === 0 ? 'They are somebody else’s servers.' : `${own.length} folders are there.`
  return [ok('databases', `${text} Nothing runs, so what is inside was not looked at.`)]
}

async function checkKeeper(config: Config): Promise<Finding> {
  const keeper = openKeeperClient({ socket: keeperSocket(config, 'up'), timeout: WAIT_MS })
  try {
    const { replicas, sequence, rootKey, regions } = await keeper.ask('status', {})
    return ok(
      'keeper',
      `Answers: ${regions.length} regions, ${replicas} replicas at ${sequence}, root key from a ${rootKey}.`,
    )
  } catch (error) {
    if (!(error instanceof PublicError)) throw error
    return failed('keeper', {
      found: 'It does not answer.',
      means:
        'No key is lent: what is sealed can be neither read nor written. Or its socket is closed to you.',
      todo: `Read the end of ${config.logFolder}/keeper.log; ask as root or the user who runs it.`,
    })
  } finally {
    keeper.close()
  }
}

async function askCells(config: Config): Promise<Finding[]> {
  const cell = openCellClient({ socket: cellSocket(config, 'up'), timeout: WAIT_MS })
  try {
    const { regions } = await cell.ask('health', {})
    return [
      checkServers(regions),
      checkMigrations(regions),
      checkJobs(regions, config),
      checkSealing(regions, config),
    ]
  } catch (error) {
    if (!(error instanceof PublicError)) throw error
    return [
      failed('databases', {
        found: 'The cell process does not answer, or one of its databases does not.',
        means:
          'Organisations of a region cannot work; their events are not sealed. Or its socket is closed to you.',
        todo: `Read the end of ${config.logFolder}/cell.log and of the postgres logs beside it.`,
      }),
    ]
  } finally {
    cell.close()
  }
}

function checkServers(regions: readonly RegionHealth[]): Finding {
  const faults = regions.flatMap(({ region, settings, tenants }) => {
    const wrong = Object.entries(MUST)
      .filter(([name, must]) => !must.test(settings[name] ?? ''))
      .map(([name]) => `${region}: ${name} is ${settings[name] ?? 'not told'}`)
    const most = Number(settings.max_connections)
    const version = Number.parseInt(settings.server_version ?? '', 10)
    return [
      ...wrong,
      ...(most < tenants + SPARE_CONNECTIONS
        ? [`${region}: max_connections is ${most} for ${tenants} organisations`]
        : []),
      ...(version >= OLDEST_SERVER ? [] : [`${region}: PostgreSQL ${settings.server_version}`]),
    ]
  })
  const told = regions.map(
    ({ region, settings, tenants, connections, megabytes }) =>
      `${region} PostgreSQL ${settings.server_version}, ${tenants} organisations, ${connections} connections, ${megabytes} MB`,
  )
  return faults.length === 0
    ? ok('databases', `${told.join('; ')}.`)
    : failed('databases', {
        found: `${faults.join('; ')}.`,
        means: 'What was acknowledged may not survive a crash, or text may reach a log.',
        todo: 'Take it out of local.conf beside postgresql.conf, or set it on your own server, and start again.',
      })
}

function checkMigrations(regions: readonly RegionHealth[]): Finding {
  const behind = regions.flatMap(({ region, migrations }) => [
    ...(migrations.cell < migrations.cellKnown
      ? [`${region}: ${migrations.cellKnown - migrations.cell} of the cell`]
      : []),
    ...(migrations.tenantsBehind > 0
      ? [`${region}: ${migrations.tenantsBehind} organisations are behind`]
      : []),
  ])
  return behind.length === 0
    ? ok('migrations', 'Every cell and organisation has all of them.')
    : due('migrations', {
        found: `${behind.join('; ')}.`,
        means:
          'They run after a start, one organisation at a time; those behind answer errors where they are needed.',
        todo: 'Wait and ask again; when it stays, the end of cell.log says which one fails.',
      })
}

function checkJobs(regions: readonly RegionHealth[], config: Config): Finding {
  const stuck = regions.filter(({ jobs }) => jobs.stuck > 0 || jobs.oldestSeconds > OVERDUE_SECONDS)
  const given = regions.reduce((sum, { jobs }) => sum + jobs.givenUp, 0)
  const waiting = regions.reduce((sum, { jobs }) => sum + jobs.waiting, 0)
  if (stuck.length === 0 && given === 0) return ok('jobs', `${waiting} wait; none is stuck or was given up.`)
  return due('jobs', {
    found: [
      ...stuck.map(
        ({ region, jobs }) =>
          `${region}: ${jobs.stuck} stuck, the first is overdue for ${jobs.oldestSeconds} s`,
      ),
      ...(given > 0 ? [`${given} were given up`] : []),
    ]
      .join('; ')
      .concat('.'),
    means: 'Documents stay unread, exports unmade, until it goes on.',
    todo: `Read the end of ${config.logFolder}/worker.log.`,
  })
}

function checkSealing(regions: readonly RegionHealth[], config: Config): Finding {
  const late = regions.filter(
    ({ unsealed }) => unsealed.tenants > 0 && unsealed.oldestSeconds > UNSEALED_SECONDS,
  )
  return late.length === 0
    ? ok('audit logs', 'No event has waited long for its place in the tree.')
    : failed('audit logs', {
        found: late
          .map(
            ({ region, unsealed }) =>
              `${region}: ${unsealed.tenants} organisations wait, for ${unsealed.oldestSeconds} s`,
          )
          .join('; ')
          .concat('.'),
        means: 'Events are kept but cannot be proved yet.',
        todo: `Read the end of ${config.logFolder}/cell.log for the sealer.`,
      })
}

/** For what could not even be looked at. */
export function lookedInVain(check: string, code: string): Finding {
  return unknown(check, {
    found: `It could not be looked at (${code}).`,
    means: 'It may be in order or not.',
    todo: 'Ask as root, or as the user who runs the installation.',
  })
}
