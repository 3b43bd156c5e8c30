// The delivery log of a webhook: what it was told, every attempt and what was answered; sending one again; and a message to try it.
import { PublicError } from '../errors.ts'
import { newId, toApi } from '../ids.ts'
import { pageOf, readCursor } from '../page-cursor.ts'
import type { TenantReader, TenantWriter } from '../tenancy/tenant-door.ts'
import { TEST_TYPE } from './event-type.ts'
import { messageBody, type PrefixOf, toldActor, toldRecord } from './message.ts'
import { DELIVER_TASK } from './queue-deliveries.ts'
import type { DeliveryQuery } from './webhook.schema.ts'
import { lockWebhook } from './write-webhook.ts'

/** Newest first. Throws `not_found`. */
export async function listDeliveries(
  tx: TenantReader,
  webhook: string,
  { cursor, limit = 50, state }: DeliveryQuery,
  prefixOf: PrefixOf,
) {
  tx.require('core.webhook.manage')
  const known = await tx.db.selectFrom('webhook').select('id').where('id', '=', webhook).executeTakeFirst()
  if (!known) throw new PublicError('not_found')
  const before = cursor === undefined ? undefined : readCursor(cursor).id
  const found = await selectDeliveries(tx, webhook)
    .$if(state !== undefined, (query) => query.where('state', '=', state ?? ''))
    .$if(before !== undefined, (query) => query.where('webhook_delivery.id', '<', before ?? ''))
    .orderBy('webhook_delivery.id', 'desc')
    .limit(limit + 1)
    .execute()
  const { rows, next } = pageOf(found, { limit })
  tx.audit({
    action: 'core.webhook.deliveriesListed',
    record: { kind: 'webhook', id: webhook },
    detail: { count: rows.length },
  })
  return { items: rows.map((row) => summary(row, prefixOf)), next }
}

/** One with every attempt, oldest first. Throws `not_found`. */
export async function readDelivery(tx: TenantReader, webhook: string, id: string, prefixOf: PrefixOf) {
  tx.require('core.webhook.manage')
  const row = await selectDeliveries(tx, webhook).where('webhook_delivery.id', '=', id).executeTakeFirst()
  if (!row) throw new PublicError('not_found')
  const attempts = await tx.db
    .selectFrom('webhook_attempt')
    .selectAll()
    .where('delivery', '=', id)
    .orderBy('id')
    .execute()
  tx.audit({ action: 'core.webhook.deliveryRead', record: { kind: 'webhook', id: webhook } })
  return {
    ...summary(row, prefixOf),
    body: messageBody(row, prefixOf),
    log: attempts.map((attempt) => ({
      at: attempt.at.toISOString(),
      milliseconds: attempt.milliseconds,
      outcome: attempt.outcome,
      status: attempt.status,
      answer:
        attempt.answer === null
          ? null
          : tx.keys.open<string>('activity', 'webhook_attempt', attempt.id, 'answer', attempt.answer),
    })),
  }
}

/** Sends a message again now, whatever became of it. Throws `not_found`, `conflict` unless the webhook is active. */
export async function resendDelivery(tx: TenantWriter, webhook: string, id: string): Promise<void> {
  const { state } = await lockWebhook(tx, webhook)
  const row = await tx.db
    .selectFrom('webhook_delivery')
    .select('id')
    .where('id', '=', id)
    .where('webhook', '=', webhook)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw new PublicError('not_found')
  demandActive(state)
  await tx.db
    .updateTable('webhook_delivery')
    .set({ state: 'waiting', next_at: tx.now(), claimed_until: null })
    .where('id', '=', id)
    .execute()
  await tx.enqueue(DELIVER_TASK, webhook, { key: webhook, urgency: 'soon' })
  tx.audit({ action: 'core.webhook.resent', record: { kind: 'webhook', id: webhook } })
}

/** Queues a message that tells of nothing but itself. Answers its id. Throws `not_found`, `conflict` unless the webhook is active. */
export async function testWebhook(tx: TenantWriter, webhook: string): Promise<{ id: string }> {
  const { state } = await lockWebhook(tx, webhook)
  demandActive(state)
  const { actor } = tx
  const id = newId(tx.now().getTime())
  await tx.db
    .insertInto('webhook_delivery')
    .values({
      id,
      webhook,
      event: newId(tx.now().getTime()),
      type: TEST_TYPE,
      at: tx.now(),
      record_kind: 'webhook',
      record_id: webhook,
      ...toldActor({
        kind: actor.kind,
        person: actor.personId,
        credential: actor.credentialId,
        onBehalf: actor.onBehalfOf,
      }),
      next_at: tx.now(),
    })
    .execute()
  await tx.enqueue(DELIVER_TASK, webhook, { key: webhook, urgency: 'soon' })
  tx.audit({ action: TEST_TYPE, record: { kind: 'webhook', id: webhook } })
  return { id: toApi('dlv', id) }
}

function demandActive(state: string): void {
  if (state !== 'active') throw new PublicError('conflict', 'The webhook does not send now. Resume it first.')
}

function selectDeliveries(tx: TenantReader, webhook: string) {
  return tx.db
    .selectFrom('webhook_delivery')
    .leftJoinLateral(
      (eb) =>
        eb
          .selectFrom('webhook_attempt')
          .select(['webhook_attempt.status as last_status', 'webhook_attempt.outcome as last_outcome'])
          .whereRef('webhook_attempt.delivery', '=', 'webhook_delivery.id')
          .orderBy('webhook_attempt.id', 'desc')
          .limit(1)
          .as('last'),
      (join) => join.onTrue(),
    )
    .select([
      'webhook_delivery.id',
      'event',
      'type',
      'at',
      'record_kind',
      'record_id',
      'actor_kind',
      'actor',
      'state',
      'attempts',
      'next_at',
      'last_status',
      'last_outcome',
    ])
    .where('webhook', '=', webhook)
}

type Row = Awaited<ReturnType<ReturnType<typeof selectDeliveries>['execute']>>[number]

function summary(row: Row, prefixOf: PrefixOf) {
  return {
    id: toApi('dlv', row.id),
    eventId: toApi('evt', row.event),
    type: row.type,
    at: row.at.toISOString(),
    record: toldRecord(row, prefixOf),
    state: row.state,
    attempts: row.attempts,
    nextAt: row.next_at?.toISOString() ?? null,
    lastStatus: row.last_status,
    lastOutcome: row.last_outcome,
  }
}
