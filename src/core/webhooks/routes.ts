// Webhooks over HTTP, for administrators.
import Type from 'typebox'
import type { Ctx } from '../ctx.ts'
import { PublicError } from '../errors.ts'
import { fromApi } from '../ids.ts'
import { type Route, route } from '../route.ts'
import type { Actor } from '../tenancy/actor.ts'
import { listDeliveries, readDelivery, resendDelivery, testWebhook } from './deliveries.ts'
import type { PrefixOf } from './message.ts'
import {
  DeliveryPath,
  DeliveryQuery,
  EventTypeList,
  MadeWebhook,
  NewWebhook,
  NewWebhookSecret,
  Webhook,
  WebhookChange,
  WebhookDelivery,
  WebhookDeliveryList,
  WebhookList,
  WebhookPath,
} from './webhook.schema.ts'
import { showWebhook, showWebhooks } from './webhook-record.ts'
import { createWebhook, removeWebhook, rollWebhookSecret, updateWebhook } from './write-webhook.ts'

const permission = 'core.webhook.manage'

export const webhookRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/v1/webhook-types',
    operationId: 'listWebhookTypes',
    permission,
    summary: 'The events that webhooks can be told of',
    schema: { response: { 200: EventTypeList } },
    handler: (ctx, { actor }) =>
      ctx.read(actor, async (tx) => {
        tx.audit({ action: 'core.webhook.typesListed' })
        return { items: ctx.eventTypes.map(({ name, summary }) => ({ name, summary })) }
      }),
  }),
  route({
    method: 'GET',
    url: '/v1/webhooks',
    operationId: 'listWebhooks',
    permission,
    summary: 'Webhooks of the organisation',
    schema: { response: { 200: WebhookList } },
    handler: (ctx, { actor }) =>
      ctx.read(actor, async (tx) => {
        const items = await showWebhooks(tx)
        tx.audit({ action: 'core.webhook.listed', detail: { count: items.length } })
        return { items }
      }),
  }),
  route({
    method: 'POST',
    url: '/v1/webhooks',
    operationId: 'createWebhook',
    permission,
    summary: 'Make a webhook; its secret is shown this once',
    schema: { body: NewWebhook, response: { 201: MadeWebhook } },
    handler: async (ctx, { actor, body, reply }) => {
      const url = (await ctx.outbound.check('webhook', body.url.trim())).href
      const made = await ctx.write(actor, (tx) => createWebhook(tx, ctx.eventTypes, { ...body, url }))
      reply.code(201)
      return made
    },
  }),
  route({
    method: 'GET',
    url: '/v1/webhooks/:id',
    operationId: 'readWebhook',
    permission,
    summary: 'One webhook',
    schema: { params: WebhookPath, response: { 200: Webhook } },
    handler: (ctx, { actor, params }) => ctx.read(actor, (tx) => readWebhook(tx, fromApi('whk', params.id))),
  }),
  route({
    method: 'PATCH',
    url: '/v1/webhooks/:id',
    operationId: 'updateWebhook',
    permission,
    summary: 'Change, pause or resume a webhook',
    schema: { params: WebhookPath, body: WebhookChange, response: { 200: Webhook } },
    handler: async (ctx, { actor, params, body }) => {
      const id = fromApi('whk', params.id)
      const url = body.url === undefined ? undefined : await judged(ctx, actor, id, body.url)
      return ctx.write(actor, (tx) =>
        updateWebhook(tx, ctx.eventTypes, id, { ...body, ...(url === undefined ? {} : { url }) }),
      )
    },
  }),
  route({
    method: 'DELETE',
    url: '/v1/webhooks/:id',
    operationId: 'removeWebhook',
    permission,
    summary: 'Remove a webhook with its deliveries',
    schema: { params: WebhookPath, response: { 204: Type.Null() } },
    handler: async (ctx, { actor, params, reply }) => {
      const id = fromApi('whk', params.id)
      while (await ctx.write(actor, (tx) => removeWebhook(tx, id)));
      reply.code(204)
      return null
    },
  }),
  route({
    method: 'POST',
    url: '/v1/webhooks/:id/secrets',
    operationId: 'rollWebhookSecret',
    permission,
    summary: 'A new secret, shown this once; for a while both sign',
    schema: { params: WebhookPath, body: NewWebhookSecret, response: { 201: MadeWebhook } },
    handler: async (ctx, { actor, params, body, reply }) => {
      const made = await ctx.write(actor, (tx) => rollWebhookSecret(tx, fromApi('whk', params.id), body))
      reply.code(201)
      return made
    },
  }),
  route({
    method: 'POST',
    url: '/v1/webhooks/:id/tests',
    operationId: 'testWebhook',
    permission,
    summary: 'Send a message that tells of nothing but itself',
    schema: { params: WebhookPath, response: { 202: Type.Object({ id: DeliveryPath.properties.delivery }) } },
    handler: async (ctx, { actor, params, reply }) => {
      const queued = await ctx.write(actor, (tx) => testWebhook(tx, fromApi('whk', params.id)))
      reply.code(202)
      return queued
    },
  }),
  route({
    method: 'GET',
    url: '/v1/webhooks/:id/deliveries',
    operationId: 'listWebhookDeliveries',
    permission,
    summary: 'What a webhook was told, newest first, of the last 30 days',
    schema: { params: WebhookPath, querystring: DeliveryQuery, response: { 200: WebhookDeliveryList } },
    handler: (ctx, { actor, params, query }) =>
      ctx.read(actor, (tx) => listDeliveries(tx, fromApi('whk', params.id), query, prefixesOf(ctx))),
  }),
  route({
    method: 'GET',
    url: '/v1/webhooks/:id/deliveries/:delivery',
    operationId: 'readWebhookDelivery',
    permission,
    summary: 'One message with every attempt',
    schema: { params: DeliveryPath, response: { 200: WebhookDelivery } },
    handler: (ctx, { actor, params }) =>
      ctx.read(actor, (tx) =>
        readDelivery(tx, fromApi('whk', params.id), fromApi('dlv', params.delivery), prefixesOf(ctx)),
      ),
  }),
  route({
    method: 'POST',
    url: '/v1/webhooks/:id/deliveries/:delivery/attempts',
    operationId: 'resendWebhookDelivery',
    permission,
    summary: 'Send one message again now',
    schema: { params: DeliveryPath, response: { 202: Type.Null() } },
    handler: async (ctx, { actor, params, reply }) => {
      await ctx.write(actor, (tx) =>
        resendDelivery(tx, fromApi('whk', params.id), fromApi('dlv', params.delivery)),
      )
      reply.code(202)
      return null
    },
  }),
]

async function readWebhook(tx: Parameters<typeof showWebhook>[0], id: string) {
  tx.require(permission)
  const shown = await showWebhook(tx, id)
  tx.audit({ action: 'core.webhook.read', record: { kind: 'webhook', id } })
  return shown
}

/** Judges a new address of a webhook that is there: whether it is comes first, so that nobody learns anything by asking for one that is not. */
async function judged(ctx: Ctx, actor: Actor, id: string, text: string): Promise<string> {
  const there = await ctx.read(actor, (tx) =>
    tx.db.selectFrom('webhook').select('id').where('id', '=', id).executeTakeFirst(),
  )
  if (!there) throw new PublicError('not_found')
  return (await ctx.outbound.check('webhook', text.trim())).href
}

function prefixesOf(ctx: Ctx): PrefixOf {
  return (kind) => ctx.records.find((known) => known.kind === kind)?.prefix
}
