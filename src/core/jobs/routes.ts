// Activity over HTTP.
import type { Ctx } from '../ctx.ts'
import { PublicError } from '../errors.ts'
import { fromApi } from '../ids.ts'
import { type Route, route } from '../route.ts'
import { cancelActivity, listActivity, type PrefixOf, readActivity } from './activities.ts'
import { Activity, ActivityList, ActivityPath, ActivityQuery, Nothing } from './activity.schema.ts'

export const activityRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/v1/activity',
    operationId: 'listActivity',
    permission: 'core.activity.read',
    summary: 'Long work, newest first: one’s own, or everybody’s for administrators',
    schema: { querystring: ActivityQuery, response: { 200: ActivityList } },
    handler: (ctx, { actor, query: { cursor, limit = 50, state } }) =>
      ctx.read(actor, async (tx) => {
        const filter = {
          limit,
          ...(state === undefined ? {} : { state }),
          ...(cursor === undefined ? {} : { before: readCursor(cursor) }),
        }
        const { items, next } = await listActivity(tx, filter, prefixesOf(ctx))
        return { items, next: next === null ? null : Buffer.from(next).toString('base64url') }
      }),
  }),
  route({
    method: 'GET',
    url: '/v1/activity/:id',
    operationId: 'readActivity',
    permission: 'core.activity.read',
    summary: 'How far one piece of long work is',
    schema: { params: ActivityPath, response: { 200: Activity } },
    handler: (ctx, { actor, params }) =>
      ctx.read(actor, (tx) => readActivity(tx, fromApi('act', params.id), prefixesOf(ctx))),
  }),
  route({
    method: 'DELETE',
    url: '/v1/activity/:id',
    operationId: 'cancelActivity',
    permission: 'core.activity.read',
    summary: 'Stop a piece of long work',
    schema: { params: ActivityPath, response: { 204: Nothing } },
    handler: async (ctx, { actor, params, reply }) => {
      await ctx.write(actor, (tx) => cancelActivity(tx, fromApi('act', params.id)))
      reply.code(204)
    },
  }),
]

function prefixesOf(ctx: Ctx): PrefixOf {
  return (kind) => ctx.records.find((known) => known.kind === kind)?.prefix
}

function readCursor(text: string): string {
  const uuid = Buffer.from(text, 'base64url').toString('latin1')
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid))
    throw new PublicError('invalid_request', 'The cursor is not one of ours.', {
      details: { field: 'cursor' },
    })
  return uuid
}
