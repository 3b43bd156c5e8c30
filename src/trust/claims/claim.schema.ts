// Shapes of the claims registry at the API.
import Type from 'typebox'

const strict = { additionalProperties: false } as const
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const When = Type.String({ format: 'date-time' })
const ClaimId = Type.String({ pattern: '^(PX|PD|P9)-[0-9]{2}$' })
const EvidenceName = Type.String({ pattern: '^[a-z-]{3,40}$' })
const Position = Type.Integer({ minimum: 0 })

export const ClaimState = Type.Union([
  Type.Literal('PASS'),
  Type.Literal('FAIL'),
  Type.Literal('UNKNOWN'),
  Type.Literal('NOT SET UP HERE'),
])
const Reason = nullable(
  Type.Union([
    Type.Literal('no-evidence'),
    Type.Literal('never-run'),
    Type.Literal('stale'),
    Type.Literal('other-program'),
    Type.Literal('second-site'),
  ]),
)
const Kind = Type.Union([
  Type.Literal('live'),
  Type.Literal('test'),
  Type.Literal('drill'),
  Type.Literal('record'),
])

const Run = Type.Object(
  {
    name: EvidenceName,
    kind: Kind,
    status: ClaimState,
    reason: Reason,
    at: nullable(When),
    milliseconds: nullable(Type.Integer({ minimum: 0 })),
    looked: Type.Record(Type.String(), Type.Integer({ minimum: 0 })),
    faults: Type.Array(Type.String()),
    position: nullable(Position),
    everyMinutes: nullable(Type.Integer({ minimum: 1 })),
    files: Type.Array(Type.String(), { description: 'Test files, for evidence that is tests.' }),
    signedBy: nullable(Type.String()),
  },
  strict,
)
const ClaimEvidence = Type.Object(
  {
    theme: Type.String(),
    kinds: Type.Array(Kind, { description: 'What the claim asks for.' }),
    reason: Reason,
    runs: Type.Array(Run, { description: 'What runs here, with its newest result.' }),
  },
  strict,
)
const ProofPlace = Type.Object(
  { log: Type.String(), position: Position, evidence: EvidenceName, at: When },
  strict,
)

export const Claim = Type.Object(
  {
    id: ClaimId,
    status: ClaimState,
    lastShown: nullable(When),
    evidence: ClaimEvidence,
    proof: nullable(ProofPlace),
  },
  { ...strict, $id: 'Claim' },
)
export const ClaimList = Type.Array(Claim)
export const ClaimPath = Type.Object({ id: ClaimId }, strict)

export const ClaimResult = Type.Object(
  {
    position: Position,
    evidence: EvidenceName,
    status: ClaimState,
    at: When,
    milliseconds: Type.Integer({ minimum: 0 }),
    looked: Type.Record(Type.String(), Type.Integer({ minimum: 0 })),
    faults: Type.Array(Type.String()),
    isThisProgram: Type.Boolean({ description: 'Whether it was shown for the program that runs here now.' }),
  },
  { ...strict, $id: 'ClaimResult' },
)

export const EvidenceProof = Type.Object(
  {
    event: Type.String({ description: 'The exact text of the leaf.' }),
    leafHash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    position: Position,
    size: Type.Integer({ minimum: 1 }),
    root: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    hashes: Type.Array(Type.String({ pattern: '^[0-9a-f]{64}$' })),
    checkpoint: Type.String({ description: 'C2SP signed note.' }),
    key: Type.String({ description: 'vkey of the region’s evidence log.' }),
  },
  { ...strict, $id: 'EvidenceProof' },
)
export const ClaimDetail = Type.Object(
  {
    id: ClaimId,
    status: ClaimState,
    lastShown: nullable(When),
    evidence: ClaimEvidence,
    proof: nullable(EvidenceProof),
    history: Type.Array(ClaimResult, { description: 'Newest first, at most 60 of each evidence.' }),
  },
  { ...strict, $id: 'ClaimDetail' },
)
export const ResultPath = Type.Object({ position: Type.Integer({ minimum: 0, maximum: 1e15 }) }, strict)
export const RunPath = Type.Object({ name: EvidenceName }, strict)
