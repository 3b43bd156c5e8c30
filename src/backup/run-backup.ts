// The backup process: one replication connection a cluster. For now it proves its rights and stays; archiving comes
// with operations. Must stay true: its login sees the write-ahead log, which is sealed, and can open no database.
import { setTimeout as pause } from 'node:timers/promises'
import { type CellPlace, type Config, keeperSocket, type RunningRole } from '#core/config.ts'
import {
  findOpenDatabases,
  openReplication,
  type Replication,
  type ReplicationLogin,
} from '#core/db/replication.ts'
import { type KeeperClient, openKeeperClient } from '#core/keys/keeper-client.ts'
import { type Log, openLog } from '#core/log.ts'

const databases = ['cell', 'directory', 'postgres', 'template1'] as const

/** Connects to every cluster; resolves when each has answered and none let it into a database. */
export async function runBackup(config: Config): Promise<RunningRole> {
  const log = openLog(config)
  const keeper = openKeeperClient({ socket: keeperSocket(config, 'backup') })
  const stopping = new AbortController()
  const cells = config.regions.flatMap((region) => region.cells)
  const first = await Promise.all(cells.map((cell) => connect(keeper, cell, log)))
  const kept = first.map((replication, i) => keep(replication, cells[i], keeper, log, stopping.signal))
  return {
    report: { cells: cells.length },
    async stop() {
      stopping.abort()
      await Promise.all(kept)
      keeper.close()
    },
  }
}

async function connect(keeper: KeeperClient, cell: CellPlace, log: Log): Promise<Replication> {
  const { password } = await keeper.ask('login', { region: cell.region, role: 'replicator' })
  const login: ReplicationLogin = { host: cell.host, port: cell.port, user: 'replicator', password }
  const open = await findOpenDatabases(login, databases)
  if (open.length > 0)
    throw new Error(`the replication login can open ${open.join(', ')} of cell ${cell.name}`)
  const replication = await openReplication(login)
  const { timeline, position } = await replication.identifySystem()
  log.info({ cell: cell.name, timeline, position, openDatabases: 0 }, 'replication connected, reads no table')
  return replication
}

/** Connects again whenever the server went away, until stopped. */
async function keep(
  first: Replication,
  cell: CellPlace | undefined,
  keeper: KeeperClient,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const stopped = new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  )
  let replication: Replication | null = first
  while (!signal.aborted && cell) {
    if (replication) await Promise.race([replication.ended, stopped])
    if (signal.aborted) break
    await Promise.race([pause(1000), stopped])
    try {
      replication = signal.aborted ? replication : await connect(keeper, cell, log)
    } catch (error) {
      replication = null
      log.warn({ cell: cell.name, error }, 'replication not connected')
    }
  }
  await replication?.close()
}
