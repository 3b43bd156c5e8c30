// Owns: the folders of a home and of its run folder, with owners and modes. Access between the processes is a matter
// of these folders alone: a socket may be used by whoever may pass its folder.
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import {
  type CellCaller,
  type Config,
  ConfigError,
  cellSocket,
  type KeeperCaller,
  keeperSocket,
} from '#core/config.ts'
import { evidencePlace } from '#core/evidence/evidence-place.ts'
import { keyListFolder } from '#core/keys/key-list-folder.ts'
import type { SystemUsers } from './system-users.ts'

interface Place {
  path: string
  uid: number
  gid: number
  mode: number
}

const keeperCallers: readonly KeeperCaller[] = ['web', 'worker', 'cell', 'backup', 'up']
const cellCallers: readonly CellCaller[] = ['web', 'worker', 'up']
const largestLog = 64 * 2 ** 20
const processes = ['up', 'web', 'worker', 'keeper', 'cell', 'backup'] as const

/** Folder of the home that only `up` uses: its lock and the list of its children. */
export function upFolder(home: string): string {
  return join(home, 'up')
}

/**
 * Makes the home itself and the folder `up` keeps its lock in; the rest waits until the lock is taken.
 * @throws ConfigError when the folder holds something else
 */
export function openHome(home: string): void {
  mkdirSync(home, { recursive: true, mode: 0o755 })
  const names = readdirSync(home)
  if (names.length > 0 && !names.some((name) => name === 'up' || name === 'installation.json'))
    throw new ConfigError(`${home} holds other files. Name an empty or a new folder as --home.`)
  mkdirSync(upFolder(home), { recursive: true, mode: 0o700 })
}

/** Brings every folder to its owner and mode. `users` is null when everything runs as one user. */
export function layOutHome(config: Config, users: SystemUsers | null): void {
  for (const place of users ? placesForUsers(config, users) : placesForOne(config)) settle(place)
  setLargeLogsAside(config.logFolder)
  for (const role of processes) {
    const file = join(config.logFolder, `${role}.log`)
    // The second is where a role sets aside what is full (core/log-file.ts); it could not make it itself.
    for (const path of [file, `${file}.1`]) {
      writeFileSync(path, '', { flag: 'a', mode: 0o640 })
      if (users) settleFile(path, role === 'up' ? null : users.accounts[role])
    }
  }
}

/** One generation back is kept; a log in use is not touched, so this is done before anything is started. */
function setLargeLogsAside(folder: string): void {
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.log'))) {
    const file = join(folder, name)
    if (lstatSync(file).size > largestLog) renameSync(file, `${file}.1`)
  }
}

function placesForOne(config: Config): Place[] {
  const uid = process.getuid?.() ?? 0
  const gid = process.getgid?.() ?? 0
  return foldersOf(config).map((path) => ({ path, uid, gid, mode: 0o700 }))
}

function placesForUsers(config: Config, users: SystemUsers): Place[] {
  const { keeper, cell, db } = users.accounts
  const root = (path: string): Place => ({ path, uid: 0, gid: 0, mode: 0o711 })
  const groupOf = (caller: KeeperCaller): number => (caller === 'up' ? 0 : users.accounts[caller].gid)
  const special = new Map<string, Omit<Place, 'path'>>([
    [upFolder(config.home), { uid: 0, gid: 0, mode: 0o700 }],
    [config.keeperFolder, { uid: keeper.uid, gid: keeper.gid, mode: 0o700 }],
    ...config.regions.map(
      ({ name }) =>
        [keyListFolder(config.home, name), { uid: cell.uid, gid: cell.gid, mode: 0o700 }] as const,
    ),
    [config.runFolder, { uid: 0, gid: users.everyone, mode: 0o750 }],
    [dirname(config.rootKeyFile), { uid: keeper.uid, gid: keeper.gid, mode: 0o700 }],
  ])
  for (const role of ['web', 'worker', 'keeper', 'cell', 'backup'] as const) {
    const { uid, gid } = users.accounts[role]
    special.set(cacheOf(config, role), { uid, gid, mode: 0o700 })
  }
  for (const caller of keeperCallers) {
    const owner = { uid: keeper.uid, gid: groupOf(caller), mode: 0o710 }
    special.set(dirname(keeperSocket(config, caller)), owner)
  }
  for (const caller of cellCallers) {
    const owner = { uid: cell.uid, gid: groupOf(caller), mode: 0o710 }
    special.set(dirname(cellSocket(config, caller)), owner)
  }
  for (const region of config.regions) {
    special.set(region.blobRoot, { uid: 0, gid: users.blobs, mode: 0o2770 })
    for (const place of region.cells)
      if (place.clusterFolder) special.set(place.host, { uid: db.uid, gid: users.everyone, mode: 0o750 })
  }
  return foldersOf(config).map((path) => ({ ...root(path), ...special.get(path) }))
}

function cacheOf(config: Config, role: (typeof processes)[number]): string {
  return join(dirname(config.cacheFolder), role)
}

/** Parents before children. */
function foldersOf(config: Config): string[] {
  const clusters = config.regions.flatMap((region) => region.cells.filter((cell) => cell.clusterFolder))
  return [
    config.home,
    upFolder(config.home),
    config.logFolder,
    dirname(config.cacheFolder),
    ...processes.map((role) => cacheOf(config, role)),
    config.keeperFolder,
    keyListFolder(config.home),
    ...config.regions.map(({ name }) => keyListFolder(config.home, name)),
    dirname(config.caCertificateFile),
    join(config.home, 'regions'),
    evidencePlace(config.home).folder,
    ...config.regions.map((region) => join(config.home, 'regions', region.name)),
    ...config.regions.map((region) => region.blobRoot),
    config.runFolder,
    ...clusters.map((cell) => cell.host),
    join(config.runFolder, 'keeper'),
    ...keeperCallers.map((caller) => dirname(keeperSocket(config, caller))),
    join(config.runFolder, 'cell'),
    ...cellCallers.map((caller) => dirname(cellSocket(config, caller))),
    ...rootKeyFolder(config),
  ]
}

/** A folder that was there before us, other than our own default, is left as its owner set it. */
function rootKeyFolder(config: Config): string[] {
  const folder = dirname(config.rootKeyFile)
  return basename(folder) === 'panoply' || !existsSync(folder) ? [folder] : []
}

function settle({ path, uid, gid, mode }: Place): void {
  mkdirSync(path, { recursive: true, mode: mode & 0o777 })
  const now = lstatSync(path)
  if (!now.isDirectory()) throw new ConfigError(`${path} is not a folder.`)
  if (now.uid !== uid || now.gid !== gid) chownSync(path, uid, gid)
  if ((now.mode & 0o7777) !== mode) chmodSync(path, mode)
}

function settleFile(file: string, account: { uid: number; gid: number } | null): void {
  const now = lstatSync(file)
  const { uid, gid } = account ?? { uid: 0, gid: 0 }
  if (now.uid !== uid || now.gid !== gid) chownSync(file, uid, gid)
}
