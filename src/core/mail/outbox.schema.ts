// The shape of kept mail at the API.
import Type from 'typebox'

const strict = { additionalProperties: false } as const

export const KeptMail = Type.Object(
  {
    id: Type.String({ pattern: '^mail_[0-9a-hjkmnp-tv-z]{26}$' }),
    to: Type.String(),
    subject: Type.String(),
    text: Type.String(),
    html: Type.String(),
    sentAt: Type.String({ format: 'date-time' }),
  },
  { ...strict, $id: 'KeptMail' },
)
export const KeptMailList = Type.Object(
  { items: Type.Array(KeptMail), next: Type.Union([Type.String(), Type.Null()]) },
  { ...strict, $id: 'KeptMailList' },
)
export const OutboxPath = Type.Object({ secret: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }) }, strict)
