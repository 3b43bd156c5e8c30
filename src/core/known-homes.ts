// Which homes of this machine share its system users, so that who takes one away does not take the users of another.
// A line a home in a file beside the root keys; a home that is gone no longer counts.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keyFolderOf } from './config.ts'

const file = (folder: string): string => join(folder, 'homes')

/** Homes that were started as root here and are still there. */
export function readKnownHomes(folder = keyFolderOf()): string[] {
  if (!existsSync(file(folder))) return []
  const homes = readFileSync(file(folder), 'utf8').split('\n').filter(Boolean)
  return [...new Set(homes)].filter((home) => existsSync(join(home, 'installation.json')))
}

/** Remembers a home. */
export function noteHome(home: string, folder = keyFolderOf()): void {
  const known = readKnownHomes(folder)
  if (!known.includes(home)) writeHomes(folder, [...known, home])
}

/** Forgets a home. */
export function forgetHome(home: string, folder = keyFolderOf()): void {
  const left = readKnownHomes(folder).filter((one) => one !== home)
  if (left.length > 0) writeHomes(folder, left)
  else rmSync(file(folder), { force: true })
}

function writeHomes(folder: string, homes: readonly string[]): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const fresh = `${file(folder)}.${process.pid}`
  writeFileSync(fresh, homes.map((home) => `${home}\n`).join(''), { mode: 0o644 })
  renameSync(fresh, file(folder))
}
