// Making, changing and removing webhooks, and their secrets. The address was judged before: that asks the network, which no transaction waits for.
// Must stay true: a secret is shown once; two at most sign.
import { cleanName } from '../clean-name.ts'
import { PublicError } from '../errors.ts'
import { newId } from '../ids.ts'
import type { TenantWriter } from '../tenancy/tenant-door.ts'
import type { EventType } from './event-type.ts'
import { DELIVER_TASK } from './queue-deliveries.ts'
import { newWebhookSecret } from './sign-delivery.ts'
import { AT_ONCE, queueSweep } from './sweep-deliveries.job.ts'
import type { NewWebhook, NewWebhookSecret, WebhookChange } from './webhook.schema.ts'
import { openCard, showWebhook, type WebhookCard, type WebhookOrigin } from './webhook-record.ts'

const PERMISSION = 'core.webhook.manage'
/** Webhooks of one organisation. */
const MOST = 20

/** Makes one with its first secret. Throws `invalid_request` for a type that is none, `conflict` when there are 20, `forbidden`. */
export async function createWebhook(tx: TenantWriter, known: readonly EventType[], wish: NewWebhook) {
  tx.require(PERMISSION)
  const { actor } = tx
  if (actor.personId === null) throw new PublicError('forbidden')
  const types = readTypes(known, wish.types)
  const { count } = await tx.db
    .selectFrom('webhook')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  if (count >= MOST) throw new PublicError('conflict', `An organisation has at most ${MOST} webhooks.`)
  const id = newId(tx.now().getTime())
  const card: WebhookCard = { name: cleanName(wish.name, 'name'), url: wish.url }
  const origin: WebhookOrigin = { createdIp: actor.origin.ip, updatedIp: actor.origin.ip }
  await tx.db
    .insertInto('webhook')
    .values({
      id,
      state: 'active',
      types,
      card: tx.keys.seal('activity', 'webhook', id, 'card', card),
      created_by: actor.personId,
      created_at: tx.now(),
      updated_by: actor.personId,
      updated_at: tx.now(),
      origin: tx.keys.seal('activity', 'webhook', id, 'origin', origin),
    })
    .execute()
  const secret = await insertSecret(tx, id, actor.personId)
  await queueSweep(tx, id)
  tx.audit({
    action: 'core.webhook.created',
    record: { kind: 'webhook', id },
    detail: { types: types.length },
  })
  return { ...(await showWebhook(tx, id)), secret }
}

/** Changes one. One that was disabled is active again when it is said so, and what waits is sent. Throws `not_found`, `invalid_request`. */
export async function updateWebhook(
  tx: TenantWriter,
  known: readonly EventType[],
  id: string,
  change: WebhookChange,
) {
  const row = await lockWebhook(tx, id)
  const card = openCard(tx, id, row.card)
  const { createdIp } = tx.keys.open<WebhookOrigin>('activity', 'webhook', id, 'origin', row.origin)
  const origin: WebhookOrigin = { createdIp, updatedIp: tx.actor.origin.ip }
  const next: WebhookCard = {
    name: change.name === undefined ? card.name : cleanName(change.name, 'name'),
    url: change.url ?? card.url,
  }
  await tx.db
    .updateTable('webhook')
    .set({
      card: tx.keys.seal('activity', 'webhook', id, 'card', next),
      origin: tx.keys.seal('activity', 'webhook', id, 'origin', origin),
      updated_at: tx.now(),
      ...(tx.actor.personId === null ? {} : { updated_by: tx.actor.personId }),
      ...(change.types === undefined ? {} : { types: readTypes(known, change.types) }),
      // How long it has failed counts from the new beginning.
      ...(change.state === undefined ? {} : { state: change.state, reason: null, failing_since: null }),
    })
    .where('id', '=', id)
    .execute()
  if (change.state === 'active') await tx.enqueue(DELIVER_TASK, id, { key: id })
  tx.audit({
    action: 'core.webhook.updated',
    record: { kind: 'webhook', id },
    detail: { fields: Object.keys(change).sort().join(' ') },
  })
  return showWebhook(tx, id)
}

/**
 * Removes one with its secrets and its deliveries; what is on its way may still arrive. Answers whether there is more to remove: of many
 * deliveries some go at a time, and it is paused from the first on. Throws `not_found`.
 */
export async function removeWebhook(tx: TenantWriter, id: string): Promise<boolean> {
  await lockWebhook(tx, id)
  const record = { kind: 'webhook', id }
  const { numDeletedRows } = await tx.db
    .deleteFrom('webhook_delivery')
    .where('id', 'in', (eb) =>
      eb.selectFrom('webhook_delivery').select('id').where('webhook', '=', id).orderBy('id').limit(AT_ONCE),
    )
    .executeTakeFirstOrThrow()
  const deliveries = Number(numDeletedRows)
  if (deliveries === AT_ONCE) {
    await tx.db.updateTable('webhook').set({ state: 'paused', reason: null }).where('id', '=', id).execute()
    tx.audit({ action: 'core.webhook.emptied', record, detail: { deliveries } })
    return true
  }
  await tx.db.deleteFrom('webhook').where('id', '=', id).execute()
  tx.audit({ action: 'core.webhook.removed', record, detail: { deliveries } })
  return false
}

/** A new secret; the one before it signs, too, for so many hours. An older one ends at once. Throws `not_found`. */
export async function rollWebhookSecret(
  tx: TenantWriter,
  id: string,
  { overlapHours = 24 }: NewWebhookSecret,
) {
  await lockWebhook(tx, id)
  if (tx.actor.personId === null) throw new PublicError('forbidden')
  await tx.db
    .deleteFrom('webhook_secret')
    .where('webhook', '=', id)
    .where('ends_at', 'is not', null)
    .execute()
  const endsAt = new Date(tx.now().getTime() + overlapHours * 3_600_000)
  await tx.db.updateTable('webhook_secret').set({ ends_at: endsAt }).where('webhook', '=', id).execute()
  const secret = await insertSecret(tx, id, tx.actor.personId)
  tx.audit({
    action: 'core.webhook.secretRolled',
    record: { kind: 'webhook', id },
    detail: { overlapHours },
  })
  return { ...(await showWebhook(tx, id)), secret }
}

/** The row, held. Needs the permission; throws `not_found`. */
export async function lockWebhook(tx: TenantWriter, id: string) {
  tx.require(PERMISSION)
  const row = await tx.db
    .selectFrom('webhook')
    .select(['id', 'card', 'origin', 'state'])
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!row) throw new PublicError('not_found')
  return row
}

async function insertSecret(tx: TenantWriter, webhook: string, by: string): Promise<string> {
  const id = newId(tx.now().getTime())
  const secret = newWebhookSecret()
  await tx.db
    .insertInto('webhook_secret')
    .values({
      id,
      webhook,
      secret: tx.keys.seal('activity', 'webhook_secret', id, 'secret', secret),
      created_by: by,
      created_at: tx.now(),
      origin: tx.keys.seal('activity', 'webhook_secret', id, 'origin', { createdIp: tx.actor.origin.ip }),
    })
    .execute()
  return secret
}

function readTypes(known: readonly EventType[], wanted: readonly string[]): string[] {
  const unknown = wanted.find((name) => !known.some((type) => type.name === name))
  if (unknown !== undefined)
    throw new PublicError('invalid_request', 'This is no event that webhooks are told of.', {
      details: { field: 'types' },
    })
  return [...new Set(wanted)].sort()
}
