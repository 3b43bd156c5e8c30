// `panoply admin recovery-kit [--out FILE | --confirm CODE] [--home DIR] [--json]`: makes what must be kept away from the machine, and
// notes that it is. Must stay true: it prints the root key, so it runs for whoever may read that file and for nobody else.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { buildConfig, type Config, ConfigError } from '#core/config.ts'
import { checkCode, confirmRecoveryKit, makeRecoveryKit, type RecoveryKit } from '#core/keys/recovery-kit.ts'

const USAGE = `Usage: panoply admin recovery-kit [--out FILE | --confirm CODE] [--home DIR] [--json]
  --out FILE      writes the kit to FILE, readable by you alone; printed to be put on paper otherwise
  --confirm CODE  notes that a kit is kept in a safe place: CODE stands at its end, and is typed from there
`

/** Runs the command on its arguments (without its name). Answers the exit code: 0 done, 1 the code is not of this installation, 2 could not be done. */
export async function runRecoveryKit(
  argv: readonly string[],
  write: (text: string) => void = (text) => process.stdout.write(text),
): Promise<number> {
  const options = {
    out: { type: 'string' },
    confirm: { type: 'string' },
    home: { type: 'string' },
    json: { type: 'boolean' },
  } as const
  try {
    const { values } = parseArgs({ args: [...argv], options, allowPositionals: false })
    const config = buildConfig({
      role: 'admin',
      ...(values.home ? { home: values.home } : {}),
    })
    const kit = makeRecoveryKit(config, new Date())
    if (values.confirm !== undefined) return confirm(config, kit, values.confirm, write)
    if (values.out === undefined) {
      write(values.json ? `${JSON.stringify(kit)}\n` : describe(kit))
      return 0
    }
    writeFileSync(values.out, `${JSON.stringify(kit)}\n`, { mode: 0o600, flag: 'wx' })
    write(
      values.json
        ? `${JSON.stringify({ file: values.out, code: kit.code })}\n`
        : `The kit is in ${values.out}. Bring it away from this machine, then say so:\n  panoply admin recovery-kit --confirm ${kit.code}\n`,
    )
    return 0
  } catch (error) {
    const isOperators = error instanceof TypeError || error instanceof ConfigError || isOfFiles(error)
    if (!isOperators || !(error instanceof Error)) throw error
    write(`${error.message}\n${error instanceof TypeError ? USAGE : ''}`)
    return 2
  }
}

function confirm(config: Config, kit: RecoveryKit, typed: string, write: (text: string) => void): number {
  if (typed.trim().toLowerCase() !== kit.code) {
    write(
      `${typed} is the code of another kit: this installation has another root key. Make its kit and keep it.\n`,
    )
    return 1
  }
  confirmRecoveryKit(config.home, {
    code: checkCode(Buffer.from(kit.rootKey, 'base64')),
    confirmedAt: new Date().toISOString(),
  })
  write('Noted. The trust page shows it within half an hour.\n')
  return 0
}

function describe(kit: RecoveryKit): string {
  const lines = (base64: string) => (base64.match(/.{1,76}/g) ?? []).map((line) => `    ${line}`).join('\n')
  return `PANOPLY RECOVERY KIT                                   made ${kit.madeAt}
Of the installation in ${kit.home}. Whoever holds this${kit.hasPassphrase ? ', and the passphrase or token,' : ''} and a copy of the data can read all of it.
Keep it away from the machine, where you would keep a deed. Losing it and the machine is losing the data.

1. The root key, the bytes of ${kit.rootKeyFile} in base64${kit.hasPassphrase ? '; the passphrase or token that opens it is not here, keep that elsewhere' : ''}:
${lines(kit.rootKey)}

2. The keeper's sealed state as it is now, in base64. After a destruction only a newer one opens what lives: keep the newest copy of
   keeper/state.sealed off the machine too (PANOPLY_KEEPER_REPLICAS names folders that the keeper writes one to, best on other disks).
${lines(kit.state)}

When the machine is lost: install Panoply, bring database, blobs and keys/ back into a home, and run
    panoply admin restore-keeper --kit FILE [--state NEWEST_state.sealed] --home DIR
FILE is this kit as --out wrote it. Then start as always.

Check code: ${kit.code}      Say that you keep this kit: panoply admin recovery-kit --confirm ${kit.code}
`
}

function isOfFiles(error: unknown): boolean {
  return error instanceof Error && 'code' in error && 'syscall' in error
}
