// What an attempt changes: the delivery has arrived, waits, or is given up; the webhook works, fails, or is disabled and its owners are told.
// Must stay true: one transaction; a delivery or a webhook that was removed meanwhile is left alone, and what has arrived stays so when an attempt
// whose claim has ended, or that was sent again meanwhile, fails after that.
import { sql } from 'kysely'
import { newId } from '../ids.ts'
import { webhookDisabled } from '../notifications/core-notifications.ts'
import { notify } from '../notifications/notify.ts'
import type { TenantWriter } from '../tenancy/tenant-door.ts'
import type { AttemptEnd } from './attempt-delivery.ts'
import { type Claimed, laterKey } from './claim-delivery.ts'
import { DELIVER_TASK } from './queue-deliveries.ts'
import { GIVEN_UP_AFTER_MS, nextAttempt } from './schedule.ts'
import { TELL_TASK } from './tell-owners.job.ts'
import { openCard } from './webhook-record.ts'

const LONGEST_DELAY = 30 * 86_400
const EARLIEST = 100

/** Records one attempt. Answers whether the webhook is failing. */
export async function recordAttempt(
  tx: TenantWriter,
  webhook: string,
  { id, type, claimed_until }: Claimed,
  end: AttemptEnd,
): Promise<boolean> {
  const { db } = tx
  const now = tx.now()
  const isIn = end.outcome === 'delivered'
  // Attempts of one webhook are recorded one after the other; writes that queue more do not wait for that.
  const row = await db
    .selectFrom('webhook')
    .select(['state', 'failing_since', 'card'])
    .where('id', '=', webhook)
    .forNoKeyUpdate()
    .executeTakeFirst()
  const held = await db
    .selectFrom('webhook_delivery')
    .select(['attempts', 'claimed_until'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  const attempts = (held?.attempts ?? 0) + 1
  tx.audit({
    action: 'core.webhook.attempted',
    record: { kind: 'webhook', id: webhook },
    outcome: isIn ? 'done' : 'failed',
    detail: { type, attempt: held ? attempts : null, outcome: end.outcome, status: end.status },
  })
  if (!row || !held) return false
  const attempt = newId(now.getTime())
  await db
    .insertInto('webhook_attempt')
    .values({
      id: attempt,
      delivery: id,
      at: now,
      milliseconds: end.milliseconds,
      outcome: end.outcome,
      status: end.status,
      answer:
        end.answer === null
          ? null
          : tx.keys.seal('activity', 'webhook_attempt', attempt, 'answer', end.answer),
    })
    .execute()
  const isClaimed = held.claimed_until?.getTime() === claimed_until.getTime()
  const next = isIn ? null : nextAttempt(attempts, now)
  const state = isIn ? 'delivered' : next ? 'waiting' : 'failed'
  await db
    .updateTable('webhook_delivery')
    .set({ attempts, ...(isIn || isClaimed ? { state, next_at: next, claimed_until: null } : {}) })
    .where('id', '=', id)
    .execute()
  // What became of an older address says nothing of the one it has now.
  if (openCard(tx, webhook, row.card).url === end.url) await changeWebhook(tx, webhook, row, end)
  await lookAgain(tx, webhook)
  return !isIn
}

async function changeWebhook(
  tx: TenantWriter,
  webhook: string,
  row: { readonly state: string; readonly failing_since: Date | null },
  end: AttemptEnd,
): Promise<void> {
  const isIn = end.outcome === 'delivered'
  if (isIn && row.failing_since === null) return
  const since = isIn ? null : (row.failing_since ?? tx.now())
  const isLong = since !== null && tx.now().getTime() - since.getTime() >= GIVEN_UP_AFTER_MS
  const reason = end.status === 410 ? 'gone' : isLong ? 'failing' : null
  const isEnding = reason !== null && row.state === 'active'
  await tx.db
    .updateTable('webhook')
    .set({ failing_since: since, ...(isEnding ? { state: 'disabled', reason, updated_at: tx.now() } : {}) })
    .where('id', '=', webhook)
    .execute()
  if (!isEnding) return
  const record = { kind: 'webhook', id: webhook }
  tx.audit({ action: 'core.webhook.disabled', record, detail: { reason } })
  await tx.enqueue(TELL_TASK, webhook, { key: webhook })
  await notify(tx, webhookDisabled, { to: 'administrators', record, detail: { reason } })
}

/** A job for when the next delivery is due. */
export async function lookAgain(tx: TenantWriter, webhook: string): Promise<void> {
  const { rows } = await nextDue(webhook).execute(tx.db)
  const next = rows[0]?.next
  if (!next) return
  const delaySeconds = Math.min(Math.max((next.getTime() - tx.now().getTime()) / 1_000, 0), LONGEST_DELAY)
  await tx.enqueue(DELIVER_TASK, webhook, { key: laterKey(webhook), delaySeconds })
}

/**
 * When something is due next. Every attempt asks, so it looks at the earliest alone, however many wait: what is behind one that nobody has
 * claimed is due no sooner. Where all of them are claimed, the first claim that ends is soon enough.
 */
export function nextDue(webhook: string) {
  return sql<{ next: Date | null }>`
    select min(greatest(next_at, claimed_until)) as next from (
      select next_at, claimed_until from webhook_delivery where webhook = ${webhook} and state = 'waiting'
      order by next_at limit ${EARLIEST}) as earliest`
}
