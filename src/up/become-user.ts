// Owns: giving up root. Called first thing in a process that `up` started as root, before anything else is loaded.
import { findAccount } from './system-users.ts'

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
