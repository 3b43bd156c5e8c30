// PD-17: three tiers, each speaking only to the next. Browsers reach the web process alone; only our processes reach a
// database, by a socket in a folder that is not everybody's; the web reaches it as logins that own nothing.
import { statSync } from 'node:fs'
import { judge, untellable } from '#core/evidence/evidence.ts'
import type { CellProbe } from './cell-ground.ts'
import { readProcesses, readTcp, SHARED_SOCKETS, UNSEEN_PROCESSES } from './read-processes.ts'

/** Listening sockets of the processes, and the door of each database. */
export const tiers: CellProbe = async ({ ask, config, region, proc }) => {
  const faults: string[] = []
  const processes = readProcesses(config.home, proc)
  const sockets = readTcp(processes, proc)
  for (const { role, isListening, localPort } of sockets ?? [])
    if (isListening && role !== 'web') faults.push(`${role} can be reached by TCP, on port ${localPort}`)
  for (const { host, clusterFolder } of region.cells) {
    if (clusterFolder === null) continue
    const folder = statSync(host, { throwIfNoEntry: false })
    if (folder && (folder.mode & 0o007) !== 0)
      faults.push(`every user of the machine may enter ${host}, where the database answers`)
  }
  const [settings] = await ask<{ listens: string; rules: number }>(
    `select current_setting('listen_addresses') as listens, 0 as rules`,
  )
  const isOwn = region.cells.every(({ clusterFolder }) => clusterFolder !== null)
  if (isOwn && settings?.listens !== '')
    faults.push(`the database of ${region.name} can be reached by TCP, on ${settings?.listens}`)
  const owned = await ask<{ role: string; name: string }>(
    `select r.rolname as role, c.oid::regclass::text as name from pg_class c join pg_roles r on r.oid = c.relowner
     where (r.rolname = 'router' or r.rolname ~ '^t_') and c.relkind in ('r', 'p', 'v') limit 20`,
  )
  for (const { role, name } of owned) faults.push(`${role}, a login of the middle tier, owns ${name}`)
  const looked = { processes: processes.length, databases: region.cells.length }
  if (faults.length === 0 && processes.length === 0) return untellable(looked, [UNSEEN_PROCESSES])
  if (faults.length === 0 && sockets === null) return untellable(looked, [SHARED_SOCKETS])
  return judge(looked, faults)
}
