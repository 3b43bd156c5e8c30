// The socket between the cell process and a worker: newline-delimited JSON, one message a line, at most 64 KiB.
// The worker says what it can do; the cell gives it jobs; every job gets exactly one end. Ids only, never content.
import Type from 'typebox'

const strict = { additionalProperties: false } as const
const Uuid = Type.String({ pattern: '^[0-9a-f-]{36}$' })
const JobId = Type.String({ maxLength: 64 })

/** First message of a worker: how many jobs at once, and which tasks it knows. */
export const Ready = Type.Object(
  {
    type: Type.Literal('ready'),
    worker: Uuid,
    capacity: Type.Integer({ minimum: 1, maximum: 64 }),
    tasks: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 1000 }),
  },
  strict,
)
/** Sent every 5 s and with any other news; 20 s without a message and the cell takes the worker for dead. */
export const Heartbeat = Type.Object({ type: Type.Literal('heartbeat') }, strict)
export const Progress = Type.Object(
  {
    type: Type.Literal('progress'),
    job: JobId,
    done: Type.Integer({ minimum: 0 }),
    total: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
  },
  strict,
)
export const Done = Type.Object({ type: Type.Literal('done'), job: JobId }, strict)
/** `code` is a code of the error table; the job is tried again only when `isRetryable`. */
export const Failed = Type.Object(
  {
    type: Type.Literal('failed'),
    job: JobId,
    code: Type.String({ maxLength: 64, pattern: '^[a-z_]+$' }),
    isRetryable: Type.Boolean(),
  },
  strict,
)
export const Cancelled = Type.Object({ type: Type.Literal('cancelled'), job: JobId }, strict)
/** The worker stops before it could finish: nothing counts against the job, another worker takes it at once. */
export const GivenBack = Type.Object({ type: Type.Literal('givenBack'), job: JobId }, strict)
/** The worker stops: it ends or gives back what it has and wants nothing more. */
export const Leaving = Type.Object({ type: Type.Literal('leaving') }, strict)

const Counts = Type.Record(Type.String({ maxLength: 40 }), Type.Integer({ minimum: 0 }))
/** What a probe found: counts and names of structure, never content. */
export const Found = Type.Object(
  {
    type: Type.Literal('found'),
    probe: Uuid,
    outcome: Type.Enum(['pass', 'fail', 'absent', 'unknown']),
    looked: Counts,
    faults: Type.Array(Type.String({ maxLength: 300 }), { maxItems: 21 }),
  },
  strict,
)

/** The container that was to be removed is not there any more. */
export const Removed = Type.Object({ type: Type.Literal('removed'), removal: Uuid }, strict)

export const FromWorker = Type.Union([
  Found,
  Removed,
  Ready,
  Heartbeat,
  Progress,
  Done,
  Failed,
  Cancelled,
  GivenBack,
  Leaving,
])
export type FromWorker = Type.Static<typeof FromWorker>

/** Work for the worker. `deaths` is how many workers died with it during this attempt. */
export const JobOrder = Type.Object(
  {
    type: Type.Literal('job'),
    job: JobId,
    region: Type.String({ maxLength: 32 }),
    tenant: Type.String({ pattern: '^[a-z2-7]{13}$' }),
    task: Type.String({ maxLength: 64 }),
    record: Uuid,
    activity: Type.Union([Uuid, Type.Null()]),
    by: Type.Union([Uuid, Type.Null()]),
    attempt: Type.Integer({ minimum: 1 }),
    isLastAttempt: Type.Boolean(),
    /** `run` it; or `abandon` it: it killed its workers, so only say in Activity that it failed. */
    order: Type.Union([Type.Literal('run'), Type.Literal('abandon')]),
  },
  strict,
)
export type JobOrder = Type.Static<typeof JobOrder>
export const CancelOrder = Type.Object({ type: Type.Literal('cancel'), job: JobId }, strict)
/** A look at the running system with the worker's rights; answered by exactly one `found`. */
export const ProbeOrder = Type.Object(
  {
    type: Type.Literal('probe'),
    probe: Uuid,
    region: Type.String({ maxLength: 32 }),
    evidence: Type.String({ pattern: '^[a-z-]{3,40}$' }),
  },
  strict,
)

/** Removes the container of a tenant that has ended; answered by `removed`, or not at all. */
export const RemovalOrder = Type.Object(
  {
    type: Type.Literal('remove'),
    removal: Uuid,
    region: Type.String({ maxLength: 32 }),
    tenant: Type.String({ pattern: '^[a-z2-7]{13}$' }),
  },
  strict,
)

export const ToWorker = Type.Union([JobOrder, CancelOrder, ProbeOrder, RemovalOrder])
export type ToWorker = Type.Static<typeof ToWorker>
