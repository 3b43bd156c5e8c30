// The organisation over HTTP.
import { type Route, route } from '../route.ts'
import { Organisation, OrganisationChange } from './organisation.schema.ts'
import { readOrganisation, updateOrganisation } from './organisation.ts'

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
]
