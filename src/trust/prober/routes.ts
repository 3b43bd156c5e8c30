// The prober over HTTP.
import { type Route, route } from '#core/route.ts'
import { Isolation } from './isolation.schema.ts'
import { readIsolation } from './read-isolation.ts'

export const proberRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/v1/isolation',
    operationId: 'readIsolation',
    permission: 'session',
    summary: 'What two canaries of the cell tried on each other, by layer, and what came of it',
    schema: { response: { 200: Isolation } },
    handler: (ctx, { actor }) =>
      ctx.read(actor, async (tx) => {
        const isolation = await readIsolation(ctx, actor.region)
        tx.audit({ action: 'trust.isolation.read' })
        return isolation
      }),
  }),
]
