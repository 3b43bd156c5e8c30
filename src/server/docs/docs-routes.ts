// What anybody may read about the API: the document, the reference made from it, and the errors. Counted like every public request.
// Must stay true: made when first asked for and the same bytes after that, so that a browser may keep them.
import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { publicRoute, type Route } from '#core/route.ts'
import { buildOpenApi } from '../openapi.ts'
import { apiPage } from './api-page.ts'
import { DOCS, GUIDES } from './docs-list.ts'
import { type DocsPage, docsPage } from './docs-page.ts'
import { errorsPage } from './errors-page.ts'
import { guidePage } from './guide-page.ts'

const Html = Type.String({ contentMediaType: 'text/html' })
const Json = Type.String({ contentMediaType: 'application/json' })

/** The routes of these pages; they describe the API and are no part of it. */
export function docsRoutes(): readonly Route[] {
  const html = (url: string, operationId: string, summary: string, make: () => DocsPage): Route => {
    const page = once(make)
    return publicRoute({
      method: 'GET',
      url,
      operationId,
      summary,
      schema: { response: { 200: Html, 304: Type.Null() } },
      handler: async (_ctx, { request, reply }) => {
        const { html: text, etag, policy } = page()
        reply.header('content-security-policy', policy)
        return send(request, reply, { type: 'text/html; charset=utf-8', text, etag })
      },
    })
  }
  const openApi = once(() => JSON.stringify(buildOpenApi()))
  return [
    publicRoute({
      method: 'GET',
      url: '/v1/openapi.json',
      operationId: 'readOpenApi',
      summary: 'The API document',
      schema: { response: { 200: Json, 304: Type.Null() } },
      handler: async (_ctx, { request, reply }) => {
        const text = openApi()
        const etag = `"${hash('sha256', text, 'base64url')}"`
        return send(request, reply, { type: 'application/json; charset=utf-8', text, etag })
      },
    }),
    html('/docs/api', 'showApi', 'The API reference', () => apiPage(buildOpenApi())),
    html('/docs/errors', 'showErrors', 'What each error means', errorsPage),
    ...GUIDES.map((guide) =>
      html(`/docs/${guide.name}`, `showGuideTo.${guide.name}`, guide.title, () => guidePage(guide)),
    ),
    html('/docs', 'showDocs', 'What there is to read', () =>
      docsPage(
        'Documentation',
        `<h1>Documentation</h1><p>For those who write programs.</p><ul>${DOCS.map(({ to, title }) => `<li><a href="${to}">${title}</a></li>`).join('')}</ul>`,
      ),
    ),
  ]
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  { type, text, etag }: { readonly type: string; readonly text: string; readonly etag: string },
): FastifyReply {
  reply.headers({ etag, 'cache-control': 'public, no-cache' })
  const known = request.headers['if-none-match']?.split(/\s*,\s*/) ?? []
  if (known.some((tag) => tag === '*' || tag.replace(/^W\//, '') === etag)) return reply.code(304).send()
  return reply.type(type).serializer(String).send(text)
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
