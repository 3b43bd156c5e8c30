// The living processes of one home, read from /proc, and what TCP they hold. Nothing here needs a right that every user of the
// machine has not got: where descriptors of another user cannot be read, sockets are told by their owner.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export const PROCESS_ROLES = ['web', 'worker', 'keeper', 'cell', 'backup'] as const
export type ProcessRole = (typeof PROCESS_ROLES)[number]

export interface HouseProcess {
  readonly pid: number
  readonly role: ProcessRole
  readonly uid: number
  /** Groups, supplementary ones included. */
  readonly groups: readonly number[]
  /** True when any permitted, effective or ambient capability is set. */
  readonly hasCapabilities: boolean
}

/** The five processes of a home (and doubles of them). Empty where there is no /proc to read. */
export function readProcesses(home: string, proc = '/proc'): HouseProcess[] {
  return namesIn(proc)
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const words = (readText(`${proc}/${name}/cmdline`) ?? '').split('\0')
      const main = words.findIndex((word) => word.endsWith('/src/main.ts'))
      const role = PROCESS_ROLES.find((one) => main > 0 && one === words[main + 1])
      const at = words.indexOf('--home')
      if (!role || at < 0 || words[at + 1] !== home) return []
      const status = readText(`${proc}/${name}/status`)
      if (status === null) return []
      const field = (key: string): string => new RegExp(`^${key}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? ''
      const numbers = (key: string): number[] => field(key).split(/\s+/).filter(Boolean).map(Number)
      return [
        {
          pid: Number(name),
          role,
          uid: numbers('Uid')[0] ?? -1,
          groups: [...new Set([...numbers('Gid'), ...numbers('Groups')])],
          hasCapabilities: ['CapPrm', 'CapEff', 'CapAmb'].some((key) => /[^0]/.test(field(key))),
        },
      ]
    })
}

export interface TcpSocket {
  readonly isListening: boolean
  readonly local: string
  readonly localPort: number
  readonly remote: string
  readonly remotePort: number
  readonly role: ProcessRole
}

/**
 * TCP sockets of these processes. Null where they cannot be told from others: descriptors of another user are closed to us, and
 * that user also runs processes of another installation.
 */
export function readTcp(processes: readonly HouseProcess[], proc = '/proc'): TcpSocket[] | null {
  const byInode = new Map<string, ProcessRole>()
  const byUid = new Map<number, ProcessRole>()
  for (const { pid, role, uid } of processes) {
    const inodes = inodesOf(pid, proc)
    // Somebody else's descriptors: then the user is nobody else's either.
    if (inodes === null) byUid.set(uid, role)
    else for (const inode of inodes) byInode.set(inode, role)
  }
  if (byUid.size > 0 && hasStrangers(processes, byUid, proc)) return null
  return ['tcp', 'tcp6'].flatMap((file) =>
    (readText(`${proc}/net/${file}`) ?? '')
      .trim()
      .split('\n')
      .slice(1)
      .flatMap((line) => {
        const fields = line.trim().split(/\s+/)
        const role = byInode.get(fields[9] ?? '') ?? byUid.get(Number(fields[7]))
        const [local, localPort] = addressOf(fields[1])
        const [remote, remotePort] = addressOf(fields[2])
        const isListening = fields[3] === '0A'
        // Only listening and established ones; the rest are on their way out.
        if (!role || (!isListening && fields[3] !== '01')) return []
        return [{ isListening, local, localPort, remote, remotePort, role }]
      }),
  )
}

export const UNSEEN_PROCESSES = 'The processes of this installation cannot be seen on this machine.'

export const SHARED_SOCKETS =
  'Another installation on this machine runs under the same system users, so its connections cannot be told from these.'

/** Whether one of these users runs a process that is none of ours and none that ours started. */
function hasStrangers(
  processes: readonly HouseProcess[],
  users: ReadonlyMap<number, ProcessRole>,
  proc: string,
): boolean {
  const ours = new Set(processes.map(({ pid }) => pid))
  return namesIn(proc).some((name) => {
    if (!/^\d+$/.test(name) || ours.has(Number(name))) return false
    const status = readText(`${proc}/${name}/status`) ?? ''
    const number = (key: string): number =>
      Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? -1)
    return users.has(number('Uid')) && !ours.has(number('PPid'))
  })
}

/** Whether an address stays on this machine. */
export function isLoopback(address: string): boolean {
  return /^127\./.test(address) || address === '::1' || /^::ffff:127\./.test(address)
}

function addressOf(text = ''): [string, number] {
  const [hex = '', port = ''] = text.split(':')
  return [hex.length > 8 ? six(hex) : four(hex), Number.parseInt(port, 16)]
}

function four(hex: string): string {
  return (hex.match(/../g) ?? [])
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.')
}

function six(hex: string): string {
  // Each of the four words is in the order of the machine.
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse())
  const text = bytes.join('').toLowerCase()
  if (/^0{31}1$/.test(text)) return '::1'
  if (/^0{20}ffff/.test(text)) {
    const quad = text.slice(24).match(/../g) ?? []
    return `::ffff:${quad.map((byte) => Number.parseInt(byte, 16)).join('.')}`
  }
  return (text.match(/.{4}/g) ?? []).map((part) => part.replace(/^0+(?=.)/, '')).join(':')
}

function inodesOf(pid: number, proc: string): string[] | null {
  try {
    return readdirSync(`${proc}/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${proc}/${pid}/fd/${fd}`))?.[1] ?? []
      } catch (error) {
        if (isGone(error)) return []
        throw error
      }
    })
  } catch (error) {
    if (isGone(error)) return []
    if (error instanceof Error && 'code' in error && error.code === 'EACCES') return null
    throw error
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isGone(error)) return []
    throw error
  }
}

/** Null when it ended while we looked. */
function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isGone(error)) return null
    throw error
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(ENOENT|ESRCH)$/.test(String(error.code))
}
