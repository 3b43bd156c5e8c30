// What taking an installation away would remove, and what would stay. Must stay true: only what set-up made is named, by what it is and not
// by what a file says it is; a path that leads elsewhere is never followed.
import { readdirSync, readFileSync, type Stats } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative } from 'node:path'
import { type Account, findAccount } from '#core/become-user.ts'
import { type Config, ConfigError } from '#core/config.ts'
import { readKnownHomes } from '#core/known-homes.ts'
import { mirrorRoot, ownedRoles, sharedGroups } from '#core/machine-traces.ts'
import { look, readJson, readText } from '../doctor/ground.ts'

export interface Trace {
  readonly what: string
  readonly path: string
  readonly bytes: number
}

export interface Plan {
  readonly home: string
  readonly keepsData: boolean
  /** In the order in which they go. Folders go with everything below them. */
  readonly removed: readonly Trace[]
  /** Folders that go if nothing is left in them. */
  readonly ifEmpty: readonly string[]
  readonly users: readonly string[]
  readonly groups: readonly string[]
  /** What is left for a person to know of. */
  readonly remains: readonly string[]
}

export interface PlanOptions {
  readonly config: Config
  readonly keepsData: boolean
  readonly isRoot: boolean
  /** Where keys lie that belong to no home. */
  readonly keyFolder: string
}

/** Everything that set-up and the processes make in a home; what else lies there is somebody's own. */
const OURS = {
  data: ['regions', 'keys', 'keeper', 'tls', 'evidence', 'demo.json', 'recovery-kit.json'],
  rest: ['logs', 'cache'],
  last: ['up', 'installation.json.new', 'installation.json'],
} as const

/** Plans it. Throws ConfigError for a home that is not one, or that is too much to take away. */
export function planUninstall({ config, keepsData, isRoot, keyFolder }: PlanOptions): Plan {
  const { home } = config
  assertOurs(config)
  const others = isRoot
    ? [...new Set([...readKnownHomes(keyFolder), ...homesAtWork()])].filter((one) => one !== home)
    : []
  const inHome = (names: readonly string[], what: string) =>
    names.flatMap((name) => traceOf(what, join(home, name)))
  const removed = [
    ...runFolders(config),
    ...inHome(OURS.rest, 'logs and caches'),
    ...(keepsData
      ? []
      : [...inHome(OURS.data, 'databases, files, keys, certificate authority'), ...rootKey(config)]),
    ...(isRoot && config.hasSystemUsers && others.length === 0
      ? traceOf('mirror of the program', mirrorRoot)
      : []),
    ...(keepsData ? [] : inHome(OURS.last, 'description of the installation')),
  ]
  const known = new Set<string>([...OURS.data, ...OURS.rest, ...OURS.last])
  const own = readdirSync(home).filter((name) => !known.has(name))
  const takesUsers = isRoot && config.hasSystemUsers && !keepsData && others.length === 0
  return {
    home,
    keepsData,
    removed,
    ifEmpty: keepsData
      ? [config.runFolder]
      : [config.runFolder, keyFolderToEmpty(config), home].filter(Boolean),
    users: takesUsers ? ownUsers() : [],
    groups: takesUsers ? ownGroups() : [],
    remains: [
      ...(keepsData
        ? [
            `${home} with its databases, files and keys, and ${config.rootKeyFile}: npm start with the same --home goes on from there.`,
          ]
        : own.map((name) => `${join(home, name)}: set-up did not make it.`)),
      ...(keepsData && config.hasSystemUsers
        ? ['The system users panoply-*: what is kept belongs to them.']
        : []),
      ...others.map(
        (other) => `The system users, the mirror and what ${other} needs: it is another installation.`,
      ),
      ...outside(config),
      ...(keepsData
        ? []
        : ['Browsers and programs that were told to trust the certificate authority: remove it there.']),
      'The program itself: delete its folder.',
      ...(keepsData ? [] : ['Backups and copies that were made of the home, and of the root key.']),
    ],
  }
}

function assertOurs({ home, appFolder, hasSystemUsers }: Config): void {
  const at = look(home)
  if (typeof at === 'string' || !at.isDirectory()) throw new ConfigError(`${home} is not a folder.`)
  const depth = home.split('/').filter(Boolean).length
  const names = readdirSync(home)
  if (depth < 2 || !names.includes('installation.json') || !names.includes('up'))
    throw new ConfigError(`${home} is not the home of an installation; nothing was removed.`)
  const uid = process.getuid?.() ?? 0
  if (uid !== 0 && at.uid !== uid)
    throw new ConfigError(
      `${home} belongs to user ${at.uid}; nothing was removed. Ask as root, or as that user.`,
    )
  // Whoever owns the folder wrote what it says, and root must not believe a stranger about paths.
  if (hasSystemUsers && at.uid !== 0)
    throw new ConfigError(
      `${home} says that root started it, and belongs to user ${at.uid}; nothing was removed.`,
    )
  if (!isOutside(home, appFolder))
    throw new ConfigError(
      `The program itself lies in ${home}; nothing was removed. Move it, or name another --home.`,
    )
}

function isOutside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way.startsWith('..') || isAbsolute(way)
}

/** Sockets: only what we make in the folder, which installation.json may name as it likes. */
function runFolders({ runFolder, regions }: Config): Trace[] {
  const at = look(runFolder)
  if (typeof at === 'string' || !at.isDirectory()) return []
  const names = ['keeper', 'cell', ...regions.map(({ name }) => `pg-${name}`)]
  return names.flatMap((name) => {
    const path = join(runFolder, name)
    const below = look(path)
    return typeof below !== 'string' && below.isDirectory() && holdsSocketsOnly(path)
      ? traceOf('sockets', path)
      : []
  })
}

/** A folder of ours there holds sockets, locks and folders of them, and nothing else. */
function holdsSocketsOnly(folder: string): boolean {
  return readdirSync(folder, { withFileTypes: true }).every((entry) =>
    entry.isDirectory()
      ? holdsSocketsOnly(join(folder, entry.name))
      : entry.isSocket() || /^\.s\.PGSQL\.\d+(\.lock)?$/.test(entry.name),
  )
}

/** The key file, when it is one. */
function rootKey({ home, rootKeyFile, hasSystemUsers }: Config): Trace[] {
  const at = look(rootKeyFile)
  const owner = hasSystemUsers ? findAccount('panoply-keeper')?.uid : Number(Object(look(home)).uid)
  if (typeof at === 'string' || !at.isFile() || (owner !== undefined && at.uid !== owner)) return []
  const content = readJson(rootKeyFile)
  const isKey =
    content instanceof Object &&
    Reflect.get(content, 'format') === 1 &&
    ['key', 'wrapped'].some((name) => typeof Reflect.get(content, name) === 'string')
  return isKey ? traceOf('root key', rootKeyFile) : []
}

function keyFolderToEmpty({ rootKeyFile }: Config): string {
  const folder = dirname(rootKeyFile)
  return basename(folder) === 'panoply' ? folder : ''
}

/** Parts that lie elsewhere: an operator put them there, and an operator takes them away. */
function outside({ home, regions }: Config): string[] {
  return regions.flatMap(({ name, blobRoot, cells }) => [
    ...(isOutside(home, blobRoot) ? [`Files of ${name} in ${blobRoot}: they lie outside the home.`] : []),
    ...cells.flatMap(({ clusterFolder, host, port }) => {
      if (clusterFolder === null)
        return [`Databases of ${name} on ${host}:${port}: they are another server’s.`]
      return isOutside(home, clusterFolder)
        ? [`The database of ${name} in ${clusterFolder}: it lies outside the home.`]
        : []
    }),
  ])
}

/** Homes on which a process works right now, read from command lines; a version that notes no homes may have started them. */
function homesAtWork(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const words = (readText(`/proc/${name}/cmdline`) ?? '').split('\0')
      const isOurs = words.includes('--held') && words.some((word) => word.endsWith('/src/main.ts'))
      const as = words.includes('--as')
      return isOurs && as ? [words[words.indexOf('--home') + 1] ?? ''] : []
    })
    .filter(Boolean)
}

/** The users as we make them; one of that name with a shell or a home is somebody else's. */
function ownUsers(): string[] {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  return ownedRoles
    .map((role) => `panoply-${role}`)
    .filter((name) => {
      const [, , , , , folder, shell] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? []
      const account: Account | null = findAccount(name)
      return account !== null && folder === '/nonexistent' && /nologin$/.test(shell ?? '')
    })
}

function ownGroups(): string[] {
  const lines = readFileSync('/etc/group', 'utf8').split('\n')
  return sharedGroups.filter((group) => lines.some((line) => line.startsWith(`${group}:`)))
}

/** One thing that goes, when it is there. */
function traceOf(what: string, path: string): Trace[] {
  const at = look(path)
  return typeof at === 'string' ? [] : [{ what, path, bytes: bytesIn(path, at) }]
}

/** Bytes below a path. Links are counted as links. */
function bytesIn(path: string, at: Stats): number {
  if (!at.isDirectory()) return at.size
  let sum = 0
  for (const name of readdirSync(path)) {
    const below = look(join(path, name))
    if (typeof below !== 'string') sum += bytesIn(join(path, name), below)
  }
  return sum
}
