// Owns: the system users that the processes run as when `up` is root: one a role, one for the databases.
// Must stay true: making them again changes nothing; none of them can log in.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type Account, findAccount } from '#core/become-user.ts'
import { ConfigError } from '#core/config.ts'
import { groupsOf, type OwnedRole, ownedRoles, sharedGroups } from '#core/machine-traces.ts'

export interface SystemUsers {
  readonly accounts: Readonly<Record<OwnedRole, Account>>
  /** Group of all of them: passes into the run folder. */
  readonly everyone: number
  /** Group of web and worker: the blobs. */
  readonly blobs: number
}

/** Makes what is missing of them. Root only. */
export async function ensureSystemUsers(): Promise<SystemUsers> {
  for (const group of sharedGroups)
    if (findGroup(group) === null) await change('groupadd', ['--system', group])
  for (const role of ownedRoles) {
    const name = `panoply-${role}`
    const groups = groupsOf[role]
    if (findAccount(name) === null) {
      const own = findGroup(name) === null ? ['--user-group'] : ['--gid', name]
      const home = ['--home-dir', '/nonexistent', '--no-create-home', '--shell', '/usr/sbin/nologin']
      await change('useradd', ['--system', ...home, ...own, '--groups', groups.join(','), name])
    } else if (!groups.every((group) => membersOf(group).includes(name))) {
      await change('usermod', ['--append', '--groups', groups.join(','), name])
    }
  }
  return {
    accounts: {
      web: accountOf('web'),
      worker: accountOf('worker'),
      keeper: accountOf('keeper'),
      cell: accountOf('cell'),
      backup: accountOf('backup'),
      db: accountOf('db'),
    },
    everyone: findGroup('panoply') ?? missing('panoply'),
    blobs: findGroup('panoply-data') ?? missing('panoply-data'),
  }
}

function accountOf(role: OwnedRole): Account {
  return findAccount(`panoply-${role}`) ?? missing(`panoply-${role}`)
}

function findGroup(name: string): number | null {
  const fields = linesOf('/etc/group').find((line) => line[0] === name)
  return fields ? Number(fields[2]) : null
}

function membersOf(group: string): string[] {
  return (linesOf('/etc/group').find((line) => line[0] === group)?.[3] ?? '').split(',')
}

function linesOf(file: string): string[][] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
}

/** Another program may hold the lock on /etc/passwd for a moment; its owner says so with exit code 1 or 10. */
async function change(program: string, args: string[]): Promise<void> {
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }
  let words = ''
  for (let attempt = 0; attempt < 10; attempt++) {
    const done = spawnSync(program, args, { env, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
    // 9: somebody else has just made it.
    if (done.status === 0 || done.status === 9) return
    words = done.error?.message ?? done.stderr.trim()
    if (done.status !== 1 && done.status !== 10) break
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new ConfigError(
    `As root, Panoply gives each process a system user of its own, and ${program} failed: ${words}`,
  )
}

function missing(name: string): never {
  throw new Error(`${name} is not in /etc/passwd or /etc/group although it was just made`)
}
