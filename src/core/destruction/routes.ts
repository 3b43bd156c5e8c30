// Destructions and their certificates over HTTP.
import { AuditProof } from '../audit/audit.schema.ts'
import { fromApi } from '../ids.ts'
import { publicRoute, type Route, route } from '../route.ts'
import { Destruction, DestructionList, DestructionPath, DestructionQuery } from './destruction.schema.ts'
import { certificateName } from './destruction-record.ts'
import { findDestruction, listDestructions, openCertificate } from './list-destructions.ts'

export const destructionRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/v1/destructions',
    operationId: 'listDestructions',
    permission: 'core.destruction.read',
    summary: 'What was destroyed for good, and how far each destruction is',
    schema: { querystring: DestructionQuery, response: { 200: DestructionList } },
    handler: (ctx, { actor, query }) => ctx.read(actor, (tx) => listDestructions(tx, query)),
  }),
  route({
    method: 'GET',
    url: '/v1/destructions/:id',
    operationId: 'readDestruction',
    permission: 'core.destruction.read',
    summary: 'One destruction',
    schema: { params: DestructionPath, response: { 200: Destruction } },
    handler: (ctx, { actor, params }) => ctx.read(actor, (tx) => findDestruction(tx, params.id)),
  }),
  route({
    method: 'GET',
    url: '/v1/destructions/:id/certificate',
    operationId: 'readCertificate',
    permission: 'core.destruction.read',
    summary: 'The signed certificate of a destruction, to be verified offline',
    schema: { params: DestructionPath, response: { 200: AuditProof } },
    handler: async (ctx, { actor, params, reply }) => {
      const keys = await ctx.logKeys(actor.region, actor.tenant)
      const proof = await ctx.read(actor, (tx) => openCertificate(tx, params.id, keys))
      reply.header('content-disposition', `attachment; filename="certificate-${params.id}.json"`)
      return proof
    },
  }),
  publicRoute({
    method: 'GET',
    url: '/v1/certificates/:id',
    operationId: 'readOrganisationCertificate',
    summary:
      'The signed certificate of an organisation that was destroyed; nobody has an account there any more',
    schema: { params: DestructionPath, response: { 200: AuditProof } },
    handler: async (ctx, { params, region, reply }) => {
      const proof = await ctx.evidenceLog.proveNamed(region, certificateName(fromApi('des', params.id)))
      reply.header('content-disposition', `attachment; filename="certificate-${params.id}.json"`)
      return proof
    },
  }),
]
