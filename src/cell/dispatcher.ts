// The dispatcher of one cell: takes jobs from the queue as role `dispatcher` and has workers do them. Owns attempts and back-off.
// Must stay true: a job leaves the queue only when it is done, cancelled or has used up its attempts; a dead worker costs it no
// attempt; the dispatcher never sees anything but ids.

import { setTimeout as pause } from 'node:timers/promises'
import { type JobHelpers, type Runner, run } from 'graphile-worker'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import type { QueuePool } from '#core/db/queue-pool.ts'
import type { Log } from '#core/log.ts'
import { stopwatch } from '#core/time.ts'
import { JobOrder } from '#protocol/cell/worker.ts'
import { type Drain, openDrain } from './drain.ts'
import { queueSchema, takeBackJobs } from './prepare-queue.ts'
import { mendTimes } from './queue-clock.ts'
import { queueLogger } from './queue-logger.ts'
import { takeTurns } from './tenant-turns.ts'
import type { Workers } from './workers.ts'

export interface DispatcherOptions {
  readonly region: string
  readonly pool: QueuePool
  readonly workers: Workers
  readonly log: Log
  /** Most jobs of one tenant at the same time; 2 unless said. */
  readonly perTenant?: number
  /** Milliseconds between looks for jobs whose time has come; new ones announce themselves. 2,000 unless said. */
  readonly pollInterval?: number
  /** Milliseconds between looks for jobs that a clock which went back has put off; 15,000 unless said. */
  readonly clockInterval?: number
}

export interface Dispatcher {
  /** Waits until no job (of the tenant) runs, is due or waits for its next attempt. */
  readonly drained: Drain['drained']
  /** Jobs out of the queue now. */
  running(): number
  /** Stops taking jobs and puts back what is out. Close the workers first, so that nothing more ends. */
  stop(): Promise<void>
}

const concurrency = 8
/** A job whose worker died this often within one attempt is not run again. */
const mostDeaths = 3

const checkPayload = Compile(
  Type.Object({
    task: JobOrder.properties.task,
    tenant: JobOrder.properties.tenant,
    record: Type.String(),
    activity: Type.Optional(Type.String()),
    by: Type.Optional(Type.String()),
  }),
)

/** Starts dispatching; the queue's tables are there already. Goes on through lost connections until it is stopped. */
export async function startDispatcher(options: DispatcherOptions): Promise<Dispatcher> {
  const { region, pool, workers, log } = options
  const stopping = new AbortController()
  const drain = openDrain(pool, log)
  const turns = { running: () => 0 }
  let runner: Runner | undefined

  async function once(): Promise<void> {
    const back = await takeBackJobs(pool)
    if (back > 0) log.info({ region, jobs: back }, 'jobs put back in line')
    const { events, forbiddenFlags, running } = takeTurns(options.perTenant ?? 2)
    turns.running = running
    events.on('pool:listen:success', ({ client }) => {
      // After the library's own LISTEN: a client does one thing at a time.
      client.once('drain', () => {
        client.query('LISTEN "jobs:cancel"').then(passCancellations, () => undefined)
      })
    })
    events.on('pool:listen:notification', ({ message }) => {
      if (message.channel === 'jobs:cancel') passCancellations()
    })
    runner = await run({
      pgPool: pool,
      schema: queueSchema,
      concurrency,
      pollInterval: options.pollInterval ?? 2_000,
      noHandleSignals: true,
      parsedCronItems: [],
      taskList: { tenant: handle },
      events,
      forbiddenFlags,
      logger: queueLogger(log),
      // With these the library handles a lost connection while it completes a job; without, the process would die of it.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    })
    if (stopping.signal.aborted) await runner.stop()
    await runner.promise
  }

  async function keepRunning(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; failures++) {
      const began = stopwatch()
      try {
        await once()
      } catch (error) {
        log.warn({ region, error }, 'the queue stopped and is started again')
      }
      if (stopwatch() - began > 60_000) failures = 0
      if (stopping.signal.aborted) return
      await pause(Math.min(100 * 2 ** failures, 5_000), undefined, { signal: stopping.signal }).catch(
        () => undefined,
      )
    }
  }

  async function handle(payload: unknown, { job }: JobHelpers): Promise<void> {
    if (!checkPayload.Check(payload)) {
      log.error({ region, job: job.id }, 'a job that is none was dropped')
      return
    }
    const { task, tenant, record, activity, by } = payload
    const isLastAttempt = job.attempts >= job.max_attempts
    const about = { region, tenant, task, job: job.id, attempt: job.attempts }
    for (let deaths = 0; ; ) {
      const outcome = await workers.run({
        job: `${region}:${job.id}`,
        region,
        tenant,
        task,
        record,
        activity: activity ?? null,
        by: by ?? null,
        attempt: job.attempts,
        isLastAttempt,
        order: deaths < mostDeaths ? 'run' : 'abandon',
      })
      if (outcome.end === 'done' || outcome.end === 'cancelled') {
        if (deaths >= mostDeaths) log.error(about, 'job given up: its workers died')
        return
      }
      // Workers that are closed give everything back at once: asked again, they would do so for ever.
      if (stopping.signal.aborted || workers.isClosed) throw new Error('given_back')
      if (outcome.end === 'died') {
        deaths++
        log.warn({ ...about, deaths }, 'the worker of a job died')
        if (deaths > mostDeaths + 3) return
      }
      if (outcome.end === 'failed') {
        const { code, isRetryable } = outcome
        if (!isRetryable || isLastAttempt) {
          log.error({ ...about, code }, 'job failed')
          return
        }
        log.warn({ ...about, code }, 'job failed and is tried again')
        throw new Error(code)
      }
    }
  }

  function passCancellations(): void {
    takeCancellations(pool).then(
      (cancelled) => {
        for (const { tenant, activity } of cancelled) workers.cancel(tenant, activity)
      },
      (error: unknown) => log.warn({ region, error }, 'cancellations are read again later'),
    )
  }

  function lookAtClock(): void {
    mendTimes(pool).then(
      (jobs) => {
        if (jobs > 0)
          log.warn({ region, jobs }, 'the clock went back: jobs that it put off are due as before')
      },
      // The queue cannot be read now; the next look is soon.
      () => undefined,
    )
  }

  const looking = setInterval(lookAtClock, options.clockInterval ?? 15_000).unref()
  const ended = keepRunning()
  return {
    drained: drain.drained,
    running: () => turns.running(),
    async stop() {
      stopping.abort()
      clearInterval(looking)
      await runner?.stop().catch(() => undefined)
      await ended
      drain.close()
      await takeBackJobs(pool).catch((error: unknown) =>
        log.warn({ region, error }, 'jobs stay locked until the next start'),
      )
    },
  }
}

/** Removes waiting jobs that were cancelled; answers all cancelled ones, because some may run. */
async function takeCancellations(pool: QueuePool): Promise<{ tenant: string; activity: string }[]> {
  const { rows } = await pool.query<{ tenant: string; activity: string }>(
    'delete from queue.cancellation returning tenant, activity',
  )
  for (const { tenant, activity } of rows) {
    await pool.query(
      `delete from queue._private_jobs
       where payload ->> 'tenant' = $1 and payload ->> 'activity' = $2 and locked_at is null`,
      [tenant, activity],
    )
  }
  return rows
}
