// Rows of webhooks: as the API shows them, and as the courier needs them.
import { PublicError } from '../errors.ts'
import { readSealStates } from '../evidence/seal-state.ts'
import { toApi } from '../ids.ts'
import type { TenantReader } from '../tenancy/tenant-door.ts'
import type { WebhookShape } from './webhook.schema.ts'

/** The sealed column `card`. */
export interface WebhookCard {
  readonly name: string
  readonly url: string
}

/** The sealed column `origin`. */
export interface WebhookOrigin {
  readonly createdIp: string
  readonly updatedIp: string
}

/** Address and live secrets of a webhook that is active; undefined for any other. */
export async function openWebhook(
  tx: TenantReader,
  id: string,
): Promise<{ url: string; secrets: string[] } | undefined> {
  const row = await tx.db
    .selectFrom('webhook')
    .select('card')
    .where('id', '=', id)
    .where('state', '=', 'active')
    .executeTakeFirst()
  if (!row) return undefined
  const secrets = await liveSecrets(tx, [id])
  return {
    url: openCard(tx, id, row.card).url,
    // The newest first: most receivers are done with it.
    secrets: secrets
      .toReversed()
      .map((secret) =>
        tx.keys.open<string>('activity', 'webhook_secret', secret.id, 'secret', secret.secret),
      ),
  }
}

export function openCard(tx: TenantReader, id: string, card: Buffer): WebhookCard {
  return tx.keys.open<WebhookCard>('activity', 'webhook', id, 'card', card)
}

/** The webhooks of these ids as the API shows them, newest first; all of them without ids. */
export async function showWebhooks(tx: TenantReader, ids?: readonly string[]): Promise<WebhookShape[]> {
  const rows = await tx.db
    .selectFrom('webhook')
    .selectAll()
    .$if(ids !== undefined, (query) => query.where('id', 'in', ids?.length ? [...ids] : [null]))
    .orderBy('id', 'desc')
    .execute()
  const found = rows.map(({ id }) => id)
  if (found.length === 0) return []
  const [secrets, waiting, seals] = await Promise.all([
    liveSecrets(tx, found),
    tx.db
      .selectFrom('webhook_delivery')
      .select(['webhook', (eb) => eb.fn.countAll<number>().as('count')])
      .where('webhook', 'in', found)
      .where('state', '=', 'waiting')
      .groupBy('webhook')
      .execute(),
    readSealStates(
      tx,
      'document',
      found.map((id) => ({ id, subject: null })),
    ),
  ])
  return rows.map((row) => ({
    id: toApi('whk', row.id),
    ...openCard(tx, row.id, row.card),
    types: row.types,
    state: row.state === 'active' || row.state === 'paused' ? row.state : 'disabled',
    reason: row.reason === 'gone' || row.reason === 'failing' ? row.reason : null,
    failingSince: row.failing_since?.toISOString() ?? null,
    waiting: waiting.find(({ webhook }) => webhook === row.id)?.count ?? 0,
    secrets: secrets
      .filter(({ webhook }) => webhook === row.id)
      .map(({ id, created_at, ends_at }) => ({
        id: toApi('sec', id),
        createdAt: created_at.toISOString(),
        endsAt: ends_at?.toISOString() ?? null,
      })),
    createdBy: toApi('per', row.created_by),
    createdAt: row.created_at.toISOString(),
    updatedBy: toApi('per', row.updated_by),
    updatedAt: row.updated_at.toISOString(),
    seal: seals.get(row.id) ?? 'unknown',
  }))
}

/** One as the API shows it. Throws `not_found`. */
export async function showWebhook(tx: TenantReader, id: string): Promise<WebhookShape> {
  const [shown] = await showWebhooks(tx, [id])
  if (!shown) throw new PublicError('not_found')
  return shown
}

/** Secrets that sign now, oldest first. */
function liveSecrets(tx: TenantReader, webhooks: readonly string[]) {
  return tx.db
    .selectFrom('webhook_secret')
    .select(['id', 'webhook', 'secret', 'created_at', 'ends_at'])
    .where('webhook', 'in', [...webhooks])
    .where((eb) => eb.or([eb('ends_at', 'is', null), eb('ends_at', '>', tx.now())]))
    .orderBy('id')
    .execute()
}
