// A tenant's keys over HTTP: what there is, and rotating them.
import { type Route, route } from '../route.ts'
import { KeyVersionList, Rotation } from './key.schema.ts'
import { listKeys, rotateKeys } from './rotate-keys.ts'

export const keyRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/v1/keys',
    operationId: 'listKeys',
    permission: 'core.key.manage',
    summary: 'The keys that seal this organisation: purpose, version, since when',
    schema: { response: { 200: KeyVersionList } },
    handler: (ctx, { actor }) => ctx.read(actor, listKeys),
  }),
  route({
    method: 'POST',
    url: '/v1/keys/rotations',
    operationId: 'rotateKeys',
    permission: 'core.key.rotate',
    summary: 'Make new keys and seal everything again with them',
    schema: { response: { 202: Rotation } },
    handler: async (ctx, { actor, reply }) => {
      // Another process may have made keys: a destruction makes one of the index.
      await ctx.renewKeys(actor.tenant)
      const rotation = await ctx.write(actor, rotateKeys)
      await ctx.renewKeys(actor.tenant)
      reply.code(202)
      return rotation
    },
  }),
]
