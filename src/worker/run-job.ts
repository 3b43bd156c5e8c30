// One run of one job: who acts, what Activity shows, how it ended. Must stay true: it never throws, whatever the task does; Activity
// has its end before the queue hears of it; a job that ended in an earlier run is not done again.
import { acceptedStorage } from '#core/auth/credentials.ts'
import type { Ctx } from '#core/ctx.ts'
import { ERROR_CODES, type ErrorCode, PublicError } from '#core/errors.ts'
import { newId } from '#core/ids.ts'
import { activityOpener } from '#core/jobs/activity-seal.ts'
import { cancelled, givenBack, type Job, type Task } from '#core/jobs/job.ts'
import { type ActivityEnd, beginActivity, endActivity, tellActivityEnd } from '#core/jobs/run-activity.ts'
import type { Log } from '#core/log.ts'
import type { Actor, Origin } from '#core/tenancy/actor.ts'
import { systemActor } from '#core/tenancy/system-actor.ts'
import type { JobOrder } from '#protocol/cell/worker.ts'
import type { RunEnd, Running } from './cell-link.ts'
import { showProgress } from './show-progress.ts'

/** Whose work took so long has turned to something else, and is told when it is done. */
const LONG_MS = 30_000

export interface JobRunner {
  readonly ctx: Ctx
  readonly tasks: ReadonlyMap<string, Task>
  readonly log: Log
}

/** Runs the job that was ordered. */
export async function runJob(runner: JobRunner, running: Running): Promise<RunEnd> {
  const { ctx, log } = runner
  const { order } = running
  const about = { region: order.region, tenant: order.tenant, task: order.task, job: order.job }
  try {
    const task = runner.tasks.get(order.task)
    if (!task) return { end: 'failed', code: 'internal', isRetryable: true }
    const actor = await actorOf(ctx, order, task)
    const began = performance.now()
    const isLong = () => task.isAwaited === true || performance.now() - began >= LONG_MS
    const show = (end: ActivityEnd) => showEnd(ctx, actor, order, end, isLong())
    if (order.order === 'abandon') {
      await show({ state: 'failed', code: 'internal' })
      return { end: 'done' }
    }
    const { activity } = order
    if (activity !== null) {
      const begun = await ctx.read(actor, (tx) => beginActivity(tx, activity))
      if (begun !== 'running') return { end: begun === 'over' ? 'done' : 'cancelled' }
    }
    const progress = showProgress(ctx, actor, running)
    try {
      await task.run(ctx, jobOf(order, actor, running.signal, progress.note))
      await progress.settle()
      await show({ state: 'done' })
      return { end: 'done' }
    } catch (error) {
      await progress.settle()
      const reason: unknown = running.signal.aborted ? running.signal.reason : null
      if (reason === cancelled) {
        await show({ state: 'cancelled' })
        return { end: 'cancelled' }
      }
      if (reason === givenBack) {
        await show({ state: 'waiting', code: null })
        return { end: 'givenBack' }
      }
      const failure = failureOf(error)
      const isOver = !failure.isRetryable || order.isLastAttempt
      log.error({ ...about, attempt: order.attempt, error, cause: causeOf(error) }, 'task failed')
      await show({ state: isOver ? 'failed' : 'waiting', code: failure.code })
      return { end: 'failed', ...failure }
    }
  } catch (error) {
    // The database or the keeper is away: whatever the task did, it is tried again, and it bears that.
    log.error(
      { ...about, attempt: order.attempt, error, cause: causeOf(error) },
      'a job could not be recorded',
    )
    return { end: 'failed', ...failureOf(error), isRetryable: true }
  }
}

function jobOf(order: JobOrder, actor: Actor, signal: AbortSignal, progress: Job['progress']): Job {
  const { job: id, region, tenant, task, record, activity, attempt, isLastAttempt } = order
  return { id, region, tenant, task, record, activity, attempt, isLastAttempt, actor, signal, progress }
}

/** The system, on behalf of whoever asked and from where they asked, with the permissions of the task. */
async function actorOf(ctx: Ctx, order: JobOrder, task: Task): Promise<Actor> {
  const nobody: Actor = {
    ...systemActor(order.tenant, {
      region: order.region,
      origin: { ip: '', userAgent: '' },
      requestId: newId(),
    }),
    permissions: new Set(task.permissions),
    onBehalfOf: order.by,
  }
  return ctx.read(nobody, async (tx) => {
    const { activity } = order
    const [organisation, asked] = await Promise.all([
      tx.db.selectFrom('organisation').select('storage').executeTakeFirst(),
      activity === null
        ? undefined
        : tx.db
            .selectFrom('activity')
            .select(['id', 'subject', 'origin'])
            .where('id', '=', activity)
            .executeTakeFirst(),
    ])
    const open = await activityOpener(tx, asked ? [asked] : [])
    const origin = asked && open<Origin>(asked, 'origin', asked.origin)
    return { ...nobody, storage: acceptedStorage(organisation?.storage), ...(origin ? { origin } : {}) }
  })
}

async function showEnd(
  ctx: Ctx,
  actor: Actor,
  { activity }: JobOrder,
  end: ActivityEnd,
  isLong: boolean,
): Promise<void> {
  if (activity === null) return
  if (end.state === 'failed' || (end.state === 'done' && isLong))
    await tellActivityEnd(ctx, actor, activity, end)
  else await ctx.read(actor, (tx) => endActivity(tx, activity, end))
}

function failureOf(error: unknown): { code: ErrorCode; isRetryable: boolean } {
  if (!(error instanceof PublicError)) return { code: 'internal', isRetryable: true }
  return { code: error.code, isRetryable: ERROR_CODES[error.code].retry }
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined
}
