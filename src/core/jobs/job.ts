// What a product promises when it names a task, and what a running job is given.
// Must stay true: a task may run more than once (a worker can die at any instruction), so its effect must be the same
// whether it ran once or three times; and a job knows ids only, never content.
import type { Ctx } from '../ctx.ts'
import type { Actor } from '../tenancy/actor.ts'

/** Why a job's signal is aborted: somebody cancelled it, or its worker stops and gives it back. */
export const cancelled: unique symbol = Symbol('cancelled')
export const givenBack: unique symbol = Symbol('given back')

/** One run of a task. All ids are UUIDs inside. */
export interface Job {
  readonly id: string
  readonly region: string
  readonly tenant: string
  readonly task: string
  /** The record it is about; the task reads everything else through the door. */
  readonly record: string
  /** The row of Activity that shows it, when the enqueuer asked for one. */
  readonly activity: string | null
  /** 1 at the first try. */
  readonly attempt: number
  readonly isLastAttempt: boolean
  /** Kind `system`, on behalf of whoever enqueued it, with the permissions its task lists. Pass it to ctx.read and ctx.write. */
  readonly actor: Actor
  /** Aborted with {@link cancelled} or {@link givenBack} as its reason: end soon by throwing that. */
  readonly signal: AbortSignal
  /** Shows how far it is. Cheap to call often: at most two writes a second reach the database. */
  progress(done: number, total?: number): void
}

/**
 * A task of a manifest. `run` fails by throwing: a PublicError whose code cannot be helped by trying again ends the
 * job at once, anything else is tried again with growing pauses until its attempts are used up.
 */
export interface Task {
  /** product.noun.verb, e.g. `knowledge.document.read`. */
  readonly name: string
  /** What the job may do in its tenant; least is best. */
  readonly permissions: readonly string[]
  /** Whoever asked waits for it: they are told when it is done, however quick it was. Of failures they always are. */
  readonly isAwaited?: true
  run(ctx: Ctx, job: Job): Promise<void>
}
