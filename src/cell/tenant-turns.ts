// Fairness: how many jobs of one tenant are out of the queue at the same moment. The queue is asked for one job at a time, so that
// no burst slips past the count.
import { EventEmitter } from 'node:events'
import type { Job as QueueJob, WorkerEvents } from 'graphile-worker'

/** Plugs into a runner: `forbiddenFlags` names the tenants that have enough; `events` are the runner's. */
export interface TenantTurns {
  readonly events: WorkerEvents
  forbiddenFlags(): Promise<string[]>
  /** How many jobs are out of the queue now. */
  running(): number
}

/** At most `most` jobs of one tenant at a time. */
export function takeTurns(most: number): TenantTurns {
  const events: WorkerEvents = new EventEmitter()
  const counts = new Map<string, number>()
  let last: Promise<void> = Promise.resolve()
  let next: (() => void) | undefined
  const asked = () => next?.()
  const tenantOf = (job: QueueJob) => Object.keys(job.flags ?? {})[0] ?? ''
  // Each asking of the queue ends with exactly one of these three.
  events.on('job:start', ({ job }) => {
    const tenant = tenantOf(job)
    counts.set(tenant, (counts.get(tenant) ?? 0) + 1)
    asked()
  })
  events.on('worker:getJob:empty', asked)
  events.on('worker:getJob:error', asked)
  events.on('job:complete', ({ job }) => {
    const tenant = tenantOf(job)
    const count = (counts.get(tenant) ?? 1) - 1
    if (count > 0) counts.set(tenant, count)
    else counts.delete(tenant)
  })
  return {
    events,
    async forbiddenFlags() {
      const before = last
      const { promise, resolve } = Promise.withResolvers<void>()
      last = promise
      await before
      next = resolve
      return [...counts].filter(([, count]) => count >= most).map(([tenant]) => tenant)
    },
    running: () => [...counts.values()].reduce((sum, count) => sum + count, 0),
  }
}
