// PX-18: the web process runs apart from what holds data. Each of the five has a user of its own; the web's reaches neither
// the files of a database nor the keeper's, and its login in the database no table of a tenant.
import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { absent, judge } from '#core/evidence/evidence.ts'
import type { CellProbe } from './cell-ground.ts'
import { PROCESS_ROLES, readProcesses } from './read-processes.ts'

export const SHARED_USER =
  'The five processes share one system user, because Panoply was started by an ordinary user. Started as root, it gives each its own.'

/** Looks at users and folders, and at the rights of `router`. */
export const processWalls: CellProbe = async ({ config, region, ask, proc }) => {
  const faults: string[] = []
  const processes = readProcesses(config.home, proc)
  for (const role of PROCESS_ROLES)
    if (!processes.some((one) => one.role === role)) faults.push(`no process of ${role} is to be seen`)
  const strays = await ask<{ name: string; right: string }>(
    `select n.nspname || '.' || c.relname as name, x.privilege_type as right from pg_class c
       join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) x join pg_roles g on g.oid = x.grantee
     where g.rolname = 'router' and not (n.nspname = 'trust' and x.privilege_type = 'SELECT')`,
  )
  for (const { name, right } of strays) faults.push(`the web's login may ${right} ${name}`)
  const web = processes.filter(({ role }) => role === 'web')
  const closed = [
    config.keeperFolder,
    dirname(config.rootKeyFile),
    ...region.cells.flatMap(({ clusterFolder }) => clusterFolder ?? []),
  ]
  let folders = 0
  for (const folder of closed) {
    const found = statSync(folder, { throwIfNoEntry: false })
    if (!found) continue
    folders++
    if ((found.mode & 0o007) !== 0) faults.push(`${folder} is open to every user of the machine`)
    for (const { uid, groups } of web) {
      if (found.uid === uid && config.hasSystemUsers)
        faults.push(`${folder} belongs to the user of the web process`)
      if (groups.includes(found.gid) && (found.mode & 0o050) !== 0 && config.hasSystemUsers)
        faults.push(`${folder} is open to a group of the web process`)
    }
  }
  const users = new Set(processes.map(({ uid }) => uid))
  const looked = { processes: processes.length, users: users.size, folders }
  if (faults.length > 0) return judge(looked, faults)
  if (!config.hasSystemUsers) return absent(looked, [SHARED_USER])
  if (users.size < PROCESS_ROLES.length)
    faults.push(`${processes.length} processes run under ${users.size} users`)
  if (users.has(0)) faults.push('a process runs as root')
  return judge(looked, faults)
}
