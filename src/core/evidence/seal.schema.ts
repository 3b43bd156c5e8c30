// The seal of a record: who, when, from where, under which key, for whose eyes, and its place in the log.
import Type from 'typebox'

const strict = { additionalProperties: false } as const
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const When = Type.String({ format: 'date-time' })

export const SealState = Type.Union(
  [Type.Literal('in-order'), Type.Literal('due'), Type.Literal('failed'), Type.Literal('unknown')],
  { description: 'In lists: what the seal of the record shows.' },
)
export type SealState = Type.Static<typeof SealState>

export const Seal = Type.Object(
  {
    record: Type.Object({ kind: Type.String(), id: Type.String() }, strict),
    state: SealState,
    code: nullable(
      Type.String({
        pattern: '^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$',
        description:
          'Short form of its first place in the log, for paper. Null while the log does not hold it yet.',
      }),
    ),
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
/** Any text: what is no code names no record. */
export const SealCodeQuery = Type.Object(
  { code: Type.String({ minLength: 1, maxLength: 40, examples: ['7K2QX-0M11P'] }) },
  strict,
)
export const SealedRecordFound = Type.Object(
  { record: nullable(Type.Object({ kind: Type.String(), id: Type.String() }, strict)) },
  strict,
)
export const RecordPath = Type.Object(
  { id: Type.String({ pattern: '^[a-z]{3,4}_[0-9a-hjkmnp-tv-z]{26}$' }) },
  strict,
)
