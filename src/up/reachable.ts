// Owns: that the system users can reach the program and the home when `up` is root. A project under /root or in
// somebody's closed folder is mirrored once a version to /var/cache/panoply; a closed home is refused.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { ConfigError } from '#core/config.ts'
import { mirrorRoot } from '#core/machine-traces.ts'

/** What runs; web/ and tests stay behind. */
const parts = ['package.json', 'src', 'protocol', 'migrations', 'generated', 'dist', 'LICENSE']

/** The first folder on the way to `path` that users outside its owner and group cannot pass, or null. */
export function firstClosedFolder(path: string): string | null {
  const way: string[] = []
  for (let folder = path; ; folder = dirname(folder)) {
    way.unshift(folder)
    if (folder === dirname(folder)) break
  }
  return way.find((folder) => existsSync(folder) && (statSync(folder).mode & 0o001) === 0) ?? null
}

/** @throws ConfigError naming the folder in the way of the system users */
export function assertHomeReachable(home: string): void {
  const closed = firstClosedFolder(dirname(home))
  if (closed === null) return
  throw new ConfigError(
    `As root, Panoply runs its databases and processes under users of their own, and ${closed} lets none of them through to ${home}. Name another --home (the default is /var/lib/panoply), or open the way: chmod o+x ${closed}`,
  )
}

/** The folder to run from: the project itself, or its mirror when the system users cannot read the project. */
export function reachableApp(project: string): string {
  return isReadable(project) ? project : mirrorOf(project, mirrorRoot)
}

function isReadable(project: string): boolean {
  const samples = ['src/main.ts', 'package.json', 'node_modules/pg/package.json', 'migrations/cell']
  return samples.every((name) => {
    const path = join(project, name)
    return firstClosedFolder(dirname(path)) === null && (statSync(path).mode & 0o004) !== 0
  })
}

/** Links the program's files (copies where that cannot be) under `root`; one mirror a version, kept for next time. */
export function mirrorOf(project: string, root: string): string {
  mkdirSync(root, { recursive: true, mode: 0o755 })
  chmodSync(root, 0o755)
  const files = parts.filter((part) => existsSync(join(project, part)))
  const packages = join(root, `packages-${hashOf([readFileSync(join(project, 'package-lock.json'))])}`)
  const app = join(
    root,
    `app-${hashOf([packages, ...files.flatMap((part) => fingerprint(join(project, part)))])}`,
  )
  if (!existsSync(packages))
    build(packages, (fresh) => mirrorTree(join(project, 'node_modules'), join(fresh, 'node_modules')))
  if (!existsSync(app))
    build(app, (fresh) => {
      for (const part of files) mirrorTree(join(project, part), join(fresh, part))
      symlinkSync(relative(app, join(packages, 'node_modules')), join(fresh, 'node_modules'))
    })
  return app
}

/** Whole or not at all: made beside its place, then moved there. */
function build(place: string, fill: (fresh: string) => void): void {
  const fresh = `${place}.${process.pid}`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { mode: 0o755 })
  chmodSync(fresh, 0o755)
  fill(fresh)
  renameSync(fresh, place)
}

function mirrorTree(from: string, to: string): void {
  const stat = lstatSync(from)
  if (stat.isSymbolicLink()) {
    symlinkSync(readlinkSync(from), to)
  } else if (stat.isDirectory()) {
    mkdirSync(to, { mode: 0o755 })
    chmodSync(to, 0o755)
    for (const name of readdirSync(from)) mirrorTree(join(from, name), join(to, name))
  } else if (stat.isFile()) {
    if ((stat.mode & 0o004) === 0 || !linkIfSameDisk(from, to)) {
      copyFileSync(from, to, constants.COPYFILE_FICLONE)
      chmodSync(to, stat.mode & 0o100 ? 0o755 : 0o644)
    }
  }
}

function linkIfSameDisk(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (cause) {
    if (
      cause instanceof Error &&
      'code' in cause &&
      ['EXDEV', 'EPERM', 'EMLINK'].includes(String(cause.code))
    )
      return false
    throw cause
  }
}

function fingerprint(path: string): string[] {
  const stat = lstatSync(path)
  if (!stat.isDirectory()) return [`${path} ${stat.size} ${stat.mtimeMs}`]
  return readdirSync(path)
    .sort()
    .flatMap((name) => fingerprint(join(path, name)))
}

function hashOf(parts: (string | Buffer)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex').slice(0, 12)
}
