/**
 * Looks for a planted stem in every byte of every file below a folder, in the forms in which text leaks: as it is, in
 * capitals, as UTF-16, as base64 at each of its three alignments, and as hex.
 */
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Leak {
  readonly path: string
  readonly form: string
  /** What stands around it. */
  readonly around: string
}

export interface Scan {
  readonly files: number
  readonly bytes: number
  readonly leaks: readonly Leak[]
}

/** Files in which nothing was found, by path: as they were when they were looked at. */
export type Clean = Map<string, string>

/** A file that was written so shortly before we looked may be written again within the same tick of its clock. */
const SETTLED_MS = 1_000

/**
 * Scans regular files; a file that goes away while we look holds nothing. One that has not changed since it was found clean is not read
 * again: give the same `clean` each time, for one stem.
 */
export function scanFor(stem: string, folders: readonly string[], clean: Clean = new Map()): Scan {
  const needles = formsOf(stem)
  const leaks: Leak[] = []
  let files = 0
  let bytes = 0
  for (const path of folders.flatMap((folder) => filesBelow(folder))) {
    const state = stateOf(path)
    if (state === null) continue
    if (clean.get(path) === state.identity) {
      files += 1
      bytes += state.size
      continue
    }
    const content = readIfThere(path)
    if (content === null) continue
    files += 1
    bytes += content.length
    const found = leaksIn(path, content, stem, needles)
    leaks.push(...found)
    if (found.length === 0 && state.age > SETTLED_MS) clean.set(path, state.identity)
    else clean.delete(path)
  }
  return { files, bytes, leaks }
}

function leaksIn(path: string, content: Buffer, stem: string, needles: ReadonlyMap<string, Buffer>): Leak[] {
  const leaks: Leak[] = path.includes(stem) ? [{ path, form: 'file name', around: path }] : []
  for (const [form, needle] of needles) {
    const at = content.indexOf(needle)
    if (at === -1) continue
    const around = content.subarray(Math.max(0, at - 60), at + 100).toString('latin1')
    leaks.push({ path, form, around: around.replace(/[^\x20-\x7e]/g, '.') })
  }
  return leaks
}

/** What tells a file that was changed from one that was not; null unless it is a regular file. */
function stateOf(path: string): { identity: string; size: number; age: number } | null {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  if (!found?.isFile()) return null
  const { ino, size, mtimeNs, ctimeNs } = found
  const age = Date.now() - Number(ctimeNs / 1_000_000n)
  return { identity: `${ino} ${size} ${mtimeNs} ${ctimeNs}`, size: Number(size), age }
}

/** Every form of a stem that the scan knows, by name. The stem is ASCII, at least six letters. */
export function formsOf(stem: string): Map<string, Buffer> {
  const forms = new Map<string, Buffer>([
    ['text', Buffer.from(stem)],
    ['capitals', Buffer.from(stem.toUpperCase())],
    ['UTF-16', Buffer.from(stem, 'utf16le')],
    ['hex', Buffer.from(Buffer.from(stem).toString('hex'))],
    ['reversed', Buffer.from([...stem].reverse().join(''))],
  ])
  for (const shift of [0, 1, 2]) {
    // The letters at the edges depend on their neighbours; those in the middle do not.
    const whole = Buffer.from(`${'_'.repeat(shift)}${stem}`)
      .toString('base64')
      .replace(/=+$/, '')
    const middle = whole.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + stem.length) * 8) / 6) - 1)
    forms.set(`base64, shifted by ${shift}`, Buffer.from(middle))
  }
  return forms
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return [folder]
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

function readIfThere(path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
