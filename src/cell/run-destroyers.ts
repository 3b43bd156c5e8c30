// A destroyer for each region of this machine, over all its cells: what a region's keeper forgets, it forgets for all of them.
import type { Config } from '#core/config.ts'
import { openQueuePool } from '#core/db/queue-pool.ts'
import { steadyClient } from '#core/db/steady-client.ts'
import { loginOf } from '#core/db/system-login.ts'
import type { KeeperClient } from '#core/keys/keeper-client.ts'
import { keyListFolder } from '#core/keys/key-list-folder.ts'
import type { Log } from '#core/log.ts'
import { wallClock } from '#core/time.ts'
import { createDestroyer } from './destroyer.ts'
import type { Workers } from './workers.ts'

/** Starts them; the cells are migrated already. `stop` waits for the step under way. */
export function runDestroyers(
  config: Config,
  keeper: KeeperClient,
  workers: Pick<Workers, 'removeContainer'>,
  log: Log,
): { readonly stop: () => Promise<void> } {
  const stopping = new AbortController()
  const running = config.regions.map(async (region) => {
    const [lead, ...others] = region.cells.map((place) => ({
      client: steadyClient(loginOf(keeper, place, 'cell', 'migrator')),
      sealer: steadyClient(loginOf(keeper, place, 'cell', 'sealer')),
      pool: openQueuePool(loginOf(keeper, place, 'cell', 'dispatcher'), 1),
    }))
    if (!lead) return
    const cells = [lead, ...others] as const
    const directory = steadyClient(loginOf(keeper, config.regions[0].cells[0], 'directory', 'registrar'))
    const destroyer = createDestroyer({
      region: region.name,
      cells,
      directory,
      keeper,
      keyLists: keyListFolder(config.home, region.name),
      now: wallClock,
      log,
      removeContainer: (tenant) => workers.removeContainer(region.name, tenant),
    })
    await destroyer.run(stopping.signal)
    await directory.close()
    await Promise.all(
      cells.flatMap(({ client, sealer, pool }) => [client.close(), sealer.close(), pool.end()]),
    )
  })
  return {
    async stop() {
      stopping.abort()
      await Promise.all(running)
    },
  }
}
