// PX-25: what travels is encrypted, or does not leave the machine. Ports of ours speak TLS or redirect; databases answer on
// unix sockets, elsewhere only over TLS; mail goes out over TLS.
import { absent, judge, untellable } from '#core/evidence/evidence.ts'
import type { CellProbe } from './cell-ground.ts'
import { readProcesses, readTcp, SHARED_SOCKETS } from './read-processes.ts'

/** Listening ports, the way to each database, the address of the mail server. */
export const transit: CellProbe = async ({ ask, config, region, proc }) => {
  const faults: string[] = []
  const processes = readProcesses(config.home, proc)
  const sockets = readTcp(processes, proc)
  const listening = (sockets ?? []).filter(({ isListening }) => isListening)
  const ours = new Set([...config.regions.map(({ port }) => port), config.httpPort])
  for (const { role, localPort } of listening)
    if (!ours.has(localPort))
      faults.push(`${role} listens on port ${localPort}, which is none of the TLS ports`)
  const [settings] = await ask<{ listens: string; isTls: boolean | null; isSocket: boolean }>(
    `select current_setting('listen_addresses') as listens, inet_server_addr() is null as "isSocket",
       (select ssl from pg_stat_ssl where pid = pg_backend_pid()) as "isTls"`,
  )
  if (settings && !settings.isSocket && settings.isTls !== true)
    faults.push(`the connection to the database of ${region.name} crosses a network without TLS`)
  if (settings?.isSocket && settings.listens !== '') {
    const [rules] = await ask<{ ssl: string }>(`select current_setting('ssl') as ssl`)
    if (rules?.ssl !== 'on')
      faults.push(`the database of ${region.name} listens on ${settings.listens} without TLS`)
  }
  if (
    config.smtpUrl !== null &&
    !config.smtpUrl.startsWith('smtps:') &&
    !/^smtp:\/\/(localhost|127\.|\[::1\])/.test(config.smtpUrl)
  )
    faults.push('mail goes to its server by smtp:// and not by smtps://')
  const looked = { ports: listening.length, databases: settings ? 1 : 0, processes: processes.length }
  if (faults.length === 0 && sockets === null) return untellable(looked, [SHARED_SOCKETS])
  if (faults.length === 0 && listening.length === 0)
    return absent(looked, ['The sockets of the processes cannot be seen on this machine.'])
  return judge(looked, faults)
}
