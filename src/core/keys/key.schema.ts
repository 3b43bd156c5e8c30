// Shapes of a tenant's keys at the API: never key bytes.
import Type from 'typebox'

const strict = { additionalProperties: false } as const

export const KeyVersion = Type.Object(
  {
    purpose: Type.String(),
    version: Type.Integer({ minimum: 1 }),
    state: Type.Union([Type.Literal('live'), Type.Literal('retired')]),
    since: Type.String({ format: 'date-time' }),
  },
  { ...strict, $id: 'KeyVersion' },
)
export const KeyVersionList = Type.Object(
  { items: Type.Array(KeyVersion), next: Type.Union([Type.String(), Type.Null()]) },
  { ...strict, $id: 'KeyVersionList' },
)
export const Rotation = Type.Object({ activityId: Type.String() }, { ...strict, $id: 'Rotation' })
