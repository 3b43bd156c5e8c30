// The home and the machine under it: is there one, whose is it, may others look in, is there room, is the clock right, how large are the logs.
import { type Dirent, readdirSync, type Stats, statfsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findAccount } from '#core/become-user.ts'
import { due, type Finding, failed, ok, unknown } from './finding.ts'
import { codeOf, type Ground, look } from './ground.ts'

const GIB = 2 ** 30
const LARGE_LOG = 64 * 2 ** 20

/** Everything about the folder. Without an installation only the first finding. */
export function homeChecks(ground: Ground): Finding[] {
  const found = checkHome(ground)
  return found.state === 'ok'
    ? [found, checkModes(ground), checkDisk(ground), checkClock(ground), checkLogs(ground)]
    : [found]
}

function checkHome({ home, config, configFault, uid, isStranger }: Ground): Finding {
  const folder = look(home)
  if (typeof folder === 'string') {
    const isClosed = folder === 'EACCES' || folder === 'EPERM'
    return (isClosed ? unknown : failed)('home', {
      found: isClosed ? `${home} is closed to user ${uid}.` : `There is no ${home}.`,
      means: isClosed ? 'It belongs to somebody else.' : 'No installation was started there.',
      todo: isClosed
        ? 'Ask as root, or as the user who runs it.'
        : 'Name the right --home, or run npm start.',
    })
  }
  if (!folder.isDirectory())
    return failed('home', {
      found: `${home} is ${folder.isSymbolicLink() ? 'a link' : 'not a folder'}.`,
      means: 'A home is a folder of its own.',
      todo: 'Name the folder itself as --home.',
    })
  if (isStranger)
    return unknown('home', {
      found: `${home} belongs to user ${folder.uid}, and user ${uid} asks.`,
      means: 'Most of it is closed to you, so nothing else was looked at.',
      todo: 'Ask as root, or as the user who runs it.',
    })
  if (!config) return failed('home', { found: configFault ?? '', ...brokenHome(home) })
  const owner = config.hasSystemUsers ? 0 : folder.uid
  if (folder.uid !== owner)
    return failed('home', {
      found: `${home} belongs to user ${folder.uid}, and its processes were started by root.`,
      means: 'Its owner could swap what root starts.',
      todo: `chown root ${home}`,
    })
  return ok(
    'home',
    `${home}, ${config.regions.length} regions, ${config.hasSystemUsers ? 'started by root' : `of user ${folder.uid}`}.`,
  )
}

function brokenHome(home: string): { means: string; todo: string } {
  const names = namesIn(home)
  if (names.length === 0)
    return { means: 'The folder is empty or closed.', todo: 'Name the right --home, or run npm start.' }
  return names.includes('up') || names.includes('regions')
    ? {
        means: 'What says how it is laid out is gone or damaged.',
        todo: 'npm start with the same --home and --port writes installation.json again; or bring it back from a backup.',
      }
    : { means: 'The folder holds something else.', todo: 'Name the right --home.' }
}

/** Folders and files that others must not open: path, whose it is when `up` is root, and the mode bits that must not be there. */
function closedPlaces({ config }: Ground): [path: string, owner: string, mask: number][] {
  if (!config) return []
  const { home, keeperFolder, caKeyFile, regions } = config
  return [
    [home, 'root', 0o022],
    [join(home, 'up'), 'root', 0o077],
    [keeperFolder, 'panoply-keeper', 0o077],
    [caKeyFile, 'root', 0o077],
    ...regions.map(({ certificateKeyFile }): [string, string, number] => [
      certificateKeyFile,
      'panoply-web',
      0o077,
    ]),
    ...regions.map(({ blobRoot }): [string, string, number] => [blobRoot, 'root', 0o007]),
    ...regions.flatMap(({ cells }) =>
      cells.flatMap(({ clusterFolder }): [string, string, number][] =>
        clusterFolder === null ? [] : [[clusterFolder, 'panoply-db', 0o077]],
      ),
    ),
  ]
}

function checkModes(ground: Ground): Finding {
  const places = closedPlaces(ground)
  const faults = places.flatMap(([path, owner, mask]) => {
    const at = look(path)
    if (typeof at === 'string') return [`${path} is missing (${at})`]
    return modeFaults(
      path,
      at,
      mask,
      ground.config?.hasSystemUsers ? (findAccount(owner)?.uid ?? 0) : ground.uid || at.uid,
    )
  })
  return faults.length === 0
    ? ok('modes', `${places.length} places are closed to whom they should be.`)
    : failed('modes', {
        found: `${faults.slice(0, 5).join('; ')}${faults.length > 5 ? ' …' : ''}.`,
        means: 'Something is missing, or open to users who have no business there.',
        todo: 'Start it again: npm start sets owners and modes of folders. A missing file comes back from a backup.',
      })
}

function modeFaults(path: string, at: Stats, mask: number, uid: number): string[] {
  if (at.isSymbolicLink()) return [`${path} is a link`]
  const mode = (at.mode & 0o777).toString(8)
  return [
    ...((at.mode & mask) === 0 ? [] : [`${path} has mode ${mode}`]),
    ...(at.uid === uid ? [] : [`${path} belongs to user ${at.uid}`]),
  ]
}

function checkDisk({ config, home }: Ground): Finding {
  const folders = [
    ...new Set([
      home,
      ...(config
        ? [config.runFolder, dirname(config.rootKeyFile), ...config.regions.map(({ blobRoot }) => blobRoot)]
        : []),
    ]),
  ]
  const tight = folders.flatMap((folder) => {
    try {
      const { bavail, bsize, blocks, files, ffree } = statfsSync(folder)
      const free = bavail * bsize
      const isSmall = blocks * bsize < 2 * GIB
      const inodes = files > 0 ? ffree / files : 1
      const text = `${folder} has ${sizeOf(free)} free${inodes < 0.05 ? ` and ${ffree} of ${files} inodes` : ''}`
      if (free < 100 * 2 ** 20 || inodes < 0.01)
        return isSmall && free > 10 * 2 ** 20 ? [] : [{ text, isFull: true }]
      return !isSmall && (free < GIB || free < 0.05 * blocks * bsize || inodes < 0.05)
        ? [{ text, isFull: false }]
        : []
    } catch (error) {
      return [{ text: `${folder} cannot be asked (${codeOf(error)})`, isFull: false }]
    }
  })
  if (tight.length === 0) return ok('disk', `${folders.length} folders have room and inodes.`)
  const trouble = {
    found: `${tight.map(({ text }) => text).join('; ')}.`,
    means: 'When a disk is full, writing is refused; what was acknowledged stays.',
    todo: 'Make room, or move the home to a larger disk.',
  }
  return tight.some(({ isFull }) => isFull) ? failed('disk', trouble) : due('disk', trouble)
}

function checkClock({ home, now, config }: Ground): Finding {
  const files = [
    join(home, 'installation.json'),
    join(home, 'logs', 'up.log'),
    ...(config ? [config.caCertificateFile] : []),
  ]
  const newest = Math.max(
    ...files.map((file) => look(file)).map((at) => (typeof at === 'string' ? 0 : at.mtimeMs)),
  )
  const behind = newest - now.getTime()
  return behind < 120_000
    ? ok('clock', `${now.toISOString()}, not behind what was written here.`)
    : failed('clock', {
        found: `${now.toISOString()} is ${Math.round(behind / 60_000)} minutes before something that was written here.`,
        means: 'Sessions, certificates and the order of events go by the clock.',
        todo: 'Set the clock of the machine, best by NTP.',
      })
}

function checkLogs({ home }: Ground): Finding {
  const folder = join(home, 'logs')
  const logs = namesIn(folder).flatMap((name) => {
    const at = look(join(folder, name))
    return typeof at === 'string' ? [] : [{ name, size: at.size }]
  })
  const all = logs.reduce((sum, { size }) => sum + size, 0)
  const large = logs.filter(({ name, size }) => size > LARGE_LOG * 1.1 && !name.endsWith('.1'))
  return large.length === 0
    ? ok('logs', `${logs.length} files, ${sizeOf(all)}.`)
    : due('logs', {
        found: large.map(({ name, size }) => `${name} has ${sizeOf(size)}`).join('; '),
        means: 'Something says more than it should; the reason stands in the file.',
        todo: 'Read its end; the next start sets it aside.',
      })
}

/** Names in a folder; none when it is not there or closed. */
export function namesIn(folder: string): string[] {
  return entriesIn(folder).map(({ name }) => name)
}

/** Entries of a folder; none when it is not there or closed. */
export function entriesIn(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    codeOf(error)
    return []
  }
}

/** Bytes for people; a KB has 1,024, as everywhere. */
export function sizeOf(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB']
  const step = bytes > 0 ? Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10)) : 0
  const value = bytes / 1024 ** step
  return `${value >= 10 || step === 0 ? Math.round(value) : value.toFixed(1)} ${units[step]}`
}
