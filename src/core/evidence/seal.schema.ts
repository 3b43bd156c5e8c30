// The seal of a record: who, when, from where, under which key, for whose eyes, and its place in the log.
import Type from 'typebox'

const strict = { additionalProperties: false } as const
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const When = Type.String({ format: 'date-time' })

export const Seal = Type.Object(
  {
    record: Type.Object({ kind: Type.String(), id: Type.String() }, strict),
    state: Type.Union([
      Type.Literal('in-order'),
      Type.Literal('due'),
      Type.Literal('failed'),
      Type.Literal('unknown'),
    ]),
    createdBy: nullable(Type.String()),
    createdAt: When,
    createdIp: nullable(Type.String()),
    updatedBy: nullable(Type.String()),
    updatedAt: When,
    updatedIp: nullable(Type.String()),
    region: Type.String(),
    storageClass: Type.Union([
      Type.Literal('configuration'),
      Type.Literal('metadata'),
      Type.Literal('content'),
    ]),
    key: nullable(Type.Object({ id: Type.String(), version: Type.Integer(), since: When }, strict)),
    readers: Type.Array(Type.Object({ who: Type.String(), why: Type.String() }, strict)),
    log: nullable(Type.Object({ eventId: Type.String(), position: nullable(Type.Integer()) }, strict)),
  },
  { ...strict, $id: 'Seal' },
)
export const RecordPath = Type.Object(
  { id: Type.String({ pattern: '^[a-z]{3,4}_[0-9a-hjkmnp-tv-z]{26}$' }) },
  strict,
)
