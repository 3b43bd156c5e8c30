// Shapes of accounts and sessions at the API.
import Type from 'typebox'
import { SealState } from '../evidence/seal.schema.ts'
import { page } from '../page.schema.ts'

const strict = { additionalProperties: false } as const
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const When = Type.String({ format: 'date-time' })

export const Email = Type.String({ minLength: 3, maxLength: 320, examples: ['ingrid@acme.example'] })
export const Password = Type.String({
  minLength: 1,
  maxLength: 256,
  examples: ['seven quiet meadows in may'],
})
export const DisplayName = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: '^[^\\u0000-\\u001f\\u007f]+$',
  examples: ['Ingrid Aldous'],
})
export const OrganisationName = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: '^[^\\u0000-\\u001f\\u007f]+$',
  examples: ['Acme Instruments'],
})
export const RoleName = Type.Union([
  Type.Literal('owner'),
  Type.Literal('administrator'),
  Type.Literal('member'),
])
export const PersonId = Type.String({ pattern: '^per_[0-9a-hjkmnp-tv-z]{26}$' })
export const SessionId = Type.String({ pattern: '^ses_[0-9a-hjkmnp-tv-z]{26}$' })
export const OrganisationId = Type.String({ pattern: '^org_[0-9a-hjkmnp-tv-z]{26}$' })

export const Region = Type.Object({ name: Type.String(), url: Type.String() }, { ...strict, $id: 'Region' })
export const RegionList = Type.Object({ items: Type.Array(Region) }, strict)

export const StorageChoices = Type.Object(
  { knowledge: Type.Boolean(), agreements: Type.Boolean(), fleet: Type.Boolean() },
  {
    ...strict,
    $id: 'StorageChoices',
    description:
      'Per product: may content be stored here. Whoever founds the organisation accepts or declines each; nothing is chosen for them.',
  },
)

export const NewAccount = Type.Object(
  {
    email: Email,
    displayName: DisplayName,
    country: Type.String({
      pattern: '^[A-Z]{2}$',
      description: 'ISO 3166-1 alpha-2; founders from the EU and the EEA get `eu`.',
      examples: ['SE'],
    }),
    region: Type.Optional(Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' })),
  },
  strict,
)
export const Sent = Type.Object({ sent: Type.Literal(true) }, strict)

export const VerificationToken = Type.String({
  minLength: 10,
  maxLength: 4_096,
  pattern: '^[a-z0-9-]+\\.v\\.[A-Za-z0-9_-]+$',
  examples: ['eu.v.as-it-stands-in-the-mail'],
})
export const VerificationQuery = Type.Object({ token: VerificationToken }, strict)
export const Verification = Type.Object(
  {
    email: Type.String(),
    displayName: Type.String(),
    organisation: Type.Union([Type.Literal('found'), Type.Literal('join')]),
    organisationName: nullable(Type.String()),
    passwordMinimumLength: Type.Integer(),
    region: Type.String(),
  },
  { ...strict, $id: 'Verification' },
)
export const VerifyAccount = Type.Object(
  {
    token: VerificationToken,
    password: Password,
    displayName: Type.Optional(DisplayName),
    organisationName: Type.Optional(OrganisationName),
    storage: Type.Optional(StorageChoices),
  },
  strict,
)

export const AskedReset = Type.Object({ email: Email }, strict)
export const ResetToken = Type.String({
  minLength: 10,
  maxLength: 4_096,
  pattern: '^[a-z0-9-]+\\.r\\.[A-Za-z0-9_-]+$',
  examples: ['eu.r.as-it-stands-in-the-mail'],
})
export const ResetQuery = Type.Object({ token: ResetToken }, strict)
export const PasswordReset = Type.Object(
  { email: Type.String(), passwordMinimumLength: Type.Integer(), region: Type.String() },
  { ...strict, $id: 'PasswordReset' },
)
export const ResetPassword = Type.Object({ token: ResetToken, password: Password }, strict)
export const ChangePassword = Type.Object({ current: Password, password: Password }, strict)

export const Credentials = Type.Object({ email: Email, password: Password }, strict)
export const OpenedSession = Type.Object(
  { token: Type.String(), expiresAt: When },
  { ...strict, $id: 'OpenedSession' },
)

export const Session = Type.Object(
  {
    id: SessionId,
    personId: PersonId,
    createdAt: When,
    lastSeenAt: When,
    expiresAt: When,
    ip: nullable(Type.String()),
    userAgent: nullable(Type.String()),
    current: Type.Boolean(),
    seal: Type.Optional(SealState),
  },
  { ...strict, $id: 'Session' },
)
export const SessionList = Type.Object(
  { items: Type.Array(Session), next: nullable(Type.String()) },
  { ...strict, $id: 'SessionList' },
)
export const SessionQuery = Type.Object({ ...page, personId: Type.Optional(PersonId) }, strict)
export type SessionQuery = Type.Static<typeof SessionQuery>
export const SessionPath = Type.Object({ id: Type.Union([SessionId, Type.Literal('current')]) }, strict)

export const Me = Type.Object(
  {
    person: Type.Object(
      { id: PersonId, email: Type.String(), displayName: Type.String(), role: RoleName },
      strict,
    ),
    organisation: Type.Object({ id: OrganisationId, name: Type.String(), region: Type.String() }, strict),
    permissions: Type.Array(Type.String()),
    keyPermissions: Type.Array(Type.String(), {
      description: 'What an API key may be given by whoever asks.',
    }),
    session: nullable(Type.Object({ id: SessionId, expiresAt: When }, strict)),
    regions: Type.Array(Region),
  },
  { ...strict, $id: 'Me' },
)
export const Nothing = Type.Null()
