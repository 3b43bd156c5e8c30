// People over HTTP.
import Type from 'typebox'
import { fromApi } from '../ids.ts'
import { PageQuery } from '../page.schema.ts'
import { type Route, route } from '../route.ts'
import { erasePerson, revokeKeysOf } from './erase-person.ts'
import { findPerson, listPeople } from './list-people.ts'
import { Person, PersonChange, PersonList, PersonPath } from './people.schema.ts'
import { updatePerson } from './update-person.ts'

export const accessRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/v1/people',
    operationId: 'listPeople',
    permission: 'core.people.read',
    summary: 'The people of the organisation',
    schema: { querystring: PageQuery, response: { 200: PersonList } },
    handler: (ctx, { actor, query }) => ctx.read(actor, (tx) => listPeople(tx, query), 'people'),
  }),
  route({
    method: 'PATCH',
    url: '/v1/people/:id',
    operationId: 'updatePerson',
    permission: 'session',
    summary: 'Change a person: one’s own name, or role and state of others',
    schema: { params: PersonPath, body: PersonChange, response: { 200: Person } },
    handler: async (ctx, { actor, params, body }) => {
      const id = fromApi('per', params.id)
      const person = await ctx.write(
        actor,
        async (tx) => {
          await updatePerson(tx, id, body)
          return findPerson(tx, id)
        },
        'people',
      )
      ctx.credentials.forget()
      return person
    },
  }),
  route({
    method: 'DELETE',
    url: '/v1/people/:id',
    operationId: 'erasePerson',
    permission: 'core.person.erase',
    summary: 'Erase a person for good; what they made stays, without their name',
    schema: { params: PersonPath, response: { 204: Type.Null() } },
    handler: async (ctx, { actor, params, reply }) => {
      const id = fromApi('per', params.id)
      await ctx.write(actor, (tx) => erasePerson(tx, id), 'people')
      ctx.credentials.forget()
      // Whoever erased themselves has nothing left to act with.
      if (actor.personId !== id) await ctx.write(actor, (tx) => revokeKeysOf(tx, id))
      reply.code(204)
      return null
    },
  }),
]
