/** Runs a program to its end and keeps what it said. Owns the children of check, gen and the test run. */
import { spawn } from 'node:child_process'

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
  readonly milliseconds: number
}

export interface CommandOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Ends the program, and all that it started, after this long. */
  readonly limitMilliseconds?: number
  /** Is given every piece of output as it comes. */
  readonly onOutput?: (text: string) => void
}

/** Runs `command`; never rejects: a program that cannot start ends with code 127 and the reason as its output. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Ended> {
  const started = performance.now()
  const { promise, resolve } = Promise.withResolvers<Ended>()
  // Its own process group, so that a limit ends the grandchildren too.
  const child = spawn(command, args, {
    cwd: options.cwd ?? process.cwd(),
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  })
  let output = ''
  const keep = (piece: Buffer): void => {
    output += piece
    options.onOutput?.(String(piece))
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const limit = options.limitMilliseconds
  const timer =
    limit === undefined
      ? undefined
      : setTimeout(() => {
          output += `\nended after ${Math.round(limit / 1000)} s, which is its limit\n`
          endGroup(child.pid)
        }, limit)
  const end = (code: number | null, signal: NodeJS.Signals | null): void => {
    clearTimeout(timer)
    resolve({ code, signal, output, milliseconds: performance.now() - started })
  }
  child.on('error', (error) => {
    output += `${error.message}\n`
    end(127, null)
  })
  child.on('exit', (code, signal) => {
    // Let the pipes drain, but do not wait for a grandchild that inherited them.
    const finish = setTimeout(() => end(code, signal), 500)
    child.on('close', () => {
      clearTimeout(finish)
      end(code, signal)
    })
  })
  return promise
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
