// A worker's end of the socket to the cell process: takes orders, runs each once, says how it ended.
// Must stay true: every order gets one answer or the connection ends; when the connection ends, what runs is aborted, because the
// cell process gives those jobs to somebody else.
import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { Compile } from 'typebox/compile'
import type { Finding } from '#core/evidence/evidence.ts'
import { cancelled, givenBack } from '#core/jobs/job.ts'
import { type JsonLines, speakJsonLines } from '#core/net/json-lines.ts'
import { type FromWorker, type JobOrder, ToWorker } from '#protocol/cell/worker.ts'

/** How a run ended. */
export type RunEnd =
  | { readonly end: 'done' | 'cancelled' | 'givenBack' }
  | { readonly end: 'failed'; readonly code: string; readonly isRetryable: boolean }

/** One order, with what its run needs of the link. */
export interface Running {
  readonly order: JobOrder
  /** Its reason is {@link cancelled} or {@link givenBack}. */
  readonly signal: AbortSignal
  progress(done: number, total: number | null): void
}

export interface CellLinkOptions {
  readonly socket: string
  readonly capacity: number
  readonly tasks: readonly string[]
  /** Runs one job; must not throw. */
  run(running: Running): Promise<RunEnd>
  /** Looks at the running system; must not throw. Without it nothing can be looked at. */
  look?(region: string, evidence: string): Promise<Finding>
  /** Removes the container of a tenant that has ended. Without it none is removed here. */
  removeContainer?(region: string, tenant: string): Promise<void>
  /** Milliseconds between signs of life; 5,000 unless said. */
  readonly heartbeat?: number
}

export interface CellLink {
  /** Takes nothing new, lets what runs end for `grace` milliseconds, then gives it back. Resolves when nothing runs. */
  leave(grace: number): Promise<void>
}

const checkOrder = Compile(ToWorker)
const pauses = { first: 50, longest: 2_000 } as const

/** Connects, and connects again for as long as the worker has not left. */
export function joinCell(options: CellLinkOptions): CellLink {
  const running = new Map<string, { readonly stop: AbortController; readonly ended: Promise<void> }>()
  let lines: JsonLines | undefined
  let isLeaving = false
  let pause: number = pauses.first
  let redial: NodeJS.Timeout | undefined
  const say = (message: FromWorker) => lines?.send(message)
  const life = setInterval(() => say({ type: 'heartbeat' }), options.heartbeat ?? 5_000)

  function dial(): void {
    const socket = connect(options.socket)
    const opened = speakJsonLines(socket, {
      onMessage(message) {
        if (!checkOrder.Check(message)) return void socket.destroy()
        if (message.type === 'job') take(message)
        else if (message.type === 'probe') look(message.probe, message.region, message.evidence)
        else if (message.type === 'remove') remove(message.removal, message.region, message.tenant)
        else running.get(message.job)?.stop.abort(cancelled)
      },
      onEnd() {
        lines = undefined
        for (const { stop } of running.values()) stop.abort(givenBack)
        if (!isLeaving) void settled().then(later)
      },
    })
    lines = opened
    socket.once('connect', () => {
      pause = pauses.first
      const { capacity, tasks } = options
      opened.send({ type: 'ready', worker: randomUUID(), capacity, tasks: [...tasks] } satisfies FromWorker)
    })
  }

  function later(): void {
    if (isLeaving) return
    redial = setTimeout(dial, pause)
    pause = Math.min(pause * 2, pauses.longest)
  }

  function take(order: JobOrder): void {
    const { job } = order
    if (isLeaving) {
      say({ type: 'givenBack', job })
      return
    }
    const stop = new AbortController()
    const line = lines
    const progress = (done: number, total: number | null) =>
      line?.send({ type: 'progress', job, done, total })
    const ended = options.run({ order, signal: stop.signal, progress }).then((how) => {
      running.delete(job)
      // On the connection the order came by: after a new one the job is somebody else's.
      const { end, ...rest } = how
      line?.send({ type: end, job, ...rest })
    })
    running.set(job, { stop, ended })
  }

  function look(probe: string, region: string, evidence: string): void {
    const line = lines
    const unable: Finding = { outcome: 'unknown', looked: {}, faults: ['This worker cannot look.'] }
    void (options.look?.(region, evidence) ?? Promise.resolve(unable)).then(({ outcome, looked, faults }) => {
      const found: FromWorker = { type: 'found', probe, outcome, looked: { ...looked }, faults: [...faults] }
      line?.send(found)
    })
  }

  function remove(removal: string, region: string, tenant: string): void {
    const line = lines
    // The cell asks again when it hears nothing.
    options.removeContainer?.(region, tenant).then(
      () => line?.send({ type: 'removed', removal } satisfies FromWorker),
      () => undefined,
    )
  }

  async function settled(): Promise<void> {
    await Promise.all([...running.values()].map(({ ended }) => ended))
  }

  dial()
  return {
    async leave(grace) {
      isLeaving = true
      clearTimeout(redial)
      say({ type: 'leaving' })
      const late = setTimeout(() => {
        for (const { stop } of running.values()) stop.abort(givenBack)
      }, grace)
      await settled()
      clearTimeout(late)
      clearInterval(life)
      lines?.end()
    },
  }
}
