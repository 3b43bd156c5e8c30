/**
 * What a cell stands on, for tests: a throw-away cluster set up as `up` sets one up, a real keeper that knows its logins, and
 * the place of one region, `eu`, on it. Nothing is migrated yet.
 */

import type { CellPlace, RegionPlace } from '#core/config.ts'
import { bootstrapCluster, systemLogins } from '#core/db/bootstrap-cluster.ts'
import { type OwnCluster, type OwnClusterOptions, startCluster } from './own-cluster.ts'
import { ownKeeper } from './own-keeper.ts'

export interface OwnGround {
  readonly cluster: OwnCluster
  readonly keeper: Awaited<ReturnType<typeof ownKeeper>>
  readonly place: CellPlace
  readonly region: RegionPlace
  /** Stop what stands on it first. */
  stop(): Promise<void>
}

/** Opens it; `options` are those of its cluster, `blobRoot` the folder of the region's blobs. Takes about 1.5 s. */
export async function openGround(blobRoot: string, options: OwnClusterOptions = {}): Promise<OwnGround> {
  const [cluster, keeper] = await Promise.all([startCluster(options), ownKeeper({ regions: ['eu'] })])
  const up = keeper.as('up')
  const verifiers = Object.fromEntries(
    await Promise.all(
      systemLogins.map(async (role) => [role, (await up.ask('verifier', { region: 'eu', role })).verifier]),
    ),
  )
  await bootstrapCluster({
    host: cluster.socketDir,
    port: cluster.port,
    superuserPassword: cluster.superuserPassword,
    databases: ['cell', 'directory'],
    verifiers,
  })
  const place = {
    name: 'eu-1',
    region: 'eu',
    host: cluster.socketDir,
    port: cluster.port,
    clusterFolder: null,
  }
  const region: RegionPlace = {
    name: 'eu',
    hostName: 'localhost',
    port: 8443,
    url: 'https://localhost:8443',
    blobRoot,
    cells: [place],
    certificateFile: '',
    certificateKeyFile: '',
  }
  return {
    cluster,
    keeper,
    place,
    region,
    async stop() {
      await keeper[Symbol.asyncDispose]()
      await cluster.stop()
    },
  }
}
