// Shapes of webhooks at the API: addresses of the customer that are told of events, by Standard Webhooks.
import Type from 'typebox'
import { PersonId } from '../auth/account.schema.ts'
import { SealState } from '../evidence/seal.schema.ts'
import { page } from '../page.schema.ts'

const strict = { additionalProperties: false } as const
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const When = Type.String({ format: 'date-time' })
const Count = Type.Integer({ minimum: 0 })

export const WebhookId = Type.String({ pattern: '^whk_[0-9a-hjkmnp-tv-z]{26}$' })
export const DeliveryId = Type.String({ pattern: '^dlv_[0-9a-hjkmnp-tv-z]{26}$' })
const EventId = Type.String({ pattern: '^evt_[0-9a-hjkmnp-tv-z]{26}$' })
const EventTypeName = Type.String({
  maxLength: 100,
  pattern: '^[a-z]+(\\.[a-zA-Z]+)+$',
  examples: ['knowledge.document.added'],
})
const EventTypes = Type.Array(EventTypeName, { minItems: 1, maxItems: 100 })
const Name = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: '^[^\\u0000-\\u001f\\u007f]+$',
  examples: ['to the archive'],
})
const Url = Type.String({
  minLength: 1,
  maxLength: 2048,
  description: 'https, port 443 or 8443.',
  examples: ['https://hooks.acme.example/panoply'],
})

export const EventTypeList = Type.Object(
  { items: Type.Array(Type.Object({ name: Type.String(), summary: Type.String() }, strict)) },
  { ...strict, $id: 'EventTypeList' },
)

const WebhookSecret = Type.Object(
  {
    id: Type.String({ pattern: '^sec_[0-9a-hjkmnp-tv-z]{26}$' }),
    createdAt: When,
    endsAt: nullable(
      Type.String({ format: 'date-time', description: 'Until then it signs beside its successor.' }),
    ),
  },
  { ...strict, $id: 'WebhookSecret' },
)

const fields = {
  id: WebhookId,
  name: Type.String(),
  url: Type.String(),
  types: Type.Array(Type.String()),
  state: Type.Union([Type.Literal('active'), Type.Literal('paused'), Type.Literal('disabled')]),
  reason: nullable(
    Type.Union([Type.Literal('gone'), Type.Literal('failing')], {
      description: 'Why it was disabled: its receiver answered 410, or failed for five days.',
    }),
  ),
  failingSince: nullable(When),
  waiting: Type.Integer({ minimum: 0, description: 'Deliveries that have not arrived yet.' }),
  secrets: Type.Array(WebhookSecret, { description: 'Live ones, oldest first; never their text.' }),
  createdBy: PersonId,
  createdAt: When,
  updatedBy: PersonId,
  updatedAt: When,
  seal: Type.Optional(SealState),
}
export const Webhook = Type.Object(fields, { ...strict, $id: 'Webhook' })
export const WebhookList = Type.Object({ items: Type.Array(Webhook) }, { ...strict, $id: 'WebhookList' })
export type WebhookShape = Type.Static<typeof Webhook>

const SecretText = Type.String({ description: '`whsec_` and base64; shown this once.' })
export const MadeWebhook = Type.Object({ ...fields, secret: SecretText }, { ...strict, $id: 'MadeWebhook' })

export const NewWebhook = Type.Object({ name: Name, url: Url, types: EventTypes }, strict)
export type NewWebhook = Type.Static<typeof NewWebhook>

export const WebhookChange = Type.Object(
  {
    name: Type.Optional(Name),
    url: Type.Optional(Url),
    types: Type.Optional(EventTypes),
    state: Type.Optional(Type.Union([Type.Literal('active'), Type.Literal('paused')])),
  },
  { ...strict, minProperties: 1 },
)
export type WebhookChange = Type.Static<typeof WebhookChange>

export const NewWebhookSecret = Type.Object(
  {
    overlapHours: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 168,
        default: 24,
        description: 'How long the secret before it signs, too.',
      }),
    ),
  },
  strict,
)
export type NewWebhookSecret = Type.Static<typeof NewWebhookSecret>

const Attempt = Type.Object(
  {
    at: When,
    milliseconds: Count,
    outcome: Type.String({
      description: '`delivered`, `answered` (with a status that is no success), or a problem code.',
    }),
    status: nullable(Type.Integer()),
    answer: nullable(Type.String({ description: 'What the receiver answered begins so.' })),
  },
  { ...strict, $id: 'WebhookAttempt' },
)

const deliveryFields = {
  id: DeliveryId,
  eventId: EventId,
  type: Type.String(),
  at: When,
  record: nullable(Type.Object({ kind: Type.String(), id: Type.String() }, strict)),
  state: Type.Union([Type.Literal('waiting'), Type.Literal('delivered'), Type.Literal('failed')]),
  attempts: Count,
  nextAt: nullable(When),
  lastStatus: nullable(Type.Integer()),
  lastOutcome: nullable(Type.String()),
}
export const WebhookDelivery = Type.Object(
  { ...deliveryFields, body: Type.String({ description: 'As it is sent.' }), log: Type.Array(Attempt) },
  { ...strict, $id: 'WebhookDelivery' },
)
export const WebhookDeliveryList = Type.Object(
  {
    items: Type.Array(Type.Object(deliveryFields, { ...strict, $id: 'WebhookDeliverySummary' })),
    next: nullable(Type.String()),
  },
  { ...strict, $id: 'WebhookDeliveryList' },
)
export const DeliveryQuery = Type.Object(
  {
    ...page,
    state: Type.Optional(deliveryFields.state),
  },
  strict,
)
export type DeliveryQuery = Type.Static<typeof DeliveryQuery>

export const WebhookPath = Type.Object({ id: WebhookId }, strict)
export const DeliveryPath = Type.Object({ id: WebhookId, delivery: DeliveryId }, strict)
