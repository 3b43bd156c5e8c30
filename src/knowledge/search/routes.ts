/** Search over HTTP. */
import { type Route, route } from '#core/route.ts'
import { SearchAnswer, SearchQuery } from './search.schema.ts'
import { searchKnowledge } from './search-knowledge.ts'

export const searchRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/v1/search',
    operationId: 'searchKnowledge',
    permission: 'knowledge.document.read',
    summary: 'Search documents and snips',
    schema: { querystring: SearchQuery, response: { 200: SearchAnswer } },
    handler: (ctx, { actor, query }) => ctx.read(actor, (tx) => searchKnowledge(tx, query)),
  }),
]
