// Shapes of API keys at the API.
import Type from 'typebox'
import { SealState } from '../evidence/seal.schema.ts'
import { PersonId } from './account.schema.ts'

const strict = { additionalProperties: false } as const
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const When = Type.String({ format: 'date-time' })

const ApiKeyId = Type.String({ pattern: '^key_[0-9a-hjkmnp-tv-z]{26}$' })
const SecretId = Type.String({ pattern: '^sec_[0-9a-hjkmnp-tv-z]{26}$' })
const LongestSeconds = Type.Integer({
  minimum: 1,
  maximum: 604_800,
  description: 'The longest a signature may be valid, in seconds.',
})
const ApiKeySecret = Type.Object(
  {
    id: SecretId,
    kind: Type.Union([Type.Literal('hmac'), Type.Literal('ed25519')]),
    createdBy: PersonId,
    createdAt: When,
    lastUsedAt: nullable(When),
  },
  { ...strict, $id: 'ApiKeySecret' },
)
const fields = {
  id: ApiKeyId,
  name: Type.String(),
  prefix: Type.String({ description: 'What the key begins with, to recognise it.' }),
  createdBy: PersonId,
  createdAt: When,
  lastUsedAt: nullable(When),
  expiresAt: nullable(When),
  permissions: Type.Array(Type.String(), { description: 'What it may do now.' }),
  isScoped: Type.Boolean({ description: 'Whether it is held to less than its maker may.' }),
  signingId: Type.String({ description: 'The id under which it signs requests.' }),
  domains: Type.Array(Type.String(), { description: 'Mail domains whose people it may speak for.' }),
  allowsWeakAlgorithms: Type.Boolean({ description: 'Whether MD5 and SHA-1 are accepted.' }),
  longestSeconds: LongestSeconds,
  secrets: Type.Array(ApiKeySecret),
  seal: Type.Optional(SealState),
}
export const ApiKey = Type.Object(fields, { ...strict, $id: 'ApiKey' })
export const ApiKeyList = Type.Object(
  { items: Type.Array(ApiKey), next: nullable(Type.String()) },
  { ...strict, $id: 'ApiKeyList' },
)
export const NewApiKey = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 200,
      pattern: '^[^\\u0000-\\u001f\\u007f]+$',
      examples: ['nightly import'],
    }),
    expiresAt: Type.Optional(When),
    permissions: Type.Optional(
      Type.Array(Type.String({ maxLength: 100, pattern: '^[a-z]+(\\.[a-zA-Z]+)+$' }), {
        minItems: 1,
        maxItems: 200,
        description: 'What it may do; everything its maker may, now and later, when left out.',
      }),
    ),
    domains: Type.Optional(Type.Array(Type.String({ minLength: 4, maxLength: 253 }), { maxItems: 20 })),
    allowsWeakAlgorithms: Type.Optional(Type.Boolean()),
    longestSeconds: Type.Optional(LongestSeconds),
  },
  strict,
)
export type NewApiKey = Type.Static<typeof NewApiKey>
/** A pair as signers take it. */
const SigningPair = Type.Object({ id: Type.String(), key: Type.String() }, { ...strict, $id: 'SigningPair' })
export const MadeApiKey = Type.Object(
  { ...fields, key: Type.String(), hmac: SigningPair },
  { ...strict, $id: 'MadeApiKey' },
)
export const ApiKeyPath = Type.Object({ id: ApiKeyId }, strict)
export const NewApiKeySecret = Type.Object(
  {
    publicKey: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1_000,
        description: 'An Ed25519 public key as PEM; without one, a shared secret is made.',
      }),
    ),
  },
  strict,
)
export type NewApiKeySecret = Type.Static<typeof NewApiKeySecret>
export const MadeApiKeySecret = Type.Object(
  { secret: ApiKeySecret, hmac: nullable(SigningPair) },
  { ...strict, $id: 'MadeApiKeySecret' },
)
export const ApiKeySecretPath = Type.Object({ id: ApiKeyId, secret: SecretId }, strict)
