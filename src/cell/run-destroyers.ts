// A destroyer for each region of this machine, over all its cells: what a region's keeper forgets, it forgets for all of them.
import type { Config } from '#core/config.ts'
import { openQueuePool } from '#core/db/queue-pool.ts'
import { steadyClient } from '#core/db/steady-client.ts'
import { loginOf } from '#core/db/system-login.ts'
import type { KeeperClient } from '#core/keys/keeper-client.ts'
import type { Log } from '#core/log.ts'
import { wallClock } from '#core/time.ts'
import { createDestroyer } from './destroyer.ts'

/** Starts them; the cells are migrated already. `stop` waits for the step under way. */
export function runDestroyers(
  config: Config,
  keeper: KeeperClient,
  log: Log,
): { readonly stop: () => Promise<void> } {
  const stopping = new AbortController()
  const running = config.regions.map(async (region) => {
    const [lead, ...others] = region.cells.map((place) => ({
      client: steadyClient(loginOf(keeper, place, 'cell', 'migrator')),
      pool: openQueuePool(loginOf(keeper, place, 'cell', 'dispatcher'), 1),
    }))
    if (!lead) return
    const cells = [lead, ...others] as const
    const destroyer = createDestroyer({ region: region.name, cells, keeper, now: wallClock, log })
    await destroyer.run(stopping.signal)
    await Promise.all(cells.flatMap(({ client, pool }) => [client.close(), pool.end()]))
  })
  return {
    async stop() {
      stopping.abort()
      await Promise.all(running)
    },
  }
}
