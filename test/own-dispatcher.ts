/**
 * Owns a dispatcher of one throw-away cell with workers inside the test's process, and processes that a test can kill.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Dispatcher, startDispatcher } from '#cell/dispatcher.ts'
import { Workers } from '#cell/workers.ts'
import { silentLog } from '#core/log.ts'
import { listenOn } from '#core/net/listen-on.ts'
import {
  type CellLink,
  type CellLinkOptions,
  joinCell,
  type RunEnd,
  type Running,
} from '#worker/cell-link.ts'
import { type OwnQueue, startQueue } from './own-queue.ts'

/** The task the workers of these tests know. */
export const task = 'core.test.run'

/** A cell process inside the test's. */
export interface OwnCell {
  readonly socket: string
  readonly dispatcher: Dispatcher
  /** A worker inside the test's process, of capacity 2 unless said. */
  join(run: (running: Running) => Promise<RunEnd>, more?: Partial<CellLinkOptions>): CellLink
  stop(): Promise<void>
}

export interface OwnDispatcher {
  readonly queue: OwnQueue
  readonly a: string
  readonly b: string
  startCell(perTenant?: number): Promise<OwnCell>
  /** Enqueues jobs as the tenant; answers their records. */
  enqueue(tenant: string, count?: number, options?: Record<string, unknown>): Promise<string[]>
  /** How many jobs the queue holds. */
  held(): Promise<number>
  /** A folder that goes with the rest. */
  folder(): string
  /** A process of test/queue-process.ts. */
  start(...argv: string[]): ChildProcess
  stop(): Promise<void>
}

/** Starts a cluster with two tenants, `a` and `b`. */
export async function startOwnDispatcher(): Promise<OwnDispatcher> {
  const queue = await startQueue(2)
  const [a = '', b = ''] = queue.tenants
  const folders: string[] = []
  const children: ChildProcess[] = []
  const folder = () => {
    const made = mkdtempSync(join(tmpdir(), 'panoply-q-'))
    folders.push(made)
    return made
  }
  return {
    queue,
    a,
    b,
    folder,
    async startCell(perTenant = 2) {
      const socket = join(folder(), 'worker.sock')
      const workers = new Workers()
      const pool = queue.pool()
      const log = silentLog()
      const dispatcher = await startDispatcher({
        region: 'eu',
        pool,
        workers,
        log,
        perTenant,
        pollInterval: 200,
        clockInterval: 300,
      })
      const server = await listenOn(socket, (connection) => workers.add(connection))
      const links: CellLink[] = []
      return {
        socket,
        dispatcher,
        join(run, more) {
          const link = joinCell({ socket, capacity: 2, tasks: [task], run, ...more })
          links.push(link)
          return link
        },
        async stop() {
          for (const link of links) await link.leave(0)
          workers.close()
          await dispatcher.stop()
          server.close()
          await pool.end()
        },
      }
    },
    async enqueue(tenant, count = 1, options = {}) {
      const records = Array.from({ length: count }, () => randomUUID())
      await queue.as(
        `t_${tenant}`,
        'select cell.enqueue($1, record, $2::jsonb) from unnest($3::uuid[]) as record',
        [task, JSON.stringify(options), records],
      )
      return records
    },
    async held() {
      const [row] = await queue.as<{ count: number }>(
        'dispatcher',
        'select count(*)::int as count from queue._private_jobs',
      )
      return row?.count ?? 0
    },
    start(...argv) {
      const file = join(import.meta.dirname, 'queue-process.ts')
      const child = spawn(process.execPath, [file, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] })
      children.push(child)
      return child
    },
    async stop() {
      for (const child of children) child.kill('SIGKILL')
      await queue.stop()
      for (const path of folders) rmSync(path, { recursive: true, force: true })
    },
  }
}

/** Resolves when the process said a line that begins so. */
export async function saidBy(child: ChildProcess, begins: string): Promise<void> {
  let text = ''
  const { stdout } = child
  if (!stdout) throw new Error('the process has no output')
  while (!text.split('\n').some((line) => line.startsWith(begins)))
    text += String((await once(stdout, 'data'))[0])
}

/** SIGKILL, and the end. */
export async function die(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
