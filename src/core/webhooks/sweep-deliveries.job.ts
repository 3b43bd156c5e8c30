// Forgets deliveries after 30 days, with their attempts, and secrets that have ended. Goes on every day for as long as there is a webhook.
import type { Ctx } from '../ctx.ts'
import type { Job, Task } from '../jobs/job.ts'
import type { TenantWriter } from '../tenancy/tenant-door.ts'
import { KEPT_MS } from './schedule.ts'

const SWEEP_TASK = 'core.webhook.sweep'
const DAY_SECONDS = 86_400

export const sweepDeliveriesTask: Task = { name: SWEEP_TASK, permissions: [], run: sweepDeliveries }

/** One sweep of an organisation waits at a time. */
export async function queueSweep(tx: TenantWriter, record: string): Promise<void> {
  await tx.enqueue(SWEEP_TASK, record, {
    key: SWEEP_TASK,
    delaySeconds: DAY_SECONDS,
    attempts: 25,
    urgency: 'late',
  })
}

async function sweepDeliveries(ctx: Ctx, job: Job): Promise<void> {
  // Nobody's work: whoever made the first webhook has not asked for what goes on every day.
  await ctx.write({ ...job.actor, onBehalfOf: null }, async (tx) => {
    const before = new Date(tx.now().getTime() - KEPT_MS)
    const deliveries = await tx.db.deleteFrom('webhook_delivery').where('at', '<', before).executeTakeFirst()
    const secrets = await tx.db
      .deleteFrom('webhook_secret')
      .where('ends_at', '<=', tx.now())
      .executeTakeFirst()
    const left = await tx.db.selectFrom('webhook').select('id').limit(1).executeTakeFirst()
    if (left) await queueSweep(tx, left.id)
    tx.audit({
      action: 'core.webhook.swept',
      detail: { deliveries: Number(deliveries.numDeletedRows), secrets: Number(secrets.numDeletedRows) },
    })
  })
}
