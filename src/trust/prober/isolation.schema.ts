// What the API says of the canaries' attempts.
import Type from 'typebox'

const strict = { additionalProperties: false } as const
const When = Type.String({ format: 'date-time' })
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const count = Type.Integer({ minimum: 0 })

const counts = {
  attempts: count,
  hits: Type.Integer({
    minimum: 0,
    description: 'Attempts that ended in anything but a refusal or not found.',
  }),
  unclear: Type.Integer({ minimum: 0, description: 'Attempts that could not be judged.' }),
}

export const Isolation = Type.Object(
  {
    region: Type.String(),
    ...counts,
    since: nullable(When),
    lastAt: nullable(When),
    lastResult: Type.Union([Type.Literal('denied'), Type.Literal('hit'), Type.Literal('none')], {
      description:
        '`hit` for a day after the last attempt that got through; `none` before the first attempt.',
    }),
    layers: Type.Array(
      Type.Object(
        {
          layer: Type.Union([
            Type.Literal('api'),
            Type.Literal('sql'),
            Type.Literal('blobs'),
            Type.Literal('search'),
            Type.Literal('jobs'),
            Type.Literal('keys'),
          ]),
          ...counts,
          since: When,
          lastAt: When,
          lastHitAt: nullable(When),
        },
        strict,
      ),
    ),
  },
  { ...strict, $id: 'Isolation' },
)
export type Isolation = Type.Static<typeof Isolation>
