// The keeper as a role of main.ts.
import { type Config, keeperSocket, type RunningRole } from '#core/config.ts'
import { describeError, openLog } from '#core/log.ts'
import { startKeeper } from './start-keeper.ts'

/** Serves every role's socket until stopped. Throws KeeperFault when the operator has to look first. */
export async function runKeeper(config: Config): Promise<RunningRole> {
  const log = openLog(config)
  const keeper = await startKeeper({
    folder: config.keeperFolder,
    rootKeyFile: config.rootKeyFile,
    regions: config.regions.map((region) => region.name),
    socket: (caller) => keeperSocket(config, caller),
    onFault: (error) => log.error({ err: describeError(error) }, 'keeper fault'),
  })
  for (const finding of keeper.findings) log.warn({ finding }, 'keeper start')
  return { stop: () => keeper.stop() }
}
