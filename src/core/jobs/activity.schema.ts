// The shapes of long work at the API: what runs, how far it is, how it ended.
import Type from 'typebox'

const strict = { additionalProperties: false } as const
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const When = Type.String({ format: 'date-time' })

export const ActivityId = Type.String({ pattern: '^act_[0-9a-hjkmnp-tv-z]{26}$' })

export const ActivityState = Type.Union([
  Type.Literal('waiting'),
  Type.Literal('running'),
  Type.Literal('done'),
  Type.Literal('failed'),
  Type.Literal('cancelled'),
])

export const Activity = Type.Object(
  {
    id: ActivityId,
    kind: Type.String({ description: 'What is being done, e.g. `knowledge.document.reading`.' }),
    title: Type.String({ description: 'What it is being done to, in words.' }),
    record: nullable(Type.Object({ kind: Type.String(), id: Type.String() }, strict)),
    state: ActivityState,
    done: Type.Integer({ minimum: 0 }),
    total: nullable(Type.Integer({ minimum: 0, description: 'Null while it is not known.' })),
    unit: nullable(Type.String({ description: 'What `done` and `total` count, e.g. `pages`.' })),
    isCancelRequested: Type.Boolean(),
    error: nullable(Type.Object({ code: Type.String(), message: Type.String() }, strict)),
    createdBy: nullable(Type.String({ description: 'A person (`per_`) or a key (`key_`).' })),
    createdAt: When,
    startedAt: nullable(When),
    endedAt: nullable(When),
  },
  { ...strict, $id: 'Activity' },
)
export type Activity = Type.Static<typeof Activity>
export type ActivityState = Type.Static<typeof ActivityState>

export const ActivityList = Type.Object(
  { items: Type.Array(Activity), next: nullable(Type.String({ maxLength: 512 })) },
  { ...strict, $id: 'ActivityList' },
)
export type ActivityList = Type.Static<typeof ActivityList>

export const ActivityQuery = Type.Object(
  {
    cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 512, pattern: '^[A-Za-z0-9_-]+$' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
    state: Type.Optional(ActivityState),
  },
  strict,
)
export type ActivityQuery = Type.Static<typeof ActivityQuery>

export const ActivityPath = Type.Object({ id: ActivityId }, strict)
export const Nothing = Type.Null()
