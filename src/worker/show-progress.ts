// Progress of a running job on its way to Activity: at most two writes a second, always the newest, none lost at the end.
import type { Ctx } from '#core/ctx.ts'
import type { Job } from '#core/jobs/job.ts'
import { noteProgress, type Progress } from '#core/jobs/run-activity.ts'
import type { Actor } from '#core/tenancy/actor.ts'
import type { Running } from './cell-link.ts'

export interface ProgressShown {
  readonly note: Job['progress']
  /** Writes what is not written yet; nothing is written after it. */
  settle(): Promise<void>
}

const pauseMs = 500

/** Follows one run. A write that fails is forgotten: the next one or the end says more. */
export function showProgress(ctx: Ctx, actor: Actor, { order, progress }: Running): ProgressShown {
  const { activity } = order
  let newest: Progress | undefined
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  let isSettled = false

  function write(): void {
    timer = undefined
    if (newest === undefined || activity === null) return
    const told = newest
    newest = undefined
    progress(told.done, told.total)
    writing = writing
      .then(() => ctx.read(actor, (tx) => noteProgress(tx, activity, told)))
      .catch(() => undefined)
    timer = setTimeout(write, pauseMs)
  }

  return {
    note(done, total) {
      if (isSettled) return
      newest = {
        done: Math.max(0, Math.floor(done)),
        total: total === undefined ? null : Math.max(0, Math.floor(total)),
      }
      if (timer === undefined) write()
    },
    async settle() {
      clearTimeout(timer)
      write()
      isSettled = true
      clearTimeout(timer)
      await writing
    },
  }
}
