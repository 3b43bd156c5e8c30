// The guide to the first steps over HTTP.
import { type Route, route } from '../route.ts'
import { changeGuide } from './change-guide.ts'
import { Guide, GuideChange } from './guide.schema.ts'
import { readGuide } from './read-guide.ts'

export const guideRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/v1/guide',
    operationId: 'readGuide',
    permission: 'session',
    summary: 'Your first steps: what there is to do, and what is done',
    schema: { response: { 200: Guide } },
    handler: (ctx, { actor }) => readGuide(ctx, actor),
  }),
  route({
    method: 'PATCH',
    url: '/v1/guide',
    operationId: 'changeGuide',
    permission: 'session',
    summary: 'Put your first steps away, or open them again',
    schema: { body: GuideChange, response: { 200: Guide } },
    handler: async (ctx, { actor, body }) => {
      await ctx.write(actor, (tx) => changeGuide(tx, body))
      return readGuide(ctx, actor)
    },
  }),
]
