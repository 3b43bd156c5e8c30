// The keeper as a role of main.ts.
import { readFileSync } from 'node:fs'
import { type Config, keeperSocket, type RunningRole } from '#core/config.ts'
import { readTokenAddress } from '#core/keys/token-key.ts'
import { openLog } from '#core/log.ts'
import { startKeeper } from './start-keeper.ts'

/** Serves every role's socket until stopped. Throws KeeperFault when the operator has to look first. */
export async function runKeeper(config: Config): Promise<RunningRole> {
  const log = openLog(config)
  const { keeperFolder: folder, rootKeyFile, rootKeyPassphraseFile, rootKeyToken } = config
  const keeper = await startKeeper({
    folder,
    rootKeyFile,
    replicas: config.keeperReplicas,
    passphrase: rootKeyPassphraseFile === null ? undefined : readPassphrase(rootKeyPassphraseFile),
    token: rootKeyToken === null ? undefined : readTokenAddress(rootKeyToken),
    regions: config.regions.map((region) => region.name),
    socket: (caller) => keeperSocket(config, caller),
    onFault: (error) => log.error({ err: error }, 'keeper fault'),
  })
  for (const finding of keeper.findings) log.warn({ finding }, 'keeper start')
  return { stop: () => keeper.stop() }
}

/** The first line of the file. */
function readPassphrase(file: string): string {
  return readFileSync(file, 'utf8').split(/\r?\n/, 1)[0] ?? ''
}
