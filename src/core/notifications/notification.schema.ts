// Shapes of what is told to people at the API.
import Type from 'typebox'
import { page } from '../page.schema.ts'

const strict = { additionalProperties: false } as const
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const When = Type.String({ format: 'date-time' })
const NotificationId = Type.String({ pattern: '^ntf_[0-9a-hjkmnp-tv-z]{26}$' })

export const Notification = Type.Object(
  {
    id: NotificationId,
    kind: Type.String({ description: 'What happened, e.g. `core.session.opened`.' }),
    record: nullable(Type.Object({ kind: Type.String(), id: Type.String() }, strict)),
    detail: Type.Record(Type.String(), Type.String(), {
      description:
        'What its words are filled with; which names there are depends on `kind`, and none where it does not open any more.',
    }),
    activity: nullable(
      Type.Object(
        {
          kind: Type.String(),
          title: Type.String(),
          code: nullable(Type.String()),
          record: nullable(Type.Object({ kind: Type.String(), id: Type.String() }, strict)),
        },
        {
          ...strict,
          description: 'The long work it is about, where there is one and it is still listed.',
        },
      ),
    ),
    createdAt: When,
    readAt: nullable(When),
  },
  { ...strict, $id: 'Notification' },
)

export const NotificationList = Type.Object(
  {
    items: Type.Array(Notification),
    next: nullable(Type.String()),
    unread: Type.Integer({ minimum: 0, description: 'All that are not read, not of this page alone.' }),
  },
  { ...strict, $id: 'NotificationList' },
)

export const NotificationQuery = Type.Object(
  { ...page, isRead: Type.Optional(Type.Boolean({ description: 'Only those that are read, or are not.' })) },
  strict,
)
export type NotificationQuery = Type.Static<typeof NotificationQuery>

export const Unread = Type.Object(
  {
    unread: Type.Integer({ minimum: 0 }),
    newest: nullable(NotificationId),
  },
  { ...strict, $id: 'Unread' },
)
export type Unread = Type.Static<typeof Unread>

export const NotificationPath = Type.Object({ id: NotificationId }, strict)
export const NotificationChange = Type.Object({ isRead: Type.Boolean() }, strict)
export const ReadUntil = Type.Object(
  {
    until: Type.String({
      format: 'date-time',
      description: '`createdAt` of the newest one that was seen: what came later stays unread.',
    }),
  },
  strict,
)
