// Runs a parser of hostile input in its own process with caps on time, memory and output.
// Must stay true: the child has no environment, no network where the system can deny it, no file but those named, no secret;
// it never outlives its caps or its parent, and nothing it does ends the parent.
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Confinement } from './confinement.ts'

export interface ChildCaps {
  /** From start to end, waiting for the reader of the output included. */
  readonly wallMilliseconds: number
  /** Kept by the kernel (RLIMIT_CPU), so a child in a tight loop ends too. */
  readonly cpuSeconds: number
  /** Resident memory, looked at ten times a second. */
  readonly memoryBytes: number
  readonly outputBytes: number
}

/** What this worker offers to every child. */
export interface ParserPlace {
  /** From openWorkRoot. */
  readonly workRoot: string
  readonly confinement: Confinement
}

export interface CappedChild {
  /** Absolute path of the script, run by this very Node. */
  readonly script: string
  readonly args: readonly string[]
  /** Files and folders the script may read; itself and nothing else when empty. */
  readonly reads: readonly string[]
  /** Folders the script may write, e.g. its work folder; none for most. */
  readonly writes?: readonly string[]
  /** Where it runs: a fresh folder from work-folder.ts. */
  readonly folder: string
  /** Its standard input, e.g. the decrypted file: so the plaintext needs no file. */
  readonly input?: Readable
  readonly caps: ChildCaps
  readonly confinement: Confinement
  readonly signal?: AbortSignal
}

export type ChildEnd = 'time' | 'memory' | 'output' | 'crash'

/** Why a child did not finish. `cause` holds what it wrote to standard error, which may quote the input: never log it. */
export class CappedChildFailure extends Error {
  override name = 'CappedChildFailure'
  readonly reason: ChildEnd
  constructor(reason: ChildEnd, detail?: string) {
    super(`the child process ended: ${reason}`, detail === undefined ? undefined : { cause: detail })
    this.reason = reason
  }
}

/** Exit status by which a child says that it ran into its own bound of memory. */
export const MEMORY_EXIT = 86

const LOOK_MILLISECONDS = 100
const STDERR_BYTES = 4096

/**
 * Runs the script and yields what it writes to standard output, as it comes; a slow reader holds the child back.
 * Ends when the child has ended well. Leaving the loop early kills the child.
 * @throws CappedChildFailure when it ran into a cap or did not end with status 0; the signal's reason when aborted;
 *   an error of `input` as it is
 */
export async function* runCapped(child: CappedChild): AsyncGenerator<Buffer, void> {
  if (child.signal?.aborted) {
    child.input?.destroy()
    throw child.signal.reason
  }
  const [command, ...args] = commandLine(child)
  const running = spawn(command ?? 'sh', args, {
    cwd: child.folder,
    env: {},
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const group = running.pid
  let failure: unknown
  const end = (why: unknown): void => {
    failure ??= why
    if (group !== undefined) killGroup(group)
  }
  const ended = new Promise<number | string>((resolve) => {
    running.once('error', (error) => resolve(error.message))
    running.once('close', (status, signal) => resolve(status ?? signal ?? 'unknown'))
  })
  const stderr = keepTail(running.stderr)
  const wall = setTimeout(() => end(new CappedChildFailure('time')), child.caps.wallMilliseconds)
  const look = setInterval(() => void watchMemory(), LOOK_MILLISECONDS)
  const watchMemory = async (): Promise<void> => {
    if (group !== undefined && (await residentBytes(group)) > child.caps.memoryBytes)
      end(new CappedChildFailure('memory'))
  }
  const abort = (): void => end(child.signal?.reason)
  child.signal?.addEventListener('abort', abort, { once: true })
  const fed = feed(running.stdin, child.input, end)
  try {
    let written = 0
    for await (const chunk of running.stdout) {
      written += chunk.length
      if (written > child.caps.outputBytes) throw new CappedChildFailure('output')
      yield chunk
      if (failure !== undefined) throw failure
    }
    const status = await ended
    await fed
    if (failure !== undefined) throw failure
    if (status !== 0) throw new CappedChildFailure(reasonOf(status), stderr())
  } finally {
    clearTimeout(wall)
    clearInterval(look)
    child.signal?.removeEventListener('abort', abort)
    end(new CappedChildFailure('crash'))
    running.stdout.destroy()
    child.input?.destroy()
    await ended
  }
}

/** `ulimit` by the shell: CPU seconds, no core dumps, no files but those open, no writing of files unless asked for. */
function commandLine(child: CappedChild): string[] {
  const { caps, confinement } = child
  const heap = Math.max(64, Math.floor(caps.memoryBytes / 2 ** 21))
  const writes = child.writes ?? []
  const limits = [
    'unset PWD OLDPWD SHLVL _',
    'ulimit -c 0',
    `ulimit -t ${Math.ceil(caps.cpuSeconds)}`,
    'ulimit -n 128',
    ...(writes.length === 0 ? ['ulimit -f 0'] : []),
    'exec "$@"',
  ]
  const node = [
    process.execPath,
    '--permission',
    ...[child.script, ...child.reads].map((path) => `--allow-fs-read=${path}`),
    ...writes.map((path) => `--allow-fs-write=${path}`),
    `--max-old-space-size=${heap}`,
    '--disallow-code-generation-from-strings',
    '--no-warnings',
    child.script,
    ...child.args,
  ]
  return [...confinement.prefix, 'sh', '-c', limits.join('; '), 'sh', ...node]
}

function feed(
  stdin: NodeJS.WritableStream,
  input: Readable | undefined,
  end: (why: unknown) => void,
): Promise<void> {
  if (!input) {
    stdin.on('error', () => undefined)
    stdin.end()
    return Promise.resolve()
  }
  return pipeline(input, stdin).catch((error: unknown) => {
    // A child that has read enough, or has died, closes its end: its status tells, not this.
    if (!isClosedPipe(error)) end(error)
  })
}

function isClosedPipe(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'].includes(String(error.code))
  )
}

function reasonOf(status: number | string): ChildEnd {
  if (status === MEMORY_EXIT) return 'memory'
  // SIGXCPU at the soft limit; a hard limit ends with SIGKILL. 128 + n is how a shell passes a signal on.
  if (status === 'SIGXCPU' || status === 'SIGKILL' || status === 152 || status === 137) return 'time'
  // V8 out of its heap aborts.
  if (status === 'SIGABRT' || status === 134) return 'memory'
  return 'crash'
}

/** Kills every process of the group; one that has ended already is no error. */
function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** Resident bytes of a process; 0 where the system does not tell (its heap is bounded by Node then). */
async function residentBytes(pid: number): Promise<number> {
  const statm = await readFile(`/proc/${pid}/statm`, 'latin1').catch(() => '')
  return Number(statm.split(' ')[1] ?? 0) * 4096
}

function keepTail(stream: Readable): () => string {
  let kept = ''
  stream.setEncoding('latin1')
  stream.on('data', (text: string) => {
    kept = (kept + text).slice(-STDERR_BYTES)
  })
  return () => kept
}
