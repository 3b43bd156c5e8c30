// Owns: bringing the clusters of this home up, set up exactly once a version of the set-up.
// Must stay true: the mark that a cluster is set up is written after its last step; until then every start repeats it.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type CellPlace, type Config, ConfigError } from '#core/config.ts'
import { bootstrapCluster, type systemLogins } from '#core/db/bootstrap-cluster.ts'
import type { KeeperClient } from '#core/keys/keeper-client.ts'
import type { Log } from '#core/log.ts'
import { type ClusterPlan, packagedServer, type RunningCluster, startCluster } from './clusters.ts'
import { supervise, type Watched } from './supervisor.ts'

/** Raise it when bootstrap-cluster.ts asks for more than before: homes of older versions then run it again. */
const setUpVersion = 2

export interface ClusterHost {
  readonly config: Config
  readonly appFolder: string
  readonly account: { readonly uid: number; readonly gid: number } | null
  readonly keeper: KeeperClient
  readonly log: Log
}

/** Starts and sets up all clusters at once, and keeps them running. Stops the others again when one fails. */
export async function runClusters(host: ClusterHost): Promise<Watched[]> {
  const cells = host.config.regions.flatMap((region) => region.cells)
  const own = cells.filter((cell) => cell.clusterFolder !== null)
  const started = await Promise.allSettled(own.map((cell) => runCluster(host, cell)))
  const running = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failed = started.find((result) => result.status === 'rejected')
  if (!failed) return running
  await Promise.all(running.map((cluster) => cluster.stop()))
  throw failed.reason
}

async function runCluster(host: ClusterHost, cell: CellPlace): Promise<Watched> {
  const plan = planOf(host, cell)
  const mark = join(dirname(plan.folder), `${cell.name}.set-up`)
  return supervise(
    {
      name: `postgres ${cell.name}`,
      async start() {
        const isThere = existsSync(join(plan.folder, 'PG_VERSION'))
        // Its volume may not be mounted. An empty database in its place would look like everything were lost.
        if (!isThere && existsSync(mark))
          throw new ConfigError(
            `The database of region ${cell.region} is gone: ${plan.folder} holds none, though it was set up. ` +
              `Bring the folder back. To begin with an empty one instead, remove ${mark}.`,
          )
        const isSetUp = isThere && existsSync(mark) && readFileSync(mark, 'utf8') === String(setUpVersion)
        const cluster = await startCluster({ ...plan, purpose: isSetUp ? 'serve' : 'setUp' })
        if (!isSetUp) await setUp(host, cell, cluster, mark)
        return { report: {}, ended: cluster.ended, stop: cluster.stop }
      },
    },
    host.log,
  )
}

async function setUp(
  host: ClusterHost,
  cell: CellPlace,
  cluster: RunningCluster,
  mark: string,
): Promise<void> {
  try {
    await bootstrapCluster({
      host: cell.host,
      port: cell.port,
      superuserPassword: cluster.superuserPassword ?? '',
      databases: cell === host.config.regions[0].cells[0] ? ['cell', 'directory'] : ['cell'],
      verifiers: await askVerifiers(host.keeper, cell.region),
    })
    writeFileSync(`${mark}.new`, String(setUpVersion), { flush: true })
    renameSync(`${mark}.new`, mark)
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

async function askVerifiers(
  keeper: KeeperClient,
  region: string,
): Promise<Record<(typeof systemLogins)[number], string>> {
  const ask = async (role: (typeof systemLogins)[number]): Promise<string> =>
    (await keeper.ask('verifier', { region, role })).verifier
  const [migrator, sealer, dispatcher, router, registrar, replicator] = await Promise.all([
    ask('migrator'),
    ask('sealer'),
    ask('dispatcher'),
    ask('router'),
    ask('registrar'),
    ask('replicator'),
  ])
  return { migrator, sealer, dispatcher, router, registrar, replicator }
}

function planOf(host: ClusterHost, cell: CellPlace): Omit<ClusterPlan, 'purpose'> {
  const { config } = host
  return {
    region: cell.region,
    folder: cell.clusterFolder ?? '',
    socketFolder: cell.host,
    logFile: join(config.logFolder, `postgres-${cell.name}.log`),
    bin: config.postgresFolder ?? packagedServer(host.appFolder),
    account: host.account,
  }
}
