// The one entrance: which role this process plays stands first on its command line.
// Owns signals, the channel to `up` and the exit code, so that no role needs to know about them.
import { existsSync } from 'node:fs'
import { enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { type Config, ConfigError, type Role, type RunningRole, readConfig } from '#core/config.ts'
import { preferPacked } from '#core/prefer-packed.ts'

type Edge = (config: Config, signal: AbortSignal) => Promise<RunningRole>

const edges: Record<Exclude<Role, 'admin'>, () => Promise<Edge>> = {
  up: async () => (await import('#up/run-up.ts')).runUp,
  web: async () => (await import('#server/run-web.ts')).runWeb,
  worker: async () => (await import('#worker/run-worker.ts')).runWorker,
  keeper: async () => (await import('#keeper/run-keeper.ts')).runKeeper,
  cell: async () => (await import('#cell/run-cell.ts')).runCell,
  backup: async () => (await import('#backup/run-backup.ts')).runBackup,
}

const appFolder = join(import.meta.dirname, '..')

/** How long a role may take to stop (milliseconds): when asked to, and when `up` has died, the databases with it, and the next start waits. */
const patience = { asked: 15_000, orphaned: 1000, up: 120_000 }

async function main(): Promise<void> {
  const [role, ...rest] = process.argv.slice(2)
  if (role === 'admin') {
    preferPacked(appFolder)
    const { runAdmin } = await import('#admin/run-admin.ts')
    process.exitCode = await runAdmin(rest)
    return
  }
  const config = readConfig()
  if (config.role === 'admin') return
  if (config.runAs) (await import('#core/become-user.ts')).becomeUser(config.runAs)
  // After the change of user, so that no role runs what another one compiled; and `up` makes no folder unasked.
  if (config.role !== 'up' || existsSync(config.cacheFolder)) enableCompileCache(config.cacheFolder)
  preferPacked(appFolder)
  catchBugs(config)
  const edge = await edges[config.role]()
  if (config.isHeld) await begun()
  await play(config, edge)
}

/** Waits for the word of `up`, which has us load our program while what we stand on is still starting. */
function begun(): Promise<void> {
  return new Promise((resolve) => {
    const leave = (): void => process.exit(0)
    if (!process.connected) leave()
    process.once('disconnect', leave)
    process.once('message', () => {
      process.off('disconnect', leave)
      resolve()
    })
  })
}

/** Runs the role until a signal, or the end of `up`, asks it to stop. */
async function play(config: Config, edge: Edge): Promise<void> {
  const isUp = config.role === 'up'
  const stopping = new AbortController()
  const asked = new Promise<void>((resolve) => {
    const stop = (limit: number): void => {
      if (stopping.signal.aborted) return
      stopping.abort(new ConfigError('Stopped.'))
      setTimeout(() => process.exit(isUp ? 1 : 0), limit).unref()
      resolve()
    }
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
      process.on(signal, () => stop(isUp ? patience.up : patience.asked))
    process.once('disconnect', () => stop(isUp ? patience.up : patience.orphaned))
  })
  let running: RunningRole
  try {
    running = await edge(config, stopping.signal)
  } catch (error) {
    if (stopping.signal.aborted) process.exit(0)
    throw error
  }
  if (process.connected) process.send?.({ ready: true, role: config.role, report: running.report ?? {} })
  // A kill must not cost the next start its head start.
  flushCompileCache()
  await asked
  await running.stop()
  process.exit(0)
}

function catchBugs(config: Config): void {
  const fail = (error: unknown): void => {
    void record(config, error).finally(() => process.exit(1))
  }
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)
  // A terminal or a pipe that went away is no reason to end.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
}

async function record(config: Config, error: unknown): Promise<void> {
  await tell(error)
  if (config.role === 'up') return
  const { openLog } = await import('#core/log.ts')
  openLog(config).fatal({ error }, 'stopped by a bug')
}

/** A mistake of the person at the terminal gets its sentence; anything else what may be told of it. */
async function tell(error: unknown): Promise<void> {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`)
  else {
    const { describeError } = await import('#core/log.ts')
    const { type, message, code, stack } = describeError(error)
    process.stderr.write(`${[type, code, message].filter(Boolean).join(' ')}\n${stack ?? ''}\n`)
  }
}

await main().catch(async (error) => {
  await tell(error)
  process.exit(error instanceof ConfigError ? 2 : 1)
})
