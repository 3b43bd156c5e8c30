// Owns: what this process was told. The only file that reads process.env and argv.
// `up` decides ports and folders and writes them to home/installation.json (no secrets in it);
// every other role reads that file, so all processes of one home always agree.
import { createHash } from 'node:crypto'
import { accessSync, constants, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

export const roles = ['up', 'web', 'worker', 'keeper', 'cell', 'backup', 'admin'] as const
export type Role = (typeof roles)[number]

/** Roles that talk to the keeper, each over its own socket. */
export type KeeperCaller = 'web' | 'worker' | 'cell' | 'backup' | 'up'
/** Roles that talk to the cell process, each over its own socket. */
export type CellCaller = 'web' | 'worker' | 'up'

/** One PostgreSQL cluster that holds tenants: database `cell`, and `directory` in the first cell of the first region. */
export interface CellPlace {
  /** e.g. `eu-1` */
  name: string
  region: string
  /** Folder of the unix socket for our own clusters (pass it to `pg` as `host`), else a host name. */
  host: string
  port: number
  /** Data folder of a cluster we start ourselves; null when the cluster is somebody else's. */
  clusterFolder: string | null
}

/** Where one region lives: its web port, its blobs, its cells, its certificate. */
export interface RegionPlace {
  name: string
  hostName: string
  port: number
  /** Origin without a trailing slash, e.g. `https://localhost:8443`. */
  url: string
  blobRoot: string
  cells: [CellPlace, ...CellPlace[]]
  certificateFile: string
  certificateKeyFile: string
}

export interface Config {
  role: Role
  /** What followed the role on the command line, options included (for `admin`). */
  rest: string[]
  home: string
  /** The folder that holds src/, migrations/ and dist/: the project, or its mirror (see up/reachable.ts). */
  appFolder: string
  /** Unix sockets; short, and emptied by a reboot. */
  runFolder: string
  logFolder: string
  /** This role's own log. */
  logFile: string
  logLevel: string
  /** What this role compiled of its own program, so that its next start is quicker; no other role may write here. */
  cacheFolder: string
  keeperFolder: string
  keeperReplicas: string[]
  /** Folder with initdb and postgres of another server (e.g. Debian's 15); null uses the packaged one. */
  postgresFolder: string | null
  rootKeyFile: string
  /** A file with the passphrase that opens the root key file; null when it has none. */
  rootKeyPassphraseFile: string | null
  /** Address of the PKCS#11 key that opens it (see core/keys/token-key.ts); null when none does. */
  rootKeyToken: string | null
  /** Address or name the web listens on; `localhost` is both loopback addresses. */
  listenHost: string
  /** Port of the first region; region i listens on port + i. */
  port: number
  /** Redirects to HTTPS. */
  httpPort: number
  caCertificateFile: string
  caKeyFile: string
  /** In order; the first one's first cell also holds the directory. */
  regions: [RegionPlace, ...RegionPlace[]]
  /** `up` as root gives every role its own system user. */
  hasSystemUsers: boolean
  /** The system user this process becomes before it does anything; null stays who it is. */
  runAs: string | null
  isJson: boolean
  isDemo: boolean
  /** A role that loads its program and then waits for `up` to say that it may begin. */
  isHeld: boolean
  /** Outbound calls may reach loopback: tests and demos only, shown as a failure on the trust page. */
  allowsLoopback: boolean
  /** smtp:// or smtps:// URL; null keeps mail in the outbox. */
  smtpUrl: string | null
  mailFrom: string
  /** The key with which an admin command asks the web; never on a command line, where others could read it. */
  apiKey: string | null
}

/** What a role's edge gives back: `report` travels to `up` with `ready`, `stop` ends everything the role opened. */
export interface RunningRole {
  report?: Record<string, unknown>
  /** Finishes what was acknowledged and closes; called once, at SIGTERM, SIGINT or when `up` has gone. */
  stop(): Promise<void>
}

/** The shape of home/installation.json. Paths are relative to the home unless absolute. */
export interface Installation {
  version: 1
  port: number
  listenHost: string
  runFolder: string
  rootKeyFile: string
  hasSystemUsers: boolean
  regions: {
    name: string
    hostName: string
    blobs: string
    cells: { name: string; cluster?: string; host?: string; port?: number }[]
  }[]
}

/** What the person who typed the command can mend; the message says all they need, so it is shown without a stack. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

const defaultPort = 8443
/** What the processes of an installation get of the environment besides our own names. */
const PASSED_ON = ['PATH', 'TZ', 'TMPDIR', 'NODE_EXTRA_CA_CERTS', 'SOFTHSM2_CONF']
const projectFolder = resolve(import.meta.dirname, '../..')

export interface Told {
  role: Role
  rest?: string[]
  home?: string
  port?: number
  runAs?: string
  isJson?: boolean
  isDemo?: boolean
  isHeld?: boolean
  env?: Record<string, string | undefined>
}

/**
 * Reads argv (`<role> [--home DIR] [--port N] [--json] [--demo] [--as USER] [--held] …`), PANOPLY_* and home/installation.json.
 * @throws ConfigError for an unknown option, a bad port, or a home that was never started
 */
export function readConfig(argv: string[] = process.argv.slice(2)): Config {
  const role = roles.find((name) => name === argv[0])
  if (!role) throw new ConfigError(`Say which role to run: ${roles.join(', ')}.`)
  const told: Told = { role, rest: argv.slice(1), env: process.env }
  for (let i = 1; i < argv.length; i++) {
    const [option, inline] = splitOption(argv[i] ?? '')
    const value = (): string => {
      const text = inline ?? argv[++i]
      if (text === undefined || text === '') throw new ConfigError(`${option} needs a value.`)
      return text
    }
    if (option === '--home') told.home = value()
    else if (option === '--port') told.port = readPort(value())
    else if (option === '--as') told.runAs = value()
    else if (option === '--json') told.isJson = true
    else if (option === '--demo') told.isDemo = true
    else if (option === '--held') told.isHeld = true
    else if (role !== 'admin') throw new ConfigError(`${argv[i]} is not an option of panoply ${role}.`)
  }
  return buildConfig(told)
}

/** The configuration for a role; also the way tests describe a throwaway home. Touches nothing on disk. */
export function buildConfig(told: Told): Config {
  const env = told.env ?? {}
  const home = homeOf(told.home, env)
  const portText = env.PANOPLY_PORT
  const wantedPort = told.port ?? (portText ? readPort(portText) : undefined)
  const known = readInstallation(home)
  if (!known && told.role !== 'up')
    throw new ConfigError(`${home} holds no Panoply yet: run npm start first.`)
  const installation =
    told.role === 'up' || !known ? planInstallation({ home, known, wantedPort, env }) : known
  const { port, runFolder } = installation
  const logFolder = join(home, 'logs')
  const regions = installation.regions.map((region, index): RegionPlace => {
    const [cell, ...more] = region.cells.map(
      (place): CellPlace => ({
        name: place.name,
        region: region.name,
        host: place.host ?? join(runFolder, `pg-${region.name}`),
        port: place.port ?? 5432,
        clusterFolder: place.cluster === undefined ? null : resolve(home, place.cluster),
      }),
    )
    if (!cell) throw new ConfigError(`Region ${region.name} in installation.json has no cell.`)
    return {
      name: region.name,
      hostName: region.hostName,
      port: port + index,
      url: `https://${region.hostName}:${port + index}`,
      blobRoot: resolve(home, region.blobs),
      cells: [cell, ...more],
      certificateFile: join(home, 'tls', `${region.name}.crt`),
      certificateKeyFile: join(home, 'tls', `${region.name}.key`),
    }
  })
  const [first, ...others] = regions
  if (!first) throw new ConfigError(`installation.json in ${home} names no region.`)
  return {
    role: told.role,
    rest: told.rest ?? [],
    home,
    appFolder: projectFolder,
    runFolder,
    logFolder,
    logFile: join(logFolder, `${told.role}.log`),
    logLevel: env.PANOPLY_LOG_LEVEL ?? 'info',
    cacheFolder: join(home, 'cache', told.role),
    keeperFolder: join(home, 'keeper'),
    keeperReplicas: (env.PANOPLY_KEEPER_REPLICAS ?? '').split(':').filter((folder) => folder !== ''),
    postgresFolder: env.PANOPLY_POSTGRES_BIN ?? null,
    rootKeyFile: installation.rootKeyFile,
    rootKeyPassphraseFile: env.PANOPLY_ROOT_KEY_PASSPHRASE_FILE ?? null,
    rootKeyToken: env.PANOPLY_ROOT_KEY_TOKEN ?? null,
    listenHost: installation.listenHost,
    port,
    httpPort: port + 8,
    caCertificateFile: join(home, 'tls', 'ca.crt'),
    caKeyFile: join(home, 'tls', 'ca.key'),
    regions: [first, ...others],
    hasSystemUsers: installation.hasSystemUsers,
    runAs: told.runAs ?? null,
    isJson: told.isJson ?? false,
    isDemo: told.isDemo ?? false,
    isHeld: told.isHeld ?? false,
    allowsLoopback: env.PANOPLY_ALLOW_LOOPBACK === '1',
    smtpUrl: env.PANOPLY_SMTP_URL ?? null,
    mailFrom: env.PANOPLY_MAIL_FROM ?? 'panoply@localhost',
    apiKey: told.role === 'admin' ? (env.PANOPLY_API_KEY ?? null) : null,
  }
}

/** The socket on which the keeper serves one role; who may pass its folder may ask. */
export function keeperSocket(config: Config, caller: KeeperCaller): string {
  return join(config.runFolder, 'keeper', caller, 'keeper.sock')
}

/** The socket on which the cell process serves one role; who may pass its folder may ask. */
export function cellSocket(config: Config, caller: CellCaller): string {
  return join(config.runFolder, 'cell', caller, 'cell.sock')
}

/** @returns null when the home was never started; throws ConfigError when the file is broken */
export function readInstallation(home: string): Installation | null {
  const file = join(home, 'installation.json')
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return null
    throw new ConfigError(`${file} cannot be read.`, { cause })
  }
  const value: unknown = parseJson(text)
  if (!isInstallation(value))
    throw new ConfigError(`${file} is not an installation of this version of Panoply.`)
  return value
}

/** Replaces home/installation.json in one step, so that a kill leaves the old or the new one. */
export function writeInstallation(config: Config): void {
  const installation: Installation = {
    version: 1,
    port: config.port,
    listenHost: config.listenHost,
    runFolder: config.runFolder,
    rootKeyFile: config.rootKeyFile,
    hasSystemUsers: config.hasSystemUsers,
    regions: config.regions.map((region) => ({
      name: region.name,
      hostName: region.hostName,
      blobs: relativeTo(config.home, region.blobRoot),
      cells: region.cells.map((cell) =>
        cell.clusterFolder === null
          ? { name: cell.name, host: cell.host, port: cell.port }
          : { name: cell.name, cluster: relativeTo(config.home, cell.clusterFolder) },
      ),
    })),
  }
  const file = join(config.home, 'installation.json')
  writeFileSync(`${file}.new`, `${JSON.stringify(installation, null, 2)}\n`, { mode: 0o644 })
  renameSync(`${file}.new`, file)
}

/** Environment a child of `up` gets: what Node and PostgreSQL need, and PANOPLY_*; nothing else of the caller's. */
export function childEnvironment(
  env: Record<string, string | undefined> = process.env,
): Record<string, string> {
  const kept = Object.entries(env).filter(([name]) => /^PANOPLY_/.test(name) || PASSED_ON.includes(name))
  const out: Record<string, string> = { LANG: 'C.UTF-8' }
  for (const [name, value] of kept) if (value !== undefined) out[name] = value
  return out
}

/** Where this user's keys lie that belong to no home: root's for the machine, else one's own. */
export function keyFolderOf(env: Record<string, string | undefined> = process.env): string {
  return process.getuid?.() === 0
    ? '/etc/panoply'
    : join(env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'panoply')
}

interface Plan {
  home: string
  known: Installation | null
  wantedPort: number | undefined
  env: Record<string, string | undefined>
}

function planInstallation({ home, known, wantedPort, env }: Plan): Installation {
  const isRoot = process.getuid?.() === 0
  const hash = createHash('sha256').update(home).digest('hex').slice(0, 8)
  const keyFolder = keyFolderOf(env)
  const hostName = env.PANOPLY_HOST_NAME ?? 'localhost'
  return {
    version: 1,
    port: wantedPort ?? known?.port ?? defaultPort,
    listenHost: env.PANOPLY_LISTEN ?? known?.listenHost ?? 'localhost',
    runFolder: env.PANOPLY_RUN ?? defaultRunFolder(env, hash),
    rootKeyFile: env.PANOPLY_ROOT_KEY ?? known?.rootKeyFile ?? join(keyFolder, `${hash}.key`),
    hasSystemUsers: isRoot,
    regions:
      known?.regions ??
      ['eu', 'us', 'asia'].map((name) => ({
        name,
        hostName,
        blobs: `regions/${name}/blobs`,
        cells: [{ name: `${name}-1`, cluster: `regions/${name}/pg` }],
      })),
  }
}

/** The home that is meant, whether anything is there or not. */
export function homeOf(home?: string, env: Told['env'] = process.env): string {
  const usual = process.getuid?.() === 0 ? '/var/lib/panoply' : join(homedir(), '.local/share/panoply')
  return resolve(home ?? env?.PANOPLY_HOME ?? usual)
}

function defaultRunFolder(env: Record<string, string | undefined>, hash: string): string {
  const uid = process.getuid?.() ?? 0
  if (uid === 0) return `/run/panoply-${hash}`
  // A path of a unix socket has at most 107 bytes, and after `su` the variable may name a stranger's folder.
  const own = env.XDG_RUNTIME_DIR
  return join(own && own.length < 40 && isWritable(own) ? own : '/tmp', `panoply-${uid}-${hash}`)
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch (cause) {
    if (cause instanceof Error) return false
    throw cause
  }
}

function splitOption(text: string): [string, string | undefined] {
  const at = text.indexOf('=')
  return text.startsWith('--') && at > 0 ? [text.slice(0, at), text.slice(at + 1)] : [text, undefined]
}

function readPort(text: string): number {
  const port = Number(text)
  // Eight above it is the redirecting port, so the last eight are out of reach.
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65527)
    throw new ConfigError(`--port ${text}: a port is a number from 1 to 65527.`)
  return port
}

function isInstallation(value: unknown): value is Installation {
  const get = (of: unknown, name: string): unknown =>
    of instanceof Object ? Reflect.get(of, name) : undefined
  const says = (of: unknown, ...names: string[]) => names.every((name) => typeof get(of, name) === 'string')
  const every = (of: unknown, name: string, is: (one: unknown) => boolean): boolean => {
    const list: unknown = get(of, name)
    return Array.isArray(list) && list.length > 0 && list.every(is)
  }
  const isRegion = (of: unknown) =>
    says(of, 'name', 'hostName', 'blobs') && every(of, 'cells', (cell) => says(cell, 'name'))
  const isWhole = get(value, 'version') === 1 && Number.isInteger(get(value, 'port'))
  return isWhole && says(value, 'runFolder', 'rootKeyFile') && every(value, 'regions', isRegion)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    if (cause instanceof SyntaxError) return null
    throw cause
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

function relativeTo(home: string, path: string): string {
  return path.startsWith(`${home}/`) ? path.slice(home.length + 1) : path
}
