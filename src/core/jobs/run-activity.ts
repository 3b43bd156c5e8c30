// What Activity shows of a running job, written by the worker. Structure only, so these few statements leave no audit event: what the
// job does in its tenant is audited by its task. Where somebody is told of the end, that is one write with its event.
// Must stay true: an ended activity never changes again, and of its end is told once.
import type { Ctx } from '../ctx.ts'
import type { ErrorCode } from '../errors.ts'
import { activityDone, activityFailed } from '../notifications/core-notifications.ts'
import { notify } from '../notifications/notify.ts'
import type { Actor } from '../tenancy/actor.ts'
import type { TenantReader } from '../tenancy/tenant-door.ts'

/** What a worker finds when it begins: `over` when an earlier run ended it already. */
export type Begun = 'running' | 'cancelled' | 'over'

/** Shows that the work runs, unless it was cancelled or has ended. */
export async function beginActivity(tx: TenantReader, id: string): Promise<Begun> {
  const row = await tx.db
    .selectFrom('activity')
    .select(['state', 'started_at', 'cancel_requested_at'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (row?.state === 'cancelled') return 'cancelled'
  if (row?.state !== 'waiting' && row?.state !== 'running') return 'over'
  if (row.cancel_requested_at !== null) {
    await endActivity(tx, id, { state: 'cancelled' })
    return 'cancelled'
  }
  const begun = await tx.db
    .updateTable('activity')
    .set({ state: 'running', started_at: row.started_at ?? tx.now(), updated_at: tx.now() })
    .where('id', '=', id)
    .where('state', 'in', ['waiting', 'running'])
    .executeTakeFirst()
  return begun.numUpdatedRows > 0n ? 'running' : 'cancelled'
}

/** How far the work is. */
export interface Progress {
  readonly done: number
  readonly total: number | null
}

/** Shows how far it is; `total` null leaves what was known. */
export async function noteProgress(tx: TenantReader, id: string, { done, total }: Progress): Promise<void> {
  await tx.db
    .updateTable('activity')
    .set({ done, updated_at: tx.now(), ...(total === null ? {} : { total }) })
    .where('id', '=', id)
    .where('state', '=', 'running')
    .execute()
}

/** How a run ended; `waiting` is for work that is tried again. */
export type ActivityEnd =
  | { readonly state: 'done' | 'cancelled' }
  | { readonly state: 'waiting' | 'failed'; readonly code: ErrorCode | null }

/** Shows how the run ended; answers who had asked for it, or null when it had ended before or nobody is known. */
export async function endActivity(tx: TenantReader, id: string, end: ActivityEnd): Promise<string | null> {
  const ended = await tx.db
    .updateTable('activity')
    .set({
      state: end.state,
      error_code: 'code' in end ? end.code : null,
      ended_at: end.state === 'waiting' ? null : tx.now(),
      updated_at: tx.now(),
    })
    .where('id', '=', id)
    .where('state', 'in', ['waiting', 'running'])
    .returning('created_by')
    .executeTakeFirst()
  return ended?.created_by ?? null
}

/** Shows that it is done or has failed for good, and tells whoever asked. */
export async function tellActivityEnd(ctx: Ctx, actor: Actor, id: string, end: ActivityEnd): Promise<void> {
  await ctx.write(actor, async (tx) => {
    const asker = await endActivity(tx, id, end)
    const record = { kind: 'activity', id }
    const kind = end.state === 'done' ? activityDone : activityFailed
    if (asker !== null) await notify(tx, kind, { to: [asker], record, detail: {} })
    tx.audit({ action: 'core.activity.ended', record, outcome: end.state === 'done' ? 'done' : 'failed' })
  })
}
