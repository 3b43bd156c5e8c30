// Seals over HTTP.
import { type Route, route } from '../route.ts'
import { findBySealCode } from './find-by-seal-code.ts'
import { readSeal } from './read-seal.ts'
import { RecordPath, Seal, SealCodeQuery, SealedRecordFound } from './seal.schema.ts'

export const evidenceRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/v1/records/:id/seal',
    operationId: 'readSeal',
    permission: 'core.record.read',
    summary: 'The seal of a record: origin, key, readers, place in the log',
    schema: { params: RecordPath, response: { 200: Seal } },
    handler: (ctx, { actor, params }) => ctx.read(actor, (tx) => readSeal(ctx, tx, params.id)),
  }),
  route({
    method: 'GET',
    url: '/v1/seals',
    operationId: 'findBySealCode',
    permission: 'core.record.read',
    summary: 'The record a seal code on paper names',
    schema: { querystring: SealCodeQuery, response: { 200: SealedRecordFound } },
    handler: (ctx, { actor, query }) => ctx.read(actor, (tx) => findBySealCode(ctx, tx, query.code)),
  }),
]
