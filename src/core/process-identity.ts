// Owns: telling whether a process of an earlier run still lives. A pid alone is not enough, it is given out again;
// pid and start time are. A zombie counts as gone: it holds nothing any more.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { stopwatch } from './time.ts'

/** One process of this machine's current boot. `started` is opaque and equal only for the same process. */
export interface ProcessIdentity {
  readonly pid: number
  readonly started: string
}

/** @returns null when no such process runs (a zombie does not run) */
export function identityOf(pid: number): ProcessIdentity | null {
  if (!Number.isSafeInteger(pid) || pid < 1) return null
  const started = process.platform === 'linux' ? startOnLinux(pid) : startFromPs(pid)
  return started === null ? null : { pid, started }
}

/** True while exactly this process runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.started === identity.started
}

/** Running processes whose working folder is `folder`, as every process of a PostgreSQL cluster has its data folder. */
export function processesIn(folder: string): ProcessIdentity[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && workingFolder(name) === folder)
    .flatMap((name) => identityOf(Number(name)) ?? [])
}

/** Sends the signals in turn, each with its time to act (milliseconds), until the process is gone. */
export async function endProcess(
  identity: ProcessIdentity,
  signals: readonly [NodeJS.Signals, number][],
): Promise<void> {
  for (const [signal, patience] of signals) {
    if (!isRunning(identity)) return
    signalIfThere(identity.pid, signal)
    if (await isGoneWithin(identity, patience)) return
  }
  throw new Error(`process ${identity.pid} does not end`)
}

async function isGoneWithin(identity: ProcessIdentity, patience: number): Promise<boolean> {
  const until = stopwatch() + patience
  for (;;) {
    if (!isRunning(identity)) return true
    if (stopwatch() > until) return false
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ESRCH')) throw cause
  }
}

function startOnLinux(pid: number): string | null {
  const stat = readIfThere(`/proc/${pid}/stat`)
  if (stat === null) return null
  // The name stands in brackets and may itself hold brackets and spaces; state is the first field behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z' || fields[0] === 'X') return null
  return `${readIfThere('/proc/sys/kernel/random/boot_id')?.trim() ?? ''}:${fields[19]}`
}

function startFromPs(pid: number): string | null {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    return line === '' || line.startsWith('Z') ? null : line.replace(/^\S+\s+/, '')
  } catch (cause) {
    if (cause instanceof Error && 'status' in cause && cause.status === 1) return null
    throw cause
  }
}

function workingFolder(pid: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch (cause) {
    if (isAbsence(cause)) return null
    throw cause
  }
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if (isAbsence(cause)) return null
    throw cause
  }
}

/** Gone, not ours to see, or gone while being read. */
function isAbsence(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['ENOENT', 'EACCES', 'EPERM', 'ESRCH'].includes(String(error.code))
  )
}
