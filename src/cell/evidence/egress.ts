// PX-26: nothing leaves but to listed places. Of this installation's processes no connection goes to another machine than the
// mail server that the operator entered; and outbound calls may not reach inside.
import { absent, judge, untellable } from '#core/evidence/evidence.ts'
import type { CellProbe } from './cell-ground.ts'
import { isLoopback, readProcesses, readTcp, SHARED_SOCKETS } from './read-processes.ts'

/** Ports to which mail is handed in. */
const MAIL = new Set([25, 465, 587, 2525])

/** Connections as they stand now. Those that came in at our own ports are not outbound. */
export const egress: CellProbe = async ({ config, proc }) => {
  const processes = readProcesses(config.home, proc)
  const seen = readTcp(processes, proc)
  const sockets = seen ?? []
  const own = new Set([...config.regions.map(({ port }) => port), config.httpPort])
  const outbound = sockets.filter(({ isListening, localPort }) => !isListening && !own.has(localPort))
  const faults: string[] = []
  for (const { role, remote, remotePort } of outbound) {
    if (isLoopback(remote)) continue
    if (config.smtpUrl !== null && MAIL.has(remotePort)) continue
    faults.push(`${role} has a connection to ${remote} port ${remotePort}, which is on no list`)
  }
  if (config.allowsLoopback)
    faults.push(
      'PANOPLY_ALLOW_LOOPBACK=1 is set: outbound calls may reach this machine itself. It is for tests and demonstrations.',
    )
  const looked = { processes: processes.length, sockets: sockets.length, outbound: outbound.length }
  if (faults.length === 0 && seen === null) return untellable(looked, [SHARED_SOCKETS])
  if (faults.length === 0 && sockets.length === 0)
    return absent(looked, ['The sockets of the processes cannot be seen on this machine.'])
  return judge(looked, faults)
}
