// `panoply admin restore-keeper --kit FILE [--state FILE …] [--home DIR] [--passphrase-file FILE] [--json]`: puts root key and keeper's
// state back where a machine was lost. Must stay true: it replaces neither a key nor a newer state; of several states the newest that opens
// counts; a state older than the log beside it is refused.
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { findAccount } from '#core/become-user.ts'
import { buildConfig, type Config, ConfigError } from '#core/config.ts'
import { openChainedLog } from '#core/keys/chained-log.ts'
import { KeeperFault } from '#core/keys/keeper-fault.ts'
import { type RecoveryKit, readRecoveryKit } from '#core/keys/recovery-kit.ts'
import { loadRootKey } from '#core/keys/root-key.ts'
import { openSealedState, STATE_FILE, stateKey } from '#core/keys/sealed-state.ts'
import { readTokenAddress } from '#core/keys/token-key.ts'

const USAGE = `Usage: panoply admin restore-keeper --kit FILE [--state FILE …] [--home DIR] [--passphrase-file FILE] [--json]
  --kit FILE              the recovery kit, as \`recovery-kit --out\` wrote it
  --state FILE            a copy of the keeper's state.sealed that may be newer than the kit's; may be given several times
  --passphrase-file FILE  where the root key has a passphrase
Stop Panoply first. Nothing that is there is replaced, unless it is older.
`

interface Found {
  readonly from: string
  readonly bytes: Buffer
  readonly sequence: number
  /** Region to its epochs. */
  readonly epochs: Readonly<Record<string, number[]>>
}

/** Runs the command on its arguments (without its name). Answers the exit code: 0 restored, 1 refused, 2 could not be done. */
export async function runRestoreKeeper(
  argv: readonly string[],
  write: (text: string) => void = (text) => process.stdout.write(text),
): Promise<number> {
  const options = {
    kit: { type: 'string' },
    state: { type: 'string', multiple: true },
    home: { type: 'string' },
    'passphrase-file': { type: 'string' },
    json: { type: 'boolean' },
  } as const
  try {
    const { values } = parseArgs({ args: [...argv], options, allowPositionals: false })
    const kit = values.kit === undefined ? null : readRecoveryKit(readFileSync(values.kit, 'utf8'))
    if (!kit) {
      write(values.kit === undefined ? USAGE : `${values.kit} is not a recovery kit.\n`)
      return 2
    }
    const config = buildConfig({
      role: 'admin',
      ...(values.home ? { home: values.home } : {}),
    })
    const passphraseFile = values['passphrase-file']
    const passphrase =
      passphraseFile === undefined ? undefined : readFileSync(passphraseFile, 'utf8').split(/\r?\n/, 1)[0]
    const done = await restoreKeeper(config, { kit, states: values.state ?? [], passphrase })
    write(
      values.json
        ? `${JSON.stringify(done)}\n`
        : `The keeper's state ${done.sequence} from ${done.from} is in place, with the root key in ${config.rootKeyFile}.\n${Object.entries(
            done.epochs,
          )
            .map(([region, epochs]) => `  ${region}: epochs ${epochs.join(', ')}`)
            .join(
              '\n',
            )}\nStart Panoply. If the database knows of newer epochs, its log says so: then bring a newer state.\n`,
    )
    return 0
  } catch (error) {
    if (error instanceof KeeperFault) {
      write(`${error.message}\n`)
      return 1
    }
    const isOfFiles = error instanceof Error && 'code' in error && 'syscall' in error
    if (!(error instanceof TypeError || error instanceof ConfigError || isOfFiles)) throw error
    write(`${error.message}\n${error instanceof TypeError ? USAGE : ''}`)
    return 2
  }
}

/** Puts them in place. Throws KeeperFault when that would replace a key, bring an older state, or when no state opens. */
export async function restoreKeeper(
  config: Pick<Config, 'rootKeyFile' | 'rootKeyToken' | 'keeperFolder' | 'hasSystemUsers'>,
  {
    kit,
    states,
    passphrase,
  }: { kit: RecoveryKit; states: readonly string[]; passphrase?: string | undefined },
): Promise<Omit<Found, 'bytes'>> {
  const { rootKeyFile, keeperFolder } = config
  const rootKey = Buffer.from(kit.rootKey, 'base64')
  const work = mkdtempSync(join(tmpdir(), 'panoply-restore-'))
  try {
    const file = join(work, 'root.key')
    writeFileSync(file, rootKey, { mode: 0o600 })
    const token = config.rootKeyToken === null ? undefined : readTokenAddress(config.rootKeyToken)
    const { key } = loadRootKey({ file, passphrase, token })
    if (existsSync(rootKeyFile) && !readFileSync(rootKeyFile).equals(rootKey))
      throw new KeeperFault(`${rootKeyFile} is another root key than the kit's; move it away first.`)
    const there = [join(keeperFolder, STATE_FILE), join(keeperFolder, 'replica', STATE_FILE)].filter(
      existsSync,
    )
    const given = [
      { from: 'the kit', bytes: Buffer.from(kit.state, 'base64') },
      ...[...states, ...there].map((from) => ({ from, bytes: readFileSync(from) })),
    ]
    const found = given.flatMap(({ from, bytes }): Found[] => {
      const state = openSealedState(stateKey(key), bytes)
      if (!state) return []
      const epochs = Object.entries(state.regions).map(
        ([region, purposes]) => [region, (purposes.epoch ?? []).map(({ version }) => version)] as const,
      )
      return [{ from, bytes, sequence: state.sequence, epochs: Object.fromEntries(epochs) }]
    })
    const newest = found.toSorted((a, b) => b.sequence - a.sequence)[0]
    if (!newest) throw new KeeperFault('None of these states opens with the root key of the kit.')
    const log = await openChainedLog({ folder: join(keeperFolder, 'log'), now: () => new Date() })
    await log.close()
    if (newest.sequence < log.sequence)
      throw new KeeperFault(
        `The newest state here is ${newest.sequence}, but the keeper's log knows ${log.sequence}: an older one would bring back what was forgotten. Bring a newer copy.`,
      )
    putInPlace(config, rootKey, newest.bytes)
    const { bytes: _, ...told } = newest
    return told
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function putInPlace(
  {
    rootKeyFile,
    keeperFolder,
    hasSystemUsers,
  }: Pick<Config, 'rootKeyFile' | 'keeperFolder' | 'hasSystemUsers'>,
  rootKey: Buffer,
  state: Buffer,
): void {
  const keeper = hasSystemUsers ? findAccount('panoply-keeper') : null
  const own = (path: string) => keeper && chownSync(path, keeper.uid, keeper.gid)
  mkdirSync(dirname(rootKeyFile), { recursive: true, mode: 0o700 })
  if (!existsSync(rootKeyFile)) writeFileSync(rootKeyFile, rootKey, { mode: 0o600 })
  own(rootKeyFile)
  for (const folder of [keeperFolder, join(keeperFolder, 'replica')]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(join(folder, `${STATE_FILE}.part`), state, { mode: 0o600 })
    copyFileSync(join(folder, `${STATE_FILE}.part`), join(folder, STATE_FILE))
    rmSync(join(folder, `${STATE_FILE}.part`))
    own(folder)
    own(join(folder, STATE_FILE))
  }
  const log = join(keeperFolder, 'log')
  if (existsSync(log)) own(log)
}
