// API keys over HTTP.
import Type from 'typebox'
import { fromApi } from '../ids.ts'
import { type Route, route } from '../route.ts'
import { ApiKeyList, ApiKeyPath, MadeApiKey, NewApiKey } from './api-key.schema.ts'
import { createApiKey, listApiKeys, revokeApiKey } from './api-keys.ts'

export const apiKeyRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/v1/api-keys',
    operationId: 'listApiKeys',
    permission: 'core.key.manage',
    summary: 'API keys that are in force',
    schema: { response: { 200: ApiKeyList } },
    handler: (ctx, { actor }) => ctx.read(actor, listApiKeys),
  }),
  route({
    method: 'POST',
    url: '/v1/api-keys',
    operationId: 'createApiKey',
    permission: 'core.key.manage',
    summary: 'Make an API key; it is shown this once',
    schema: { body: NewApiKey, response: { 201: MadeApiKey } },
    handler: async (ctx, { actor, body, reply }) => {
      const made = await ctx.write(actor, (tx) => createApiKey(tx, body))
      reply.code(201)
      return made
    },
  }),
  route({
    method: 'DELETE',
    url: '/v1/api-keys/:id',
    operationId: 'revokeApiKey',
    permission: 'core.key.manage',
    summary: 'Revoke an API key',
    schema: { params: ApiKeyPath, response: { 204: Type.Null() } },
    handler: async (ctx, { actor, params, reply }) => {
      await ctx.write(actor, (tx) => revokeApiKey(tx, fromApi('key', params.id)))
      ctx.credentials.forget()
      reply.code(204)
      return null
    },
  }),
]
