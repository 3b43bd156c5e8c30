// Owns: giving up root. Called first thing in a process that `up` started as root, or that works in the place of one, before anything
// else is loaded.
import { readFileSync } from 'node:fs'

/** A user by number, as spawn and chown want it. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** Becomes the named user with its groups, for good. */
export function becomeUser(name: string): void {
  const account = findAccount(name)
  const initgroups = Reflect.get(process, 'initgroups')
  if (!account || typeof initgroups !== 'function' || !process.setgid || !process.setuid)
    throw new Error(`cannot become ${name}`)
  if (process.getuid?.() === account.uid) return
  initgroups(name, account.gid)
  process.setgid(account.gid)
  process.setuid(account.uid)
}

/** @returns null when /etc/passwd does not name it */
export function findAccount(name: string): Account | null {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const fields = line.split(':')
    if (fields[0] === name) return { name, uid: Number(fields[2]), gid: Number(fields[3]) }
  }
  return null
}
