/**
 * What is said on a keeper socket: one JSON object a line, `{id, op, ...}` answered by `{id, answer}` or `{id, error}`.
 * Every op has one schema for the question and one for the answer. Bytes travel as base64, instants as ISO 8601.
 * No personal or customer data ever crosses this border: only ids, versions and key bytes.
 */
import Type from 'typebox'

const strict = { additionalProperties: false } as const

export const RegionName = Type.String({ pattern: '^[a-z][a-z0-9-]{0,30}$' })
export const TenantId = Type.String({ pattern: '^[a-z2-7]{13}$' })
export const LoginName = Type.String({ pattern: '^[a-z_][a-z0-9_]{0,62}$' })
export const Bytes = Type.String({ pattern: '^[A-Za-z0-9+/]*={0,2}$', maxLength: 1024 })
export const Version = Type.Integer({ minimum: 1, maximum: 0xffff_ffff })
export const Instant = Type.String({ maxLength: 30 })

/** Who asks: each has a socket of its own. */
export const keeperCallers = ['web', 'worker', 'cell', 'backup', 'up'] as const
/** Keys every tenant is born with. */
export const tenantPurposes = ['field', 'people', 'blind', 'search'] as const
/** Keys made one by one for a document or a person. */
export const subjectPurposes = ['document', 'person'] as const
/** Keys of a region that are lent as they are. */
export const regionPurposes = ['directory', 'refusal', 'signup', 'mail'] as const
/** Keys of a region of which only what they derive or sign leaves the keeper. */
export const heldPurposes = ['login', 'log', 'task'] as const

export const KeyPurpose = Type.Enum([...tenantPurposes, ...subjectPurposes])
export const RegionPurpose = Type.Enum([...regionPurposes])
export const RotatedPurpose = Type.Enum([...regionPurposes, ...heldPurposes])

/** A tenant's epoch key, wrapped under an epoch key of its region. */
export const EpochOnWire = Type.Object({ epoch: Version, wrapped: Bytes }, strict)

const keyShape = {
  id: Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }),
  purpose: KeyPurpose,
  version: Version,
  subject: Type.Union([Type.String({ minLength: 1, maxLength: 64 }), Type.Null()]),
  epoch: Version,
}
/** A working key of a tenant, wrapped under the tenant's epoch key. */
export const KeyOnWire = Type.Object({ ...keyShape, wrapped: Bytes }, strict)

const place = { region: RegionName }
const tenantPlace = { region: RegionName, tenant: TenantId }
const Epochs = Type.Array(EpochOnWire, { minItems: 1, maxItems: 1000 })
const Keys = Type.Array(KeyOnWire, { maxItems: 10_000 })

/** Question and answer of every op. */
export const keeperOps = {
  /** The password of a database login; `version` defaults to the newest. */
  login: {
    question: Type.Object({ ...place, role: LoginName, version: Type.Optional(Version) }, strict),
    answer: Type.Object({ password: Type.String(), version: Version }, strict),
  },
  /** What PostgreSQL stores in place of that password. */
  verifier: {
    question: Type.Object({ ...place, role: LoginName, version: Type.Optional(Version) }, strict),
    answer: Type.Object({ verifier: Type.String(), version: Version }, strict),
  },
  /** A first epoch and the keys every tenant is born with; nothing in clear. */
  newTenant: {
    question: Type.Object(tenantPlace, strict),
    answer: Type.Object({ epoch: EpochOnWire, keys: Keys }, strict),
  },
  /**
   * One more key under the given epoch, wrapped to be stored and lent to be used. `again` wraps a key that its holder could not store
   * before its epoch ended.
   */
  newKey: {
    question: Type.Object(
      {
        ...tenantPlace,
        epoch: EpochOnWire,
        purpose: KeyPurpose,
        subject: Type.Union([Type.String({ minLength: 1, maxLength: 64 }), Type.Null()]),
        version: Version,
        again: Type.Optional(Type.Object({ id: keyShape.id, key: Bytes }, strict)),
      },
      strict,
    ),
    answer: Type.Object({ row: KeyOnWire, key: Bytes, until: Instant }, strict),
  },
  /** Opens wrapped keys for at most ten minutes. */
  lend: {
    question: Type.Object({ ...tenantPlace, epochs: Epochs, keys: Keys }, strict),
    answer: Type.Object(
      { keys: Type.Array(Type.Object({ id: Type.String(), key: Bytes }, strict)), until: Instant },
      strict,
    ),
  },
  /** Signs (Ed25519, raw 64 and 32 bytes) a checkpoint of the tenant's log and nothing else; `note` is the text before the blank line, newline included. */
  sign: {
    question: Type.Object({ ...tenantPlace, note: Type.String({ maxLength: 400 }) }, strict),
    answer: Type.Object({ signature: Bytes, publicKey: Bytes, version: Version }, strict),
  },
  /** Public keys that sign the tenant's log, oldest first. */
  logKey: {
    question: Type.Object(tenantPlace, strict),
    answer: Type.Object(
      {
        origin: Type.String(),
        keys: Type.Array(Type.Object({ version: Version, publicKey: Bytes }, strict)),
      },
      strict,
    ),
  },
  /** A key of the region itself; `version` defaults to the newest. */
  regionKey: {
    question: Type.Object({ ...place, purpose: RegionPurpose, version: Type.Optional(Version) }, strict),
    answer: Type.Object({ key: Bytes, version: Version, newest: Version, until: Instant }, strict),
  },
  /** A further epoch of the tenant. What was wrapped before is beyond recovery once region epoch `sealedUntil` is forgotten. */
  newEpoch: {
    question: Type.Object({ ...tenantPlace, after: Version }, strict),
    answer: Type.Object({ epoch: EpochOnWire, sealedUntil: Version }, strict),
  },
  /** Moves surviving keys to the epoch `to`, which is among `epochs`. */
  rewrap: {
    question: Type.Object({ ...tenantPlace, epochs: Epochs, to: Version, keys: Keys }, strict),
    answer: Type.Object({ keys: Keys }, strict),
  },
  /** Moves epochs of a tenant under the newest epoch of its region. */
  rewrapEpochs: {
    question: Type.Object({ ...tenantPlace, epochs: Epochs }, strict),
    answer: Type.Object({ epochs: Epochs }, strict),
  },
  /** Begins a new epoch of the region; older ones still open. */
  rollRegion: {
    question: Type.Object(place, strict),
    answer: Type.Object({ epoch: Version }, strict),
  },
  /** Destroys every region epoch before `before`, in all replicas. The erasure itself. */
  forgetEpochs: {
    question: Type.Object({ ...place, before: Version }, strict),
    answer: Type.Object({ forgotten: Type.Array(Version), live: Type.Array(Version) }, strict),
  },
  /** A new version of a key of the region; older ones stay. */
  rotate: {
    question: Type.Object({ ...place, purpose: RotatedPurpose }, strict),
    answer: Type.Object({ version: Version }, strict),
  },
  /** How the keeper is: no secrets. */
  status: {
    question: Type.Object({}, strict),
    answer: Type.Object(
      {
        startedAt: Instant,
        sequence: Type.Integer(),
        replicas: Type.Integer(),
        rootKey: Type.Enum(['file', 'passphrase', 'token']),
        logHead: Type.String(),
        regions: Type.Array(
          Type.Object(
            {
              name: RegionName,
              epochs: Type.Array(Version),
              versions: Type.Record(Type.String(), Version),
            },
            strict,
          ),
        ),
      },
      strict,
    ),
  },
} as const

/** Why the keeper did not do it. `refused`: not for this socket. `broken`: a wrapped key does not open. `full`: its disk has no room. */
export const keeperErrorCodes = ['invalid', 'refused', 'unknown', 'broken', 'full', 'failed'] as const
export const KeeperError = Type.Object(
  { code: Type.Enum([...keeperErrorCodes]), message: Type.String() },
  strict,
)

export type KeeperCaller = (typeof keeperCallers)[number]
export type KeeperOp = keyof typeof keeperOps
export type KeeperQuestion<O extends KeeperOp> = Type.Static<(typeof keeperOps)[O]['question']>
export type KeeperAnswer<O extends KeeperOp> = Type.Static<(typeof keeperOps)[O]['answer']>
export type KeeperErrorCode = (typeof keeperErrorCodes)[number]
export type EpochOnWire = Type.Static<typeof EpochOnWire>
export type KeyOnWire = Type.Static<typeof KeyOnWire>
export type TenantPurpose = (typeof tenantPurposes)[number]
export type SubjectPurpose = (typeof subjectPurposes)[number]
export type KeyPurpose = TenantPurpose | SubjectPurpose
export type RegionPurpose = (typeof regionPurposes)[number]
export type HeldPurpose = (typeof heldPurposes)[number]
