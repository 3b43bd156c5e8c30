/** Documents over HTTP. */
import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { type Route, route } from '#core/route.ts'
import { beginFetch } from './begin-fetch.ts'
import {
  AddByAddress,
  Document,
  DocumentList,
  DocumentPageList,
  DocumentPageParams,
  DocumentPageQuery,
  DocumentParams,
  DocumentQuery,
  DocumentText,
  DocumentTextQuery,
  PageImageQuery,
  RenameDocument,
} from './document.schema.ts'
import { findDocument } from './find-document.ts'
import { findPage } from './find-page.ts'
import { listDocumentPages } from './list-document-pages.ts'
import { listDocuments } from './list-documents.ts'
import { openDocumentFile } from './open-document-file.ts'
import { openPicture } from './open-picture.ts'
import { keptWidth } from './picture-record.ts'
import { readDocumentText } from './read-document-text.ts'
import { receiveForm } from './receive-form.ts'
import { removeDocument } from './remove-document.ts'
import { renameDocument } from './rename-document.ts'
import { sendFile, sendPicture } from './send-file.ts'

/** Streamed, so described and not serialised. */
const PdfContent = Type.String({ contentMediaType: 'application/pdf' })
export const PngContent = Type.String({ contentMediaType: 'image/png' })
const Upload = Type.Object(
  {
    file: Type.String({ format: 'binary', description: 'A PDF of up to 100 MB.' }),
    title: Type.Optional(Type.String({ maxLength: 255 })),
  },
  { additionalProperties: false },
)

export const documentRoutes: readonly Route[] = [
  route({
    method: 'POST',
    url: '/v1/documents',
    operationId: 'addDocument',
    permission: 'knowledge.document.create',
    summary:
      'Add a document: a file (multipart), or by its address (JSON), which answers 202; 200 instead of 201 when the same bytes are here already',
    streaming: 'multipart/form-data',
    schema: { body: Upload, json: AddByAddress, response: { 200: Document, 201: Document, 202: Document } },
    handler: async (ctx, { actor, request, reply, json }) => {
      if (json !== undefined) {
        const awaited = await ctx.write(actor, (tx) => beginFetch(ctx, tx, json))
        reply.header('location', `/v1/documents/${awaited.id}`)
        return reply.code(202).send(awaited)
      }
      const { document, isDuplicate } = await receiveForm(ctx, actor, request)
      reply.header('location', `/v1/documents/${document.id}`)
      return reply.code(isDuplicate ? 200 : 201).send(document)
    },
  }),
  route({
    method: 'GET',
    url: '/v1/documents',
    operationId: 'listDocuments',
    permission: 'knowledge.document.read',
    summary: 'The library',
    schema: { querystring: DocumentQuery, response: { 200: DocumentList } },
    handler: (ctx, { actor, query }) => ctx.read(actor, (tx) => listDocuments(tx, query)),
  }),
  route({
    method: 'GET',
    url: '/v1/documents/:id',
    operationId: 'findDocument',
    permission: 'knowledge.document.read',
    summary: 'One document',
    schema: { params: DocumentParams, response: { 200: Document } },
    handler: (ctx, { actor, params }) => ctx.read(actor, (tx) => findDocument(tx, params.id)),
  }),
  route({
    method: 'PATCH',
    url: '/v1/documents/:id',
    operationId: 'renameDocument',
    permission: 'knowledge.document.update',
    summary: 'Give a document another title',
    schema: { params: DocumentParams, body: RenameDocument, response: { 200: Document } },
    handler: (ctx, { actor, params, body }) => ctx.write(actor, (tx) => renameDocument(tx, params.id, body)),
  }),
  route({
    method: 'DELETE',
    url: '/v1/documents/:id',
    operationId: 'removeDocument',
    permission: 'knowledge.document.remove',
    summary: 'Remove a document with its snips',
    schema: { params: DocumentParams, response: { 204: Type.Null() } },
    handler: async (ctx, { actor, params, reply }) => {
      await ctx.write(actor, (tx) => removeDocument(tx, params.id))
      return reply.code(204).send()
    },
  }),
  route({
    method: 'GET',
    url: '/v1/documents/:id/content',
    operationId: 'readDocumentContent',
    permission: 'knowledge.document.read',
    summary: 'The file as it was added, or one range of it; several ranges answer the whole',
    schema: {
      params: DocumentParams,
      response: { 200: PdfContent, 206: PdfContent, 304: Type.Null() },
    },
    handler: async (ctx, { actor, params, request, reply }) =>
      sendFile(reply, await ctx.read(actor, (tx) => openDocumentFile(tx, params.id, request))),
  }),
  route({
    method: 'GET',
    url: '/v1/documents/:id/pages',
    operationId: 'listDocumentPages',
    permission: 'knowledge.document.read',
    summary: 'The pages of a document and their sizes',
    schema: { params: DocumentParams, querystring: DocumentPageQuery, response: { 200: DocumentPageList } },
    handler: (ctx, { actor, params, query }) =>
      ctx.read(actor, (tx) => listDocumentPages(tx, params.id, query)),
  }),
  route({
    method: 'GET',
    url: '/v1/documents/:id/pages/:page',
    operationId: 'drawDocumentPage',
    permission: 'knowledge.document.read',
    summary: 'A page as PNG, drawn when first asked for',
    schema: {
      params: DocumentPageParams,
      querystring: PageImageQuery,
      response: { 200: PngContent, 304: Type.Null() },
    },
    handler: async (ctx, { actor, params, query, request, reply }) => {
      const document = await ctx.read(actor, (tx) => findPage(tx, params.id, params.page))
      const picture = {
        document,
        use: 'page',
        page: params.page,
        width: keptWidth(query.width ?? 1280),
        snip: null,
      } as const
      return sendPicture(reply, await openPicture(ctx, actor, picture, request, closedOf(request)))
    },
  }),
  route({
    method: 'GET',
    url: '/v1/documents/:id/text',
    operationId: 'readDocumentText',
    permission: 'knowledge.document.read',
    summary: 'The text of pages, 200 at a time',
    schema: { params: DocumentParams, querystring: DocumentTextQuery, response: { 200: DocumentText } },
    handler: (ctx, { actor, params, query }) =>
      ctx.read(actor, (tx) => readDocumentText(tx, params.id, query)),
  }),
]

/** Aborted when the caller has gone. */
export function closedOf(request: FastifyRequest): AbortSignal {
  const gone = new AbortController()
  request.raw.once('close', () => gone.abort())
  return gone.signal
}
