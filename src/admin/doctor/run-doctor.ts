// `panoply admin doctor [--home DIR] [--json]`: looks at an installation, running or not, and says of each thing how it is, what that means
// and what to do. Must stay true: it changes nothing, prints no secret, and has an answer whatever it finds.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { childEnvironment } from '#core/config.ts'
import { databaseChecks, lookedInVain } from './database-checks.ts'
import { exitCodeOf, type Finding, tellFindings } from './finding.ts'
import { codeOf, type Ground, openGround } from './ground.ts'
import { homeChecks } from './home-checks.ts'
import { keyChecks } from './key-checks.ts'
import { processChecks } from './process-checks.ts'
import { programChecks } from './program-checks.ts'
import { settingChecks } from './setting-checks.ts'

const USAGE = `Usage: panoply admin doctor [--home DIR] [--json]
  --home  the installation, unless it is the usual one
  --json  one JSON object on stdout
Ends with 0 when all is well, with 1 when something is due or could not be looked at, with 2 when something failed.
`

const CHECKS: readonly [name: string, run: (ground: Ground) => Finding[] | Promise<Finding[]>][] = [
  ['program', programChecks],
  ['home', homeChecks],
  ['keys', keyChecks],
  ['processes', processChecks],
  ['databases', databaseChecks],
  ['settings', settingChecks],
]

export interface DoctorOptions {
  readonly write?: (text: string) => void
  readonly env?: NodeJS.ProcessEnv
  readonly now?: Date
  readonly appFolder?: string
}

/** Runs the command on its arguments (without its name). Answers the exit code. */
export async function runDoctor(argv: readonly string[], options: DoctorOptions = {}): Promise<number> {
  const write = options.write ?? ((text: string) => void process.stdout.write(text))
  let given: { home?: string; json?: boolean }
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { home: { type: 'string' }, json: { type: 'boolean' } },
    })
    given = values
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    process.stderr.write(`${error.message}\n${USAGE}`)
    return 2
  }
  const ground = openGround({
    ...(given.home === undefined ? {} : { home: given.home }),
    env: options.env ?? childEnvironment(),
    appFolder: options.appFolder ?? join(import.meta.dirname, '../../..'),
    now: options.now ?? new Date(),
  })
  const findings: Finding[] = []
  for (const [name, check] of CHECKS)
    if (!ground.isStranger || name === 'program' || name === 'home')
      findings.push(...(await looked(name, check, ground)))
  const code = exitCodeOf(findings)
  const isRunning = ground.up !== null
  write(
    given.json
      ? `${JSON.stringify({ ok: code === 0, home: ground.home, isRunning, findings })}\n`
      : `${ground.home}, ${isRunning ? 'running' : 'not running'}\n\n${tellFindings(findings)}`,
  )
  return code
}

/** A folder that closes while it is read is a finding, too. */
async function looked(
  name: string,
  check: (ground: Ground) => Finding[] | Promise<Finding[]>,
  ground: Ground,
): Promise<Finding[]> {
  try {
    return await check(ground)
  } catch (error) {
    return [lookedInVain(name, codeOf(error))]
  }
}
