// What Activity shows of a running job, written by the worker. Structure only, so these few statements leave no audit event: what the
// job does in its tenant is audited by its task. Must stay true: an ended activity never changes again.
import type { ErrorCode } from '../errors.ts'
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

/** Shows how the run ended. */
export async function endActivity(tx: TenantReader, id: string, end: ActivityEnd): Promise<void> {
  await tx.db
    .updateTable('activity')
    .set({
      state: end.state,
      error_code: 'code' in end ? end.code : null,
      ended_at: end.state === 'waiting' ? null : tx.now(),
      updated_at: tx.now(),
    })
    .where('id', '=', id)
    .where('state', 'in', ['waiting', 'running'])
    .execute()
}
