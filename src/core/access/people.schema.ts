// Shapes of people at the API.
import Type from 'typebox'
import { DisplayName, PersonId, RoleName } from '../auth/account.schema.ts'
import { SealState } from '../evidence/seal.schema.ts'

const strict = { additionalProperties: false } as const
const When = Type.String({ format: 'date-time' })

export const PersonState = Type.Union([Type.Literal('active'), Type.Literal('suspended')])
export const Person = Type.Object(
  {
    id: PersonId,
    email: Type.String(),
    displayName: Type.String(),
    role: RoleName,
    state: PersonState,
    createdAt: When,
    updatedAt: When,
    lastSeenAt: Type.Union([When, Type.Null()]),
    seal: Type.Optional(SealState),
  },
  { ...strict, $id: 'Person' },
)
export const PersonList = Type.Object(
  { items: Type.Array(Person), next: Type.Union([Type.String(), Type.Null()]) },
  { ...strict, $id: 'PersonList' },
)
export const PersonPath = Type.Object({ id: PersonId }, strict)
export const PersonChange = Type.Object(
  {
    displayName: Type.Optional(DisplayName),
    role: Type.Optional(RoleName),
    state: Type.Optional(PersonState),
  },
  { ...strict, minProperties: 1 },
)
export type PersonChange = Type.Static<typeof PersonChange>
