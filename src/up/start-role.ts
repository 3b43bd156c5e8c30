// Owns: starting one of the five processes, letting it begin, and hearing from it. A role says `{ready: true, report}` over its channel;
// it sees that channel close when `up` dies, and stops.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { type Config, ConfigError, childEnvironment, type Role } from '#core/config.ts'
import type { ChildList } from './child-list.ts'
import type { Running } from './supervisor.ts'

export interface RolePlan {
  readonly role: Exclude<Role, 'up' | 'admin'>
  readonly config: Config
  /** Folder to run the program from, and the Node to run it with. */
  readonly appFolder: string
  readonly node: string
  /** System user to become; null stays this user. */
  readonly runAs: string | null
  readonly children: ChildList
}

const patience = { ready: 90_000, stop: 20_000 }

/** A role that has loaded, or is loading, its program and waits for the word to begin. */
export interface HeldRole {
  /**
   * Lets it begin; resolves when it says that it is ready.
   * @throws ConfigError with the role's last words when it ends or stays silent before that
   */
  begin(): Promise<Running>
  /** Ends it; for one that never began. */
  drop(): Promise<void>
}

/** Starts the role's process, which goes no further than loading its program. */
export function holdRole(plan: RolePlan): HeldRole {
  const { role, config } = plan
  const as = plan.runAs ? ['--as', plan.runAs] : []
  const main = join(plan.appFolder, 'src/main.ts')
  const child = spawn(plan.node, [main, role, '--home', config.home, '--held', ...as], {
    cwd: '/',
    env: childEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    detached: true,
  })
  let lastWords = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-4000)
  })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  if (child.pid) plan.children.add(role, child.pid)
  void ended.then(() => plan.children.remove(role))

  const kill = (signal: NodeJS.Signals): boolean => child.exitCode === null && child.kill(signal)
  async function stop(): Promise<void> {
    kill('SIGTERM')
    const timer = setTimeout(() => kill('SIGKILL'), patience.stop)
    await ended
    clearTimeout(timer)
  }

  async function begin(): Promise<Running> {
    let timer: NodeJS.Timeout | undefined
    const report = await new Promise<Record<string, unknown> | null>((resolve) => {
      timer = setTimeout(() => resolve(null), patience.ready)
      child.on('message', (message) => {
        const told = readReady(message)
        if (told) resolve(told)
      })
      void ended.then(() => resolve(null))
      // When it has ended already, `ended` says so.
      child.send({ begin: true }, () => undefined)
    })
    clearTimeout(timer)
    if (report) return { report, ended, stop }
    const reason =
      child.exitCode === null && child.signalCode === null ? 'is not ready in time' : 'ended at its start'
    kill('SIGKILL')
    await ended
    throw new ConfigError(
      `${role} ${reason}. ${lastWords.trim() || `See ${join(config.logFolder, `${role}.log`)}.`}`,
    )
  }
  return { begin, drop: stop }
}

function readReady(message: unknown): Record<string, unknown> | null {
  if (typeof message !== 'object' || message === null || !('ready' in message) || message.ready !== true)
    return null
  const report = 'report' in message ? message.report : null
  return typeof report === 'object' && report !== null ? { ...report } : {}
}
