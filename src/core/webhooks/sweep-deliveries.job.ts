// Forgets deliveries after 30 days, with their attempts, and secrets that have ended. Goes on every day for as long as there is a webhook.
import type { Ctx } from '../ctx.ts'
import type { Job, Task } from '../jobs/job.ts'
import type { TenantWriter } from '../tenancy/tenant-door.ts'
import { KEPT_MS } from './schedule.ts'

const SWEEP_TASK = 'core.webhook.sweep'
const DAY_SECONDS = 86_400
/** Deliveries of one transaction, which stays far below the five seconds that one of a tenant may take. */
export const AT_ONCE = 2_000

export const sweepDeliveriesTask: Task = { name: SWEEP_TASK, permissions: [], run: sweepDeliveries }

/** One sweep waits for each day, however many webhooks are made; one key for all days would put it off with every one. */
export async function queueSweep(tx: TenantWriter, record: string): Promise<void> {
  const due = new Date(tx.now().getTime() + DAY_SECONDS * 1_000).toISOString().slice(0, 10)
  await tx.enqueue(SWEEP_TASK, record, {
    key: `${SWEEP_TASK}:${due}`,
    delaySeconds: DAY_SECONDS,
    attempts: 25,
    urgency: 'late',
  })
}

async function sweepDeliveries(ctx: Ctx, job: Job): Promise<void> {
  // Nobody's work: whoever made the first webhook has not asked for what goes on every day.
  const actor = { ...job.actor, onBehalfOf: null }
  while (await ctx.write(actor, sweepSome)) job.signal.throwIfAborted()
}

/** Answers whether there is more. */
async function sweepSome(tx: TenantWriter): Promise<boolean> {
  const before = new Date(tx.now().getTime() - KEPT_MS)
  const { numDeletedRows: deliveries } = await tx.db
    .deleteFrom('webhook_delivery')
    .where('id', 'in', (eb) =>
      eb.selectFrom('webhook_delivery').select('id').where('at', '<', before).orderBy('id').limit(AT_ONCE),
    )
    .executeTakeFirstOrThrow()
  const { numDeletedRows: secrets } = await tx.db
    .deleteFrom('webhook_secret')
    .where('ends_at', '<=', tx.now())
    .executeTakeFirstOrThrow()
  const left = await tx.db.selectFrom('webhook').select('id').limit(1).executeTakeFirst()
  if (left) await queueSweep(tx, left.id)
  tx.audit({
    action: 'core.webhook.swept',
    detail: { deliveries: Number(deliveries), secrets: Number(secrets) },
  })
  return deliveries === BigInt(AT_ONCE)
}
