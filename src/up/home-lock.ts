// Owns: one `up` a home. The lock names the process that holds it, so it needs no release to be free after a kill.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '#core/config.ts'
import { identityOf, isRunning, type ProcessIdentity } from '#core/process-identity.ts'

export interface HomeLock {
  release(): void
}

/**
 * Takes the home for this process. `folder` is a folder of the home that only `up` uses.
 * @throws ConfigError when another `up` runs on it
 */
export function lockHome(home: string, folder: string): HomeLock {
  const file = join(folder, 'up.pid')
  const self = identityOf(process.pid)
  if (!self) throw new Error('this process cannot find itself')
  const own = `${file}.${process.pid}`
  writeFileSync(own, JSON.stringify(self), { mode: 0o600 })
  try {
    for (;;) {
      if (linkIfFree(own, file)) return { release: () => rmSync(file, { force: true }) }
      const text = readFileSync(file, 'utf8')
      const holder = parseIdentity(text)
      if (holder && isRunning(holder))
        throw new ConfigError(
          `Panoply already runs on ${home} (process ${holder.pid}). Stop it first, or name another --home.`,
        )
      setAside(file, text, `${own}.stale`)
    }
  } finally {
    rmSync(own, { force: true })
  }
}

/** Moves a dead lock away; puts it back when, in between, somebody alive had taken its place. */
function setAside(file: string, judged: string, aside: string): void {
  try {
    renameSync(file, aside)
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return
    throw cause
  }
  if (readFileSync(aside, 'utf8') !== judged) linkIfFree(aside, file)
  rmSync(aside)
}

function linkIfFree(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (cause) {
    if (isCode(cause, 'EEXIST')) return false
    throw cause
  }
}

function parseIdentity(text: string): ProcessIdentity | null {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('started' in value)) return null
    return typeof value.pid === 'number' && typeof value.started === 'string'
      ? { pid: value.pid, started: value.started }
      : null
  } catch (cause) {
    if (cause instanceof SyntaxError) return null
    throw cause
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
