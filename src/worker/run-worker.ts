// The worker process: takes jobs from the cell process and runs the tasks of all products, for every region of this machine.
// Must stay true: it holds the keys of a tenant only as lent; what it leaves in memory or on a disk goes when it stops, or at its next start.
import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { openBlobStore } from '#core/blobs/blob-store.ts'
import { type Config, cellSocket, keeperSocket, type RunningRole } from '#core/config.ts'
import { findConfinement } from '#core/jobs/confinement.ts'
import { openWorkRoot } from '#core/jobs/work-folder.ts'
import { openKeeperClient } from '#core/keys/keeper-client.ts'
import { openLog } from '#core/log.ts'
import { buildContext } from '#src/context.ts'
import { products } from '#src/products.ts'
import { openAskWeb } from '#trust/prober/ask-web.ts'
import { runProber } from '#trust/prober/run-prober.ts'
import { joinCell } from './cell-link.ts'
import { lookAs } from './evidence/worker-probes.ts'
import { runJob } from './run-job.ts'

/** How long what runs may go on after the worker was asked to stop; then it is given back. Below the patience of main.ts. */
const graceMs = 5_000

/** Jobs at a time on the smallest machine: more than the two that one organisation may have out, so that none holds every place. */
const LEAST_PLACES = 3

/** Starts working. Stopping ends what runs or gives it back; nothing counts against a job that is given back. */
export async function runWorker(config: Config): Promise<RunningRole> {
  const log = openLog(config)
  const parsing = {
    workRoot: await openWorkRoot(config.runFolder),
    confinement: await findConfinement(),
  }
  const ctx = buildContext(config, 'worker', parsing, log)
  const tasks = new Map(products.flatMap((product) => product.tasks.map((task) => [task.name, task])))
  const link = joinCell({
    socket: cellSocket(config, 'worker'),
    capacity: Math.max(LEAST_PLACES, availableParallelism() - 1),
    tasks: [...tasks.keys()],
    run: (running) => runJob({ ctx, tasks, log }, running),
    async removeContainer(name, tenant) {
      const region = config.regions.find((place) => place.name === name)
      if (!region) throw new Error('this worker does not know the region')
      await openBlobStore(region.blobRoot).removeContainer(tenant)
    },
    async look(name, evidence) {
      const region = config.regions.find((place) => place.name === name)
      if (!region)
        return { outcome: 'unknown', looked: {}, faults: ['This worker does not know the region.'] }
      return lookAs({ region, config, passwords: ctx.passwords, workRoot: parsing.workRoot }, evidence, log)
    },
  })
  const stopping = new AbortController()
  const keeper = openKeeperClient({ socket: keeperSocket(config, 'worker') })
  const ask = openAskWeb(config)
  const probing = config.regions.map(({ name: region, blobRoot }) => {
    const behind = { reach: ctx.tenant, blobs: openBlobStore(blobRoot), blobRoot }
    const ground = { ctx, region, keeper, products, ask, ...behind }
    return runProber({ ground, log, signal: stopping.signal })
  })
  return {
    report: { network: parsing.confinement.network },
    async stop() {
      stopping.abort()
      await Promise.all([link.leave(graceMs), ...probing])
      keeper.close()
      ask[Symbol.dispose]()
      await ctx.close()
      await rm(parsing.workRoot, { recursive: true, force: true })
    },
  }
}
