// The organisation over HTTP.

import { PublicError } from '../errors.ts'
import { toApi } from '../ids.ts'
import { type Route, route } from '../route.ts'
import {
  Organisation,
  OrganisationChange,
  OrganisationEnd,
  OrganisationEnded,
} from './organisation.schema.ts'
import { confirmEnd, readOrganisation, updateOrganisation } from './organisation.ts'

export const tenancyRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/v1/organisation',
    operationId: 'readOrganisation',
    permission: 'core.organisation.read',
    summary: 'The organisation and its settings',
    schema: { response: { 200: Organisation } },
    handler: (ctx, { actor }) => ctx.read(actor, readOrganisation),
  }),
  route({
    method: 'PATCH',
    url: '/v1/organisation',
    operationId: 'updateOrganisation',
    permission: 'core.organisation.manage',
    summary: 'Change the settings of the organisation',
    schema: { body: OrganisationChange, response: { 200: Organisation } },
    handler: async (ctx, { actor, body }) => {
      const settings = await ctx.write(actor, (tx) => updateOrganisation(tx, body))
      ctx.credentials.forget()
      return settings
    },
  }),
  route({
    method: 'POST',
    url: '/v1/organisation/destruction',
    operationId: 'destroyOrganisation',
    permission: 'core.organisation.destroy',
    summary: 'Destroy the organisation and everything in it, for good',
    schema: { body: OrganisationEnd, response: { 202: OrganisationEnded } },
    handler: async (ctx, { actor, body, reply }) => {
      const organisation = await ctx.write(actor, (tx) => confirmEnd(tx, body.name))
      const destruction = toApi('des', await ctx.endTenant(actor.region, actor.tenant, organisation))
      ctx.credentials.forget()
      const region = ctx.regions.find(({ name }) => name === actor.region)
      if (!region) throw new PublicError('not_found')
      reply.code(202)
      return { certificateId: destruction, certificateUrl: `${region.url}/certificates/${destruction}` }
    },
  }),
]
