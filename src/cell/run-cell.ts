// The cell process: migrations, spare tenants, the queue, the sealing of audit logs and destruction, for all cells of this machine.
// Must stay true: it holds database roles and no key of a tenant; web and worker reach it over their own sockets only.
import type { Server } from 'node:net'
import { type CellCaller, type Config, cellSocket, keeperSocket, type RunningRole } from '#core/config.ts'
import { openKeeperClient } from '#core/keys/keeper-client.ts'
import { openLog } from '#core/log.ts'
import { listenOn } from '#core/net/listen-on.ts'
import { answerCaller } from './answer-callers.ts'
import { migrateDirectory, startRegionCell } from './region-cell.ts'
import { runDestroyers } from './run-destroyers.ts'
import { Workers } from './workers.ts'

/** Starts all cells; ready when migrations are done and every cell has a spare tenant. */
export async function runCell(config: Config): Promise<RunningRole> {
  const log = openLog(config)
  const keeper = openKeeperClient({ socket: keeperSocket(config, 'cell') })
  const workers = new Workers()
  const plans = config.regions.flatMap((region) =>
    region.cells.map((place) => ({ config, region, place, keeper, workers, log })),
  )
  // First of all: a second cell process on the same machine ends here, before it touches the queue.
  const servers: Server[] = [await listenOn(cellSocket(config, 'worker'), (socket) => workers.add(socket))]
  const [first] = plans
  if (first) await migrateDirectory(first)
  const cells = await Promise.all(plans.map(startRegionCell))
  const destroyers = runDestroyers(config, keeper, workers, log)
  const callers = { cells, workers, log }
  const asking: readonly CellCaller[] = ['web', 'up']
  for (const caller of asking)
    servers.push(await listenOn(cellSocket(config, caller), (socket) => answerCaller(callers, socket)))
  return {
    report: { cells: cells.length },
    async stop() {
      for (const server of servers) server.close()
      workers.close()
      await destroyers.stop()
      await Promise.all(cells.map((cell) => cell.stop()))
      keeper.close()
    },
  }
}
