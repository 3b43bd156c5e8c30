// PX-26: nothing leaves but to listed places. Of this installation's processes no connection goes to another machine than to the mail server
// that the operator entered, to a name server, or is a call of a listed kind that the worker noted; and outbound calls may not reach inside.
import { getServers } from 'node:dns'
import { setTimeout as pause } from 'node:timers/promises'
import { absent, judge, untellable } from '#core/evidence/evidence.ts'
import { OUTBOUND_KINDS } from '#core/net/outbound/outbound-kinds.ts'
import type { CellGround, CellProbe } from './cell-ground.ts'
import { comparable, findMailServer, type MailServer } from './mail-server.ts'
import {
  type HouseProcess,
  isLoopback,
  readProcesses,
  readTcp,
  SHARED_SOCKETS,
  type TcpSocket,
} from './read-processes.ts'

const NAMES = 53
/** A call is noted right after its connection stands; one that is not noted so long after was none. */
const NOTED_AFTER_MS = 500

interface NotedCall {
  readonly kind: string
  readonly role: string
  readonly local_port: number
  readonly remote_port: number
}

/** Connections as they stand now. Those that came in at our own ports are not outbound. */
export const egress: CellProbe = async (ground) => {
  const { config, proc } = ground
  const processes = readProcesses(config.home, proc)
  const seen = readTcp(processes, proc)
  const sockets = seen ?? []
  const own = new Set([...config.regions.map(({ port }) => port), config.httpPort])
  const outbound = sockets.filter(({ isListening, localPort }) => !isListening && !own.has(localPort))
  const mail = await findMailServer(config.smtpUrl)
  const leaving = outbound.filter((socket) => !isListed(socket, mail))
  const calls = await readCalls(ground)
  const faults = leaving.length === 0 ? [] : await unlisted(ground, processes, leaving)
  if (config.allowsLoopback)
    faults.push(
      'PANOPLY_ALLOW_LOOPBACK=1 is set: outbound calls may reach this machine itself. It is for tests and demonstrations.',
    )
  const counts = Object.fromEntries(
    Object.keys(OUTBOUND_KINDS).map((kind) => [
      `${kind}Calls`,
      calls.filter((call) => call.kind === kind).length,
    ]),
  )
  const looked = {
    processes: processes.length,
    sockets: sockets.length,
    outbound: outbound.length,
    ...counts,
  }
  if (faults.length === 0 && seen === null) return untellable(looked, [SHARED_SOCKETS])
  if (faults.length === 0 && sockets.length === 0)
    return absent(looked, ['The sockets of the processes cannot be seen on this machine.'])
  return judge(looked, faults)
}

function isListed({ remote, remotePort }: TcpSocket, mail: MailServer | null): boolean {
  if (isLoopback(remote)) return true
  const address = comparable(remote)
  if (mail?.port === remotePort && mail.addresses.has(address)) return true
  return remotePort === NAMES && getServers().map(comparable).includes(address)
}

/** What of these connections is still there and no call of a listed kind. */
async function unlisted(
  ground: CellGround,
  processes: readonly HouseProcess[],
  leaving: readonly TcpSocket[],
): Promise<string[]> {
  await pause(NOTED_AFTER_MS)
  const calls = await readCalls(ground)
  const still = readTcp(processes, ground.proc) ?? []
  return leaving.flatMap(({ role, localPort, remote, remotePort }) => {
    const isThere = still.some((socket) => socket.role === role && socket.localPort === localPort)
    const isCall = calls.some(
      (call) =>
        call.kind in OUTBOUND_KINDS &&
        call.role === role &&
        call.local_port === localPort &&
        call.remote_port === remotePort,
    )
    if (!isThere || isCall) return []
    return [`${role} has a connection to ${remote} port ${remotePort}, which is on no list`]
  })
}

/** Calls of the last hour: none takes longer than ten minutes. */
function readCalls({ ask }: CellGround): Promise<NotedCall[]> {
  return ask<NotedCall>(
    `select kind, role, local_port, remote_port from cell.outbound_call where begun_at > now() - interval '1 hour'`,
  )
}
