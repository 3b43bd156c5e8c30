// Seals over HTTP.
import { type Route, route } from '../route.ts'
import { readSeal } from './read-seal.ts'
import { RecordPath, Seal } from './seal.schema.ts'

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
]
