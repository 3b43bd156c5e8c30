// The workers connected to this cell process and the jobs they have. Owns who gets the next job.
// Must stay true: every job handed in gets exactly one outcome, also when its worker dies; a worker never has more than it said it can do.
import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { Compile } from 'typebox/compile'
import type { Finding } from '#core/evidence/evidence.ts'
import { type JsonLines, speakJsonLines } from '#core/net/json-lines.ts'
import { stopwatch } from '#core/time.ts'
import { FromWorker, type JobOrder, type ToWorker } from '#protocol/cell/worker.ts'

/** How a job ended, as far as the queue is concerned. */
export type Outcome =
  | { readonly end: 'done' | 'cancelled' | 'givenBack' | 'died' }
  | { readonly end: 'failed'; readonly code: string; readonly isRetryable: boolean }

/** What the dispatcher asks for; the type field is ours. */
export type Order = Omit<JobOrder, 'type'>

interface Waiting {
  readonly order: Order
  resolve(outcome: Outcome): void
}

interface WorkerLink {
  readonly lines: JsonLines
  readonly socket: Socket
  readonly running: Map<string, Waiting>
  readonly probes: Map<string, (finding: Finding) => void>
  readonly removals: Map<string, (isRemoved: boolean) => void>
  capacity: number
  tasks: ReadonlySet<string>
  heardAt: number
}

export interface WorkersOptions {
  /** Milliseconds without a word after which a worker counts as dead; 20,000 unless said. */
  readonly silence?: number
}

const checkMessage = Compile(FromWorker)

export class Workers {
  readonly #links = new Set<WorkerLink>()
  readonly #silence: number
  readonly #watch: NodeJS.Timeout
  #waiting: Waiting[] = []
  #isClosed = false

  constructor(options: WorkersOptions = {}) {
    this.#silence = options.silence ?? 20_000
    this.#watch = setInterval(() => this.#endSilent(), this.#silence / 4)
    this.#watch.unref()
  }

  /** How many are connected, and how many jobs they take together. */
  get size(): { workers: number; capacity: number } {
    let capacity = 0
    for (const link of this.#links) capacity += link.capacity
    return { workers: this.#links.size, capacity }
  }

  /** Whether {@link close} was called: every job comes back at once from then on. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Takes a connection of a worker; it gets jobs once it has said that it is ready. */
  add(socket: Socket): void {
    const lines = speakJsonLines(socket, {
      onMessage: (message) => this.#hear(link, message),
      onEnd: () => this.#lose(link),
    })
    const link: WorkerLink = {
      lines,
      socket,
      running: new Map(),
      probes: new Map(),
      removals: new Map(),
      capacity: 0,
      tasks: new Set(),
      heardAt: stopwatch(),
    }
    this.#links.add(link)
  }

  /** Hands a job to the next worker that has room for it and knows its task, and waits for its end. */
  run(order: Order): Promise<Outcome> {
    if (this.#isClosed) return Promise.resolve({ end: 'givenBack' })
    return new Promise((resolve) => {
      this.#waiting.push({ order, resolve })
      this.#assign()
    })
  }

  /** Has a worker look at the running system. Without a worker, or one that answers in time, nothing is known. */
  probe(region: string, evidence: string, limit = 60_000): Promise<Finding> {
    const link = [...this.#links].find(({ capacity }) => capacity > 0)
    if (!link) return Promise.resolve(notDone('No worker is connected.'))
    const probe = randomUUID()
    return new Promise((resolve) => {
      const late = setTimeout(() => answered(notDone('The worker did not answer in time.')), limit)
      const answered = (finding: Finding): void => {
        clearTimeout(late)
        link.probes.delete(probe)
        resolve(finding)
      }
      link.probes.set(probe, answered)
      say(link, { type: 'probe', probe, region, evidence })
    })
  }

  /** Has a worker remove the container of a tenant that has ended. False when none is there, or none says in time that it is gone. */
  removeContainer(region: string, tenant: string, limit = 60_000): Promise<boolean> {
    const link = [...this.#links].find(({ capacity }) => capacity > 0)
    if (!link) return Promise.resolve(false)
    const removal = randomUUID()
    return new Promise((resolve) => {
      const late = setTimeout(() => answered(false), limit)
      const answered = (isRemoved: boolean): void => {
        clearTimeout(late)
        link.removals.delete(removal)
        resolve(isRemoved)
      }
      link.removals.set(removal, answered)
      say(link, { type: 'remove', removal, region, tenant })
    })
  }

  /** Tells the workers that run jobs of this activity to stop them. */
  cancel(tenant: string, activity: string): void {
    for (const link of this.#links)
      for (const [job, { order }] of link.running)
        if (order.tenant === tenant && order.activity === activity) say(link, { type: 'cancel', job })
  }

  /** Gives back every job that waits or runs; the workers hear of it by their connection ending. */
  close(): void {
    this.#isClosed = true
    clearInterval(this.#watch)
    for (const { resolve } of this.#waiting.splice(0)) resolve({ end: 'givenBack' })
    for (const link of this.#links) {
      for (const { resolve } of link.running.values()) resolve({ end: 'givenBack' })
      link.running.clear()
      endProbes(link)
      link.socket.destroy()
    }
  }

  #hear(link: WorkerLink, message: unknown): void {
    if (!checkMessage.Check(message)) return void link.socket.destroy()
    link.heardAt = stopwatch()
    switch (message.type) {
      case 'ready':
        link.capacity = message.capacity
        link.tasks = new Set(message.tasks)
        this.#assign()
        return
      case 'leaving':
        link.capacity = 0
        return
      case 'done':
      case 'cancelled':
      case 'givenBack':
        this.#settle(link, message.job, { end: message.type })
        return
      case 'failed':
        this.#settle(link, message.job, {
          end: 'failed',
          code: message.code,
          isRetryable: message.isRetryable,
        })
        return
      case 'removed':
        link.removals.get(message.removal)?.(true)
        return
      case 'found': {
        const { outcome, looked, faults } = message
        link.probes.get(message.probe)?.({ outcome, looked, faults })
        return
      }
      case 'heartbeat':
      case 'progress':
    }
  }

  #settle(link: WorkerLink, job: string, outcome: Outcome): void {
    const held = link.running.get(job)
    if (!held) return
    link.running.delete(job)
    held.resolve(outcome)
    this.#assign()
  }

  #lose(link: WorkerLink): void {
    this.#links.delete(link)
    for (const { resolve } of link.running.values()) resolve({ end: 'died' })
    link.running.clear()
    endProbes(link)
    this.#assign()
  }

  #endSilent(): void {
    const before = stopwatch() - this.#silence
    for (const link of this.#links) if (link.heardAt < before) link.socket.destroy()
  }

  #assign(): void {
    for (const link of this.#links) {
      while (link.running.size < link.capacity) {
        const next = this.#takeFor(link)
        if (!next) break
        link.running.set(next.order.job, next)
        say(link, { type: 'job', ...next.order })
      }
    }
    if (this.size.capacity > 0) this.#refuseUnknown()
  }

  /** Of the waiting jobs this worker knows, the oldest of the tenant that has the fewest running. */
  #takeFor(link: WorkerLink): Waiting | undefined {
    let best: Waiting | undefined
    let fewest = Number.POSITIVE_INFINITY
    for (const waiting of this.#waiting) {
      if (!link.tasks.has(waiting.order.task)) continue
      const running = this.#runningOf(waiting.order.tenant)
      if (running < fewest) {
        best = waiting
        fewest = running
      }
      if (fewest === 0) break
    }
    if (best) this.#waiting = this.#waiting.filter((waiting) => waiting !== best)
    return best
  }

  #runningOf(tenant: string): number {
    let count = 0
    for (const link of this.#links)
      for (const { order } of link.running.values()) if (order.tenant === tenant) count++
    return count
  }

  /** No worker knows the task: later, after an upgrade, one may. */
  #refuseUnknown(): void {
    const known = new Set([...this.#links].flatMap((link) => [...link.tasks]))
    const unknown = this.#waiting.filter(({ order }) => !known.has(order.task))
    if (unknown.length === 0) return
    this.#waiting = this.#waiting.filter(({ order }) => known.has(order.task))
    for (const { resolve } of unknown) resolve({ end: 'failed', code: 'internal', isRetryable: true })
  }
}

function endProbes(link: WorkerLink): void {
  for (const answered of [...link.probes.values()]) answered(notDone('The worker ended.'))
  for (const answered of [...link.removals.values()]) answered(false)
}

function notDone(reason: string): Finding {
  return { outcome: 'unknown', looked: {}, faults: [reason] }
}

function say(link: WorkerLink, message: ToWorker): void {
  link.lines.send(message)
}
