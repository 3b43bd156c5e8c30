// API keys over HTTP.
import Type from 'typebox'
import { fromApi } from '../ids.ts'
import { PageQuery } from '../page.schema.ts'
import { type Route, route } from '../route.ts'
import {
  ApiKeyList,
  ApiKeyPath,
  ApiKeySecretPath,
  MadeApiKey,
  MadeApiKeySecret,
  NewApiKey,
  NewApiKeySecret,
} from './api-key.schema.ts'
import { addApiKeySecret, revokeApiKeySecret } from './api-key-secrets.ts'
import { createApiKey, listApiKeys, revokeApiKey } from './api-keys.ts'

export const apiKeyRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/v1/api-keys',
    operationId: 'listApiKeys',
    permission: 'core.key.manage',
    summary: 'API keys that are in force',
    schema: { querystring: PageQuery, response: { 200: ApiKeyList } },
    handler: (ctx, { actor, query }) => ctx.read(actor, (tx) => listApiKeys(tx, ctx.keyPermissions, query)),
  }),
  route({
    method: 'POST',
    url: '/v1/api-keys',
    operationId: 'createApiKey',
    permission: 'core.key.manage',
    summary: 'Make an API key with a signing secret; both are shown this once',
    schema: { body: NewApiKey, response: { 201: MadeApiKey } },
    handler: async (ctx, { actor, body, reply }) => {
      const made = await ctx.write(actor, (tx) => createApiKey(tx, ctx.keyPermissions, body))
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
  route({
    method: 'POST',
    url: '/v1/api-keys/:id/secrets',
    operationId: 'addApiKeySecret',
    permission: 'core.key.manage',
    summary: 'Roll an API key over: a second signing secret beside the one in use, or an Ed25519 public key',
    schema: { params: ApiKeyPath, body: NewApiKeySecret, response: { 201: MadeApiKeySecret } },
    handler: async (ctx, { actor, params, body, reply }) => {
      const made = await ctx.write(actor, (tx) => addApiKeySecret(tx, fromApi('key', params.id), body))
      ctx.credentials.forget()
      reply.code(201)
      return made
    },
  }),
  route({
    method: 'DELETE',
    url: '/v1/api-keys/:id/secrets/:secret',
    operationId: 'revokeApiKeySecret',
    permission: 'core.key.manage',
    summary: 'Revoke one signing secret of an API key',
    schema: { params: ApiKeySecretPath, response: { 204: Type.Null() } },
    handler: async (ctx, { actor, params, reply }) => {
      const [key, secret] = [fromApi('key', params.id), fromApi('sec', params.secret)]
      await ctx.write(actor, (tx) => revokeApiKeySecret(tx, key, secret))
      ctx.credentials.forget()
      reply.code(204)
      return null
    },
  }),
]
