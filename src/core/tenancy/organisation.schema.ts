// The shape of an organisation's settings at the API.
import Type from 'typebox'
import { OrganisationId, OrganisationName, PersonId, StorageChoices } from '../auth/account.schema.ts'

const strict = { additionalProperties: false } as const
const When = Type.String({ format: 'date-time' })
const IdleMinutes = Type.Integer({ minimum: 5, maximum: 43_200 })
const AbsoluteHours = Type.Integer({ minimum: 1, maximum: 8_760 })
const PasswordLength = Type.Integer({ minimum: 8, maximum: 128 })
const PasswordStrength = Type.Integer({
  minimum: 1,
  maximum: 4,
  description:
    'The least score of a new password by zxcvbn: 1 is a thousand guesses or more, 2 a million, 3 a hundred million, 4 ten billion.',
})
const PasswordHistory = Type.Integer({
  minimum: 0,
  maximum: 24,
  description: 'So many former passwords may not come again.',
})

export const Organisation = Type.Object(
  {
    id: OrganisationId,
    name: Type.String(),
    region: Type.String(),
    domains: Type.Array(Type.String()),
    sessionIdleMinutes: IdleMinutes,
    sessionAbsoluteHours: AbsoluteHours,
    passwordMinimumLength: PasswordLength,
    passwordStrength: PasswordStrength,
    passwordHistory: PasswordHistory,
    storage: StorageChoices,
    createdBy: PersonId,
    createdAt: When,
    updatedBy: PersonId,
    updatedAt: When,
  },
  { ...strict, $id: 'Organisation' },
)
export const OrganisationChange = Type.Object(
  {
    name: Type.Optional(OrganisationName),
    sessionIdleMinutes: Type.Optional(IdleMinutes),
    sessionAbsoluteHours: Type.Optional(AbsoluteHours),
    passwordMinimumLength: Type.Optional(PasswordLength),
    passwordStrength: Type.Optional(PasswordStrength),
    passwordHistory: Type.Optional(PasswordHistory),
    storage: Type.Optional(StorageChoices),
  },
  { ...strict, minProperties: 1 },
)
/** What its owner types to destroy it: its name as it is shown. */
export const OrganisationEnd = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 200, examples: ['Acme Instruments'] }) },
  strict,
)
export const OrganisationEnded = Type.Object(
  {
    certificateId: Type.String({
      description: 'Id of the destruction: its certificate is served without an account.',
    }),
    certificateUrl: Type.String({ format: 'uri' }),
  },
  { ...strict, $id: 'OrganisationEnded' },
)
export type OrganisationChange = Type.Static<typeof OrganisationChange>
