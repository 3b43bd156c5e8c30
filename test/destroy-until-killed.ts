// Child process of a test: does one round of destruction and is killed before the step it was told.

import { createDestroyer, type DestructionStep } from '#cell/destroyer.ts'
import { openBlobStore } from '#core/blobs/blob-store.ts'
import type { CellPlace } from '#core/config.ts'
import { openQueuePool } from '#core/db/queue-pool.ts'
import { steadyClient } from '#core/db/steady-client.ts'
import { loginOf } from '#core/db/system-login.ts'
import { openKeeperClient } from '#core/keys/keeper-client.ts'
import { silentLog } from '#core/log.ts'

export interface DestroyOrder {
  readonly socket: string
  readonly place: CellPlace
  readonly blobRoot: string
  readonly keyLists: string
  /** Milliseconds since 1970. */
  readonly now: number
  readonly until: DestructionStep
}

process.once('message', async ({ socket, place, blobRoot, keyLists, now, until }: DestroyOrder) => {
  const keeper = openKeeperClient({ socket, timeout: 60_000 })
  const client = steadyClient(loginOf(keeper, place, 'cell', 'migrator'))
  const pool = openQueuePool(loginOf(keeper, place, 'cell', 'dispatcher'), 1)
  const destroyer = createDestroyer({
    region: place.region,
    cells: [{ client, sealer: steadyClient(loginOf(keeper, place, 'cell', 'sealer')), pool }],
    directory: steadyClient(loginOf(keeper, place, 'directory', 'registrar')),
    keeper,
    keyLists,
    async removeContainer(tenant) {
      await openBlobStore(blobRoot).removeContainer(tenant)
      return true
    },
    now: () => new Date(now),
    log: silentLog(),
    async onStep(step) {
      if (step !== until) return
      process.send?.('there')
      await new Promise(() => undefined)
    },
  })
  await destroyer.round()
  throw new Error(`the round had no step ${until}`)
})
