// Shapes of the log, its proofs and its exports at the API.
import Type from 'typebox'

const strict = { additionalProperties: false } as const
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const When = Type.String({ format: 'date-time' })
const Hex32 = Type.String({ pattern: '^[0-9a-f]{64}$' })
const EventId = Type.String({ pattern: '^evt_[0-9a-hjkmnp-tv-z]{26}$' })
const Outcome = Type.Union([Type.Literal('done'), Type.Literal('refused'), Type.Literal('failed')])

export const AuditEvent = Type.Object(
  {
    id: EventId,
    at: When,
    action: Type.String(),
    outcome: Outcome,
    actor: Type.Object(
      {
        kind: Type.Union([Type.Literal('person'), Type.Literal('key'), Type.Literal('system')]),
        personId: nullable(Type.String()),
        credentialId: nullable(Type.String()),
      },
      strict,
    ),
    onBehalfOf: nullable(Type.String()),
    record: nullable(Type.Object({ kind: Type.String(), id: Type.String() }, strict)),
    detail: nullable(
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])),
    ),
    ip: nullable(Type.String()),
    userAgent: nullable(Type.String()),
    requestId: nullable(Type.String()),
    position: nullable(Type.Integer({ minimum: 0 })),
  },
  { ...strict, $id: 'AuditEvent' },
)
export const AuditList = Type.Object(
  { items: Type.Array(AuditEvent), next: nullable(Type.String()) },
  { ...strict, $id: 'AuditList' },
)
export const AuditQuery = Type.Object(
  {
    cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
    action: Type.Optional(
      Type.String({ pattern: '^[a-z][a-zA-Z.-]{0,99}$', description: 'The action, or what it begins with.' }),
    ),
    actor: Type.Optional(Type.String({ pattern: '^per_[0-9a-hjkmnp-tv-z]{26}$' })),
    record: Type.Optional(Type.String({ pattern: '^[a-z]{3,4}_[0-9a-hjkmnp-tv-z]{26}$' })),
    outcome: Type.Optional(Outcome),
    from: Type.Optional(When),
    to: Type.Optional(When),
  },
  strict,
)
export type AuditQuery = Type.Static<typeof AuditQuery>
export const AuditPath = Type.Object({ id: EventId }, strict)

export const AuditProof = Type.Object(
  {
    event: Type.String({ description: 'The exact text of the leaf.' }),
    leafHash: Hex32,
    position: Type.Integer({ minimum: 0 }),
    size: Type.Integer({ minimum: 1 }),
    root: Hex32,
    hashes: Type.Array(Hex32),
    checkpoint: Type.String({ description: 'C2SP signed note.' }),
    key: Type.String({ description: 'vkey of the log.' }),
  },
  { ...strict, $id: 'AuditProof' },
)
export const AuditCheckpoint = Type.Object(
  { checkpoint: Type.String(), key: Type.String(), size: Type.Integer({ minimum: 0 }), root: Hex32 },
  { ...strict, $id: 'AuditCheckpoint' },
)
export const ConsistencyQuery = Type.Object(
  { from: Type.Integer({ minimum: 0 }), to: Type.Integer({ minimum: 0 }) },
  strict,
)
export const Consistency = Type.Object(
  { from: Type.Integer(), to: Type.Integer(), hashes: Type.Array(Hex32) },
  { ...strict, $id: 'Consistency' },
)

const ExportId = Type.String({ pattern: '^exp_[0-9a-hjkmnp-tv-z]{26}$' })
export const NewExport = Type.Object({ kind: Type.Literal('audit') }, strict)
export const Export = Type.Object(
  {
    id: ExportId,
    kind: Type.Literal('audit'),
    state: Type.Union([Type.Literal('waiting'), Type.Literal('ready'), Type.Literal('failed')]),
    activityId: Type.String(),
    size: nullable(Type.Integer({ minimum: 0 })),
    createdAt: When,
  },
  { ...strict, $id: 'Export' },
)
export const ExportPath = Type.Object({ id: ExportId }, strict)
/** Newline-delimited JSON; streamed, so it is described and not serialised. */
export const ExportContent = Type.String({ contentMediaType: 'application/x-ndjson' })
