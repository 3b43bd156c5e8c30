/** Snips and tags over HTTP. */
import Type from 'typebox'
import { type Route, route } from '#core/route.ts'
import { openPicture } from '../documents/open-picture.ts'
import { closedOf, PngContent } from '../documents/routes.ts'
import { sendPicture } from '../documents/send-file.ts'
import { captureSnip } from './capture-snip.ts'
import { findSnip } from './find-snip.ts'
import { findSnipAnnotation } from './find-snip-annotation.ts'
import { findSnipPicture } from './find-snip-picture.ts'
import { listSnips } from './list-snips.ts'
import { removeSnip } from './remove-snip.ts'
import { CaptureSnip, Snip, SnipList, SnipParams, SnipQuery, TagList, UpdateSnip } from './snip.schema.ts'
import { listTags } from './snip-tags.ts'
import { updateSnip } from './update-snip.ts'

const ANNOTATION_TYPE = 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'

export const snipRoutes: readonly Route[] = [
  route({
    method: 'POST',
    url: '/v1/snips',
    operationId: 'captureSnip',
    permission: 'knowledge.snip.create',
    summary: 'Capture a passage or a rectangle of a page',
    schema: { body: CaptureSnip, response: { 201: Snip } },
    handler: async (ctx, { actor, body, reply }) => {
      const snip = await ctx.write(actor, (tx) => captureSnip(tx, body))
      return reply.code(201).header('location', `/v1/snips/${snip.id}`).send(snip)
    },
  }),
  route({
    method: 'GET',
    url: '/v1/snips',
    operationId: 'listSnips',
    permission: 'knowledge.snip.read',
    summary: 'The feed of snips, newest first',
    schema: { querystring: SnipQuery, response: { 200: SnipList } },
    handler: (ctx, { actor, query }) => ctx.read(actor, (tx) => listSnips(tx, query)),
  }),
  route({
    method: 'GET',
    url: '/v1/snips/:id',
    operationId: 'findSnip',
    permission: 'knowledge.snip.read',
    summary: 'One snip; as a W3C annotation with `Accept: application/ld+json`',
    schema: { params: SnipParams, response: { 200: Snip } },
    handler: async (ctx, { actor, params, request, reply }) => {
      reply.header('vary', 'accept')
      if (!/application\/ld\+json/i.test(request.headers.accept ?? ''))
        return ctx.read(actor, (tx) => findSnip(tx, params.id))
      const url = ctx.regions.find(({ name }) => name === actor.region)?.url ?? ''
      const annotation = await ctx.read(actor, (tx) => findSnipAnnotation(tx, params.id, url))
      return reply.type(ANNOTATION_TYPE).send(JSON.stringify(annotation))
    },
  }),
  route({
    method: 'PATCH',
    url: '/v1/snips/:id',
    operationId: 'updateSnip',
    permission: 'knowledge.snip.update',
    summary: 'Change insight, note or tags',
    schema: { params: SnipParams, body: UpdateSnip, response: { 200: Snip } },
    handler: (ctx, { actor, params, body }) => ctx.write(actor, (tx) => updateSnip(tx, params.id, body)),
  }),
  route({
    method: 'DELETE',
    url: '/v1/snips/:id',
    operationId: 'removeSnip',
    permission: 'knowledge.snip.remove',
    summary: 'Remove a snip',
    schema: { params: SnipParams, response: { 204: Type.Null() } },
    handler: async (ctx, { actor, params, reply }) => {
      await ctx.write(actor, (tx) => removeSnip(tx, params.id))
      return reply.code(204).send()
    },
  }),
  route({
    method: 'GET',
    url: '/v1/snips/:id/image',
    operationId: 'drawSnip',
    permission: 'knowledge.snip.read',
    summary: 'The rectangle of an area snip as PNG',
    schema: { params: SnipParams, response: { 200: PngContent, 304: Type.Null() } },
    handler: async (ctx, { actor, params, request, reply }) => {
      const picture = await ctx.read(actor, (tx) => findSnipPicture(tx, params.id))
      return sendPicture(reply, await openPicture(ctx, actor, picture, request, closedOf(request)))
    },
  }),
  route({
    method: 'GET',
    url: '/v1/tags',
    operationId: 'listTags',
    permission: 'knowledge.snip.read',
    summary: 'Tags in use and how often',
    schema: { response: { 200: TagList } },
    handler: (ctx, { actor }) => ctx.read(actor, listTags),
  }),
]
