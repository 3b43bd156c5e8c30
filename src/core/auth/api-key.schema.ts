// Shapes of API keys at the API.
import Type from 'typebox'
import { SealState } from '../evidence/seal.schema.ts'
import { PersonId } from './account.schema.ts'

const strict = { additionalProperties: false } as const
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const When = Type.String({ format: 'date-time' })

const ApiKeyId = Type.String({ pattern: '^key_[0-9a-hjkmnp-tv-z]{26}$' })
const fields = {
  id: ApiKeyId,
  name: Type.String(),
  prefix: Type.String({ description: 'What the key begins with, to recognise it.' }),
  createdBy: PersonId,
  createdAt: When,
  lastUsedAt: nullable(When),
  expiresAt: nullable(When),
  permissions: Type.Array(Type.String()),
  seal: Type.Optional(SealState),
}
export const ApiKey = Type.Object(fields, { ...strict, $id: 'ApiKey' })
export const ApiKeyList = Type.Object(
  { items: Type.Array(ApiKey), next: nullable(Type.String()) },
  { ...strict, $id: 'ApiKeyList' },
)
export const NewApiKey = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000-\\u001f\\u007f]+$' }),
    expiresAt: Type.Optional(When),
  },
  strict,
)
export type NewApiKey = Type.Static<typeof NewApiKey>
export const MadeApiKey = Type.Object({ ...fields, key: Type.String() }, { ...strict, $id: 'MadeApiKey' })
export const ApiKeyPath = Type.Object({ id: ApiKeyId }, strict)
