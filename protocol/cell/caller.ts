// The sockets on which web and up ask the cell process: newline-delimited JSON, one request a line with an id of the
// caller's choice, answered once, in any order. Only what needs the rights of the cell process is here.
import Type from 'typebox'

const strict = { additionalProperties: false } as const
const id = Type.Integer({ minimum: 0 })
const Region = Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' })
const RoutingId = Type.String({ pattern: '^[a-z2-7]{13}$' })

/** Takes a spare tenant of the region for a mail domain (its HMAC, hex) and writes the directory. */
export const ClaimTenant = Type.Object(
  {
    id,
    op: Type.Literal('claimTenant'),
    region: Region,
    domainHmac: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  },
  strict,
)
/** Answered when no job (of the tenant, when named) is waiting or running. */
export const DrainJobs = Type.Object(
  { id, op: Type.Literal('drainJobs'), region: Region, tenant: Type.Optional(RoutingId) },
  strict,
)
/** Counts of jobs, workers and spare tenants, and how far migrations are. */
export const CellStatus = Type.Object({ id, op: Type.Literal('status') }, strict)
/** How the databases, their migrations, queues and logs are; for `panoply admin doctor`. */
export const CellHealth = Type.Object({ id, op: Type.Literal('health') }, strict)
/** Runs one evidence of the region now; answered when its result is in the log. */
export const RunEvidence = Type.Object(
  {
    id,
    op: Type.Literal('runEvidence'),
    region: Region,
    evidence: Type.String({ pattern: '^[a-z-]{3,40}$' }),
  },
  strict,
)

export const CellRequest = Type.Union([ClaimTenant, DrainJobs, CellStatus, CellHealth, RunEvidence])
export type CellRequest = Type.Static<typeof CellRequest>

export const Claimed = Type.Object({ id, ok: Type.Literal('claimTenant'), tenant: RoutingId }, strict)
export const EvidenceRan = Type.Object(
  { id, ok: Type.Literal('runEvidence'), position: Type.Integer({ minimum: 0 }) },
  strict,
)
export const Drained = Type.Object({ id, ok: Type.Literal('drainJobs') }, strict)
export const RegionStatus = Type.Object(
  {
    region: Region,
    waiting: Type.Integer({ minimum: 0 }),
    running: Type.Integer({ minimum: 0 }),
    spares: Type.Integer({ minimum: 0 }),
    tenantsBehind: Type.Integer({ minimum: 0, description: 'Tenants whose migrations are not all applied.' }),
  },
  strict,
)
export const StatusAnswer = Type.Object(
  {
    id,
    ok: Type.Literal('status'),
    workers: Type.Integer({ minimum: 0 }),
    capacity: Type.Integer({ minimum: 0 }),
    regions: Type.Array(RegionStatus),
  },
  strict,
)
const Count = Type.Integer({ minimum: 0 })
/** Counts and settings alone; names no tenant. */
export const RegionHealth = Type.Object(
  {
    region: Region,
    settings: Type.Record(Type.String(), Type.String()),
    tenants: Count,
    connections: Count,
    megabytes: Count,
    migrations: Type.Object({ cell: Count, cellKnown: Count, tenantsBehind: Count }, strict),
    jobs: Type.Object(
      { waiting: Count, stuck: Count, givenUp: Count, oldestSeconds: Count },
      {
        ...strict,
        description:
          '`stuck` are held by nobody who lives, or for hours; `oldestSeconds` is how long the first is overdue.',
      },
    ),
    unsealed: Type.Object({ tenants: Count, oldestSeconds: Count }, strict),
  },
  strict,
)
export type RegionHealth = Type.Static<typeof RegionHealth>
export const HealthAnswer = Type.Object(
  { id, ok: Type.Literal('health'), regions: Type.Array(RegionHealth) },
  strict,
)
/** `code` is a code of the error table. */
export const CellRefusal = Type.Object(
  { id, error: Type.String({ pattern: '^[a-z_]+$', maxLength: 64 }) },
  strict,
)

export const CellAnswer = Type.Union([Claimed, Drained, StatusAnswer, HealthAnswer, EvidenceRan, CellRefusal])
export type CellAnswer = Type.Static<typeof CellAnswer>
