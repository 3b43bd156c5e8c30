/** Uploads over HTTP: tus 1.0.0 with creation, creation-with-upload, termination, expiration and checksum. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { PublicError } from '#core/errors.ts'
import { CHECKSUMS, TUS_VERSION } from '#core/net/tus-fields.ts'
import { publicRoute, type Route, route } from '#core/route.ts'
import { LARGEST_FILE } from '../documents/check-upload.ts'
import type { Announcement } from './claim-upload.ts'
import { findUpload, listUploads } from './find-upload.ts'
import { type Arriving, receiveUpload } from './receive-upload.ts'
import { endUpload } from './remove-upload.ts'
import { startUpload } from './start-upload.ts'
import {
  ReceiveFields,
  StartFields,
  Upload,
  UploadBytes,
  UploadList,
  UploadParams,
  VersionFields,
} from './upload.schema.ts'

const BYTES = 'application/offset+octet-stream'
const EXTENSIONS = 'creation,creation-with-upload,termination,expiration,checksum'
const answers = { 'tus-resumable': TUS_VERSION, 'tus-version': TUS_VERSION }
const permission = 'knowledge.document.create'

export const uploadRoutes: readonly Route[] = [
  publicRoute({
    method: 'OPTIONS',
    url: '/v1/uploads',
    operationId: 'describeUploads',
    summary: 'Which parts of tus are spoken here, in header fields',
    answers,
    schema: { response: { 204: Type.Null() } },
    handler: async (_, { reply }) =>
      reply
        .code(204)
        .headers({
          'tus-extension': EXTENSIONS,
          'tus-max-size': LARGEST_FILE,
          'tus-checksum-algorithm': Object.keys(CHECKSUMS).join(','),
        })
        .send(),
  }),
  route({
    method: 'POST',
    url: '/v1/uploads',
    operationId: 'startUpload',
    permission,
    summary: 'Begin an upload that can go on after it broke off; the body may be its first bytes',
    streaming: BYTES,
    answers,
    schema: { headers: StartFields, body: UploadBytes, response: { 201: Upload } },
    handler: async (ctx, { actor, headers, request, reply }) => {
      demandVersion(headers)
      const length = lengthOf(request)
      if (length !== 0) demandBytes(request)
      let upload = await ctx.write(actor, (tx) => startUpload(tx, headers))
      if (length !== 0) upload = await receiveUpload(ctx, actor, upload.id, firstBytes(headers, request))
      reply.header('location', `/v1/uploads/${upload.id}`)
      return tell(reply, upload).code(201).send(upload)
    },
  }),
  route({
    method: 'GET',
    url: '/v1/uploads',
    operationId: 'listUploads',
    permission,
    summary: 'Your uploads that are not finished',
    answers,
    schema: { response: { 200: UploadList } },
    handler: (ctx, { actor }) => ctx.read(actor, listUploads),
  }),
  route({
    method: 'GET',
    url: '/v1/uploads/:id',
    operationId: 'findUpload',
    permission,
    summary: 'How far an upload is; HEAD says it in header fields, and `Panoply-Document` what it became',
    answers,
    schema: { params: UploadParams, response: { 200: Upload } },
    handler: async (ctx, { actor, params, reply }) => {
      const { upload, metadata } = await findUpload(ctx, actor, params.id)
      if (metadata !== '') reply.header('upload-metadata', metadata)
      return tell(reply, upload).header('upload-length', upload.size).send(upload)
    },
  }),
  route({
    method: 'PATCH',
    url: '/v1/uploads/:id',
    operationId: 'continueUpload',
    permission,
    summary: 'Send bytes from `Upload-Offset` on; with the last one the document is made',
    streaming: BYTES,
    answers,
    schema: {
      params: UploadParams,
      headers: ReceiveFields,
      body: UploadBytes,
      response: { 204: Type.Null() },
    },
    handler: async (ctx, { actor, params, headers, request, reply }) =>
      tell(reply, await receiveUpload(ctx, actor, params.id, nextBytes(headers, request)))
        .code(204)
        .send(),
  }),
  route({
    method: 'DELETE',
    url: '/v1/uploads/:id',
    operationId: 'removeUpload',
    permission,
    summary: 'End an upload and remove what had arrived; a document it became stays',
    answers,
    schema: { params: UploadParams, headers: VersionFields, response: { 204: Type.Null() } },
    handler: async (ctx, { actor, params, headers, reply }) => {
      await ctx.write(actor, (tx) => endUpload(tx, params.id, () => demandVersion(headers)))
      return reply.code(204).send()
    },
  }),
]

function firstBytes(headers: StartFields, request: FastifyRequest): Arriving {
  return {
    source: request.raw,
    announce: () => ({ offset: 0, length: lengthOf(request) }),
    checksum: headers['upload-checksum'],
  }
}

function nextBytes(headers: ReceiveFields, request: FastifyRequest): Arriving {
  return {
    source: request.raw,
    announce(): Announcement {
      demandVersion(headers)
      demandBytes(request)
      const offset = headers['upload-offset']
      if (offset === undefined)
        throw new PublicError('invalid_request', 'Say in Upload-Offset where the bytes begin.', {
          details: { field: 'Upload-Offset' },
        })
      return { offset: Number(offset), length: lengthOf(request) }
    },
    checksum: headers['upload-checksum'],
  }
}

/** How far an upload is, in the fields of tus and two of our own. */
function tell(reply: FastifyReply, upload: Upload): FastifyReply {
  return reply.headers({
    'upload-offset': upload.offset,
    'upload-expires': new Date(upload.expiresAt).toUTCString(),
    ...(upload.documentId === null ? {} : { 'panoply-document': upload.documentId }),
    ...(upload.isDuplicate ? { 'panoply-duplicate': '?1' } : {}),
  })
}

function demandVersion(headers: { 'tus-resumable'?: string }): void {
  if (headers['tus-resumable'] !== TUS_VERSION) throw new PublicError('protocol_version')
}

function demandBytes({ headers }: FastifyRequest): void {
  if (headers['content-type'] !== BYTES)
    throw new PublicError('unsupported_media_type', `Send bytes of a file as \`${BYTES}\`.`)
}

/** Bytes of the body; undefined when it does not say. */
function lengthOf({ headers }: FastifyRequest): number | undefined {
  if (headers['transfer-encoding'] !== undefined) return undefined
  return Number(headers['content-length'] ?? 0)
}
