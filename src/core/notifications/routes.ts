// Notifications over HTTP.
import type { Ctx } from '../ctx.ts'
import { PublicError } from '../errors.ts'
import { fromApi } from '../ids.ts'
import { type Route, route } from '../route.ts'
import type { Actor } from '../tenancy/actor.ts'
import { countUnread, listNotifications, markNotification, readNotifications } from './list-notifications.ts'
import {
  Notification,
  NotificationChange,
  NotificationList,
  NotificationPath,
  NotificationQuery,
  ReadUntil,
  Unread,
} from './notification.schema.ts'

export const notificationRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/v1/notifications',
    operationId: 'listNotifications',
    permission: 'core.notification.read',
    summary: 'What concerns you, newest first: the last 500 of 90 days',
    schema: { querystring: NotificationQuery, response: { 200: NotificationList } },
    handler: async (ctx, { actor, query }) => {
      await hearStanding(ctx, actor)
      return ctx.read(actor, (tx) => listNotifications(tx, query, prefixesOf(ctx)))
    },
  }),
  route({
    method: 'GET',
    url: '/v1/notifications/unread',
    operationId: 'countUnread',
    permission: 'core.notification.read',
    summary:
      'How many are unread; asked for with `Accept: text/event-stream`, an event `unread` now and at each change, and `ended` when the session or key is over',
    schema: { response: { 200: Unread } },
    handler: async (ctx, { actor, request, reply }) => {
      const person = personOf(actor)
      // Of a stream there is no head: nobody would read it, and nothing end it.
      const isStream = request.method === 'GET' && /\btext\/event-stream\b/.test(request.headers.accept ?? '')
      await hearStanding(ctx, actor)
      const unread = await ctx.read(actor, async (tx) => {
        tx.audit({ action: isStream ? 'core.notification.watched' : 'core.notification.counted' })
        return countUnread(tx)
      })
      if (!isStream) return unread
      const stream = ctx.unreadStreams.begin(actor, person, unread)
      reply.header('x-accel-buffering', 'no').type('text/event-stream')
      return reply.send(stream)
    },
  }),
  route({
    method: 'PATCH',
    url: '/v1/notifications/:id',
    operationId: 'markNotification',
    permission: 'core.notification.read',
    summary: 'Mark one as read, or as unread again',
    schema: { params: NotificationPath, body: NotificationChange, response: { 200: Notification } },
    handler: (ctx, { actor, params, body }) =>
      ctx.write(actor, (tx) => markNotification(tx, fromApi('ntf', params.id), body, prefixesOf(ctx))),
  }),
  route({
    method: 'POST',
    url: '/v1/notifications/read',
    operationId: 'readNotifications',
    permission: 'core.notification.read',
    summary: 'Mark everything as read that was seen',
    schema: { body: ReadUntil, response: { 200: Unread } },
    handler: (ctx, { actor, body }) => ctx.write(actor, (tx) => readNotifications(tx, new Date(body.until))),
  }),
]

function prefixesOf(ctx: Ctx) {
  return (kind: string) => ctx.records.find((known) => known.kind === kind)?.prefix
}

function personOf({ personId }: Actor): string {
  if (personId === null) throw new PublicError('not_found')
  return personId
}

async function hearStanding(ctx: Ctx, actor: Actor): Promise<void> {
  if (actor.role !== 'owner' && actor.role !== 'administrator') return
  await ctx.standing.tell(ctx, actor, [personOf(actor)])
}
