/**
 * Where a test run keeps its databases and homes: in memory where there is plenty, because making and removing thousands of small files
 * on a disk costs more of the processor than the tests do.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { freemem } from 'node:os'
import { join } from 'node:path'

const MEMORY = '/dev/shm'
/** Short, because the paths of sockets below it are bounded. */
const NAME = /^pt(\d+)$/
const LEAST_BYTES = 8 * 2 ** 30

/**
 * Makes a folder in memory for this process and removes what runs left that were killed; null where memory is short or there is no such
 * place. It is removed when this process ends.
 */
export function openMemoryFolder(place = MEMORY, least = LEAST_BYTES): string | null {
  if (!existsSync(place)) return null
  const { bavail, bsize } = statfsSync(place)
  if (Math.min(bavail * bsize, freemem()) < least) return null
  for (const name of readdirSync(place)) {
    const [, pid] = NAME.exec(name) ?? []
    if (pid === undefined || isAlive(Number(pid))) continue
    try {
      rmSync(join(place, name), { recursive: true, force: true })
    } catch (error) {
      // Somebody else's.
      if (!(error instanceof Error && 'code' in error && /^E(ACCES|PERM)$/.test(String(error.code))))
        throw error
    }
  }
  const folder = join(place, `pt${process.pid}`)
  // The servers of databases run as somebody else and must be able to pass.
  mkdirSync(folder)
  chmodSync(folder, 0o755)
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
