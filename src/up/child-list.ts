// Owns: the list of processes this `up` has started, kept in the home so that the next one can end what a kill left.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { endProcess, identityOf, isRunning, type ProcessIdentity } from '#core/process-identity.ts'

export interface ChildList {
  add(name: string, pid: number): void
  remove(name: string): void
}

/** Opens an empty list; every change is written at once. */
export function openChildList(file: string): ChildList {
  const children = new Map<string, ProcessIdentity>()
  const write = (): void => {
    writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(children)), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  return {
    add(name, pid) {
      const identity = identityOf(pid)
      if (identity) children.set(name, identity)
      write()
    },
    remove(name) {
      children.delete(name)
      write()
    },
  }
}

/** Ends every process on the list that an earlier `up` left. They stop by themselves; this waits, then insists. */
export async function endListed(file: string): Promise<string[]> {
  const left = Object.entries(readList(file)).filter(([, identity]) => isRunning(identity))
  await Promise.all(
    left.map(([, identity]) =>
      endProcess(identity, [
        ['SIGTERM', 6000],
        ['SIGKILL', 5000],
      ]),
    ),
  )
  return left.map(([name]) => name)
}

function readList(file: string): Record<string, ProcessIdentity> {
  if (!existsSync(file)) return {}
  const list: Record<string, ProcessIdentity> = {}
  const value: unknown = parse(readFileSync(file, 'utf8'))
  if (typeof value !== 'object' || value === null) return list
  for (const [name, entry] of Object.entries(value)) {
    if (typeof entry?.pid === 'number' && typeof entry.started === 'string') list[name] = entry
  }
  return list
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    if (cause instanceof SyntaxError) return null
    throw cause
  }
}
