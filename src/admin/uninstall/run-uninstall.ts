// `panoply admin uninstall [--home DIR] --keep-data|--delete-data [--stop] [--yes] [--json]`: takes an installation off this machine.
// Must stay true: what will be gone is named before anything is; nothing goes while processes work on it; what set-up did not make stays;
// killed in the middle, the same command goes on.
import { spawnSync } from 'node:child_process'
import { rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import { buildConfig, type Config, ConfigError, childEnvironment, homeOf, keyFolderOf } from '#core/config.ts'
import { forgetHome } from '#core/known-homes.ts'
import { endProcess, isRunning, processesIn } from '#core/process-identity.ts'
import { asIdentity, codeOf, readJson } from '../doctor/ground.ts'
import { sizeOf } from '../doctor/home-checks.ts'
import { type Plan, planUninstall } from './plan-uninstall.ts'

const USAGE = `Usage: panoply admin uninstall [--home DIR] --keep-data|--delete-data [--stop] [--yes] [--json]
  --home         the installation, unless it is the usual one
  --delete-data  everything goes: databases, files, keys, the root key, the certificate authority
  --keep-data    sockets, logs, caches and the mirror go; what was stored and what opens it stays
  --stop         stops it first when it runs
  --yes          does not ask
  --json         one JSON object on stdout; needs --yes
Ends with 0 when it is done, with 1 when it was refused or something could not be removed, with 2 when it was asked wrongly.
`
/** How long a running installation may take to stop, milliseconds. */
const STOP_MS = 120_000

export interface UninstallOptions {
  readonly write?: (text: string) => void
  /** Asks a person and answers what they typed; null when there is nobody. */
  readonly ask?: (question: string) => Promise<string | null>
  readonly env?: Record<string, string | undefined>
  readonly keyFolder?: string
}

interface Given {
  readonly home: string
  readonly keepsData: boolean
  readonly stops: boolean
  readonly isSure: boolean
  readonly isJson: boolean
}

/** Runs the command on its arguments (without its name). Answers the exit code. */
export async function runUninstall(argv: readonly string[], options: UninstallOptions = {}): Promise<number> {
  const write = options.write ?? ((text: string) => void process.stdout.write(text))
  const env = options.env ?? childEnvironment()
  let given: Given
  let config: Config
  try {
    given = readArguments(argv, env)
    config = buildConfig({ role: 'admin', home: given.home, env })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n${USAGE}`)
    return 2
  }
  const say = (text: string): void => {
    if (!given.isJson) write(text)
  }
  const refuse = (reason: string): number => {
    if (given.isJson) write(`${JSON.stringify({ ok: false, home: config.home, error: reason })}\n`)
    else process.stderr.write(`${reason}\n`)
    return 1
  }
  try {
    const isRoot = process.getuid?.() === 0
    const keyFolder = options.keyFolder ?? keyFolderOf(env)
    const plan = planUninstall({ config, keepsData: given.keepsData, isRoot, keyFolder })
    say(tellPlan(plan))
    const running = runningOn(config)
    if (running.length > 0 && !given.stops)
      return refuse(`It runs (${running.join(', ')}); nothing was removed. Stop it, or add --stop.`)
    if (!given.isSure && !(await isMeant(config.home, options.ask ?? askAtTerminal)))
      return refuse('Nothing was removed.')
    if (running.length > 0) await stopRunning(config)
    if (runningOn(config).length > 0) return refuse('It does not stop; nothing was removed.')
    const failures = remove(plan, keyFolder)
    if (given.isJson) write(`${JSON.stringify({ ok: failures.length === 0, ...plan, failures })}\n`)
    else say(tellEnd(plan, failures))
    return failures.length === 0 ? 0 : 1
  } catch (error) {
    if (error instanceof ConfigError) return refuse(error.message)
    throw error
  }
}

function readArguments(argv: readonly string[], env: Record<string, string | undefined>): Given {
  const flag = { type: 'boolean' } as const
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        home: { type: 'string' },
        'keep-data': flag,
        'delete-data': flag,
        stop: flag,
        yes: flag,
        json: flag,
      },
    })
    const keepsData = values['keep-data'] === true
    if (keepsData === (values['delete-data'] === true))
      throw new ConfigError('Say --delete-data or --keep-data: one of them, so that it is meant.')
    if (values.json && !values.yes) throw new ConfigError('--json needs --yes: there is nobody to ask.')
    return {
      home: homeOf(values.home, env),
      keepsData,
      stops: values.stop === true,
      isSure: values.yes === true,
      isJson: values.json === true,
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new ConfigError(error.message)
  }
}

function tellPlan(plan: Plan): string {
  const gone = plan.removed.map(
    ({ what, path, bytes }) => `  ${sizeOf(bytes).padStart(9)}  ${path}  (${what})`,
  )
  const accounts = [
    ...(plan.users.length > 0 ? [`  System users ${plan.users.join(', ')}`] : []),
    ...(plan.groups.length > 0 ? [`  Groups ${plan.groups.join(', ')}`] : []),
  ]
  const warning = plan.keepsData
    ? ''
    : '\nIt cannot be undone. What is sealed opens nowhere else unless you have a copy of the root key.\n'
  return `This will be gone:\n${[...gone, ...accounts].join('\n')}\n${warning}\nThis stays:\n${plan.remains.map((line) => `  ${line}`).join('\n')}\n\n`
}

function tellEnd(plan: Plan, failures: readonly string[]): string {
  const bytes = plan.removed.reduce((sum, one) => sum + one.bytes, 0)
  return failures.length === 0
    ? `Done: ${sizeOf(bytes)} removed.\n`
    : `Not everything could be removed:\n${failures.map((line) => `  ${line}`).join('\n')}\nMend that and run the command again.\n`
}

async function isMeant(home: string, ask: NonNullable<UninstallOptions['ask']>): Promise<boolean> {
  const typed = await ask(`Type ${home} to go on: `)
  return typed?.trim() === home
}

async function askAtTerminal(question: string): Promise<string | null> {
  if (!process.stdin.isTTY) return null
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await terminal.question(question)
  } finally {
    terminal.close()
  }
}

/** What works on the home: `up`, its processes, and servers of its databases. */
function runningOn(config: Config): string[] {
  const up = asIdentity(readJson(join(config.home, 'up/up.pid')))
  const children = readJson(join(config.home, 'up/children.json'))
  const listed = children instanceof Object ? Object.entries(children) : []
  const folders = config.regions.flatMap(({ cells }) =>
    cells.flatMap(({ clusterFolder }) => clusterFolder ?? []),
  )
  return [
    ...(up && isRunning(up) ? [`process ${up.pid}`] : []),
    ...listed.flatMap(([name, value]) => {
      const identity = asIdentity(value)
      return identity && isRunning(identity) ? [`${name} ${identity.pid}`] : []
    }),
    ...folders.flatMap((folder) => processesIn(folder).map(({ pid }) => `database ${pid}`)),
  ]
}

/** `up` stops everything it started. What it left when it was killed is for the next start to end. */
async function stopRunning(config: Config): Promise<void> {
  const up = asIdentity(readJson(join(config.home, 'up/up.pid')))
  if (up && isRunning(up)) await endProcess(up, [['SIGTERM', STOP_MS]])
}

/** Answers what could not be removed. */
function remove(plan: Plan, keyFolder: string): string[] {
  const failures: string[] = []
  const attempt = (what: string, work: () => void): void => {
    try {
      work()
    } catch (error) {
      failures.push(`${what}: ${codeOf(error)}`)
    }
  }
  const isLast = (path: string) => path.startsWith(join(plan.home, 'installation.json'))
  const [late, early] = [
    plan.removed.filter(({ path }) => isLast(path)),
    plan.removed.filter(({ path }) => !isLast(path)),
  ]
  // A link goes as a link: what it leads to is somebody else's.
  for (const { path } of early) attempt(path, () => rmSync(path, { recursive: true, force: true }))
  for (const user of plan.users) failures.push(...change('userdel', user))
  for (const group of plan.groups) failures.push(...change('groupdel', group))
  if (failures.length > 0) return failures
  // As long as this is there the command can be run again.
  for (const { path } of late) attempt(path, () => rmSync(path, { force: true }))
  if (!plan.keepsData) attempt(keyFolder, () => forgetHome(plan.home, keyFolder))
  for (const folder of plan.ifEmpty) removeIfEmpty(folder)
  return failures
}

function change(program: string, name: string): string[] {
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }
  const done = spawnSync(program, [name], { env, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
  // 6: it does not exist, because another program took it with its user.
  return done.status === 0 || done.status === 6
    ? []
    : [`${name}: ${done.error?.message ?? done.stderr.trim()}`]
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch (error) {
    // Not empty, or not there: then it is not ours to remove.
    codeOf(error)
  }
}
