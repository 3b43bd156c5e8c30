// What the keeper does, and for whom. The table of rights stands here and nowhere else.
// Must stay true: web and worker get only lent keys and tenant logins; cell never a tenant's key in clear; backup and up no key at all.
import { randomBytes } from 'node:crypto'
import { newId } from '#core/ids.ts'
import type { ChainedLog } from '#core/keys/chained-log.ts'
import type { RootKey } from '#core/keys/root-key.ts'
import {
  type EpochOnWire,
  heldPurposes,
  type KeeperAnswer,
  type KeeperCaller,
  type KeeperErrorCode,
  type KeeperOp,
  type KeeperQuestion,
  type KeyOnWire,
  type RegionPurpose,
  regionPurposes,
  tenantPurposes,
} from '#protocol/keeper/keeper.schema.ts'
import { logOrigin } from '#protocol/keeper/log-origin.ts'
import { loginPassword, loginVerifier, mayCreateLogin, mayLogIn } from './database-login.ts'
import { isCheckpointOf, publicLogKey, signNote } from './log-signer.ts'
import type { KeeperState, LiveKey, StatePurpose } from './state.ts'
import { newEpochKey, type TenantPlace, unwrapEpoch, unwrapKey, wrapEpoch, wrapKey } from './wrap.ts'

/** How long a key is lent. */
export const LENT_FOR = 10 * 60 * 1000

const everyone: KeeperCaller[] = ['web', 'worker', 'cell', 'backup', 'up']
const rights: Record<KeeperOp, KeeperCaller[]> = {
  login: ['web', 'worker', 'cell', 'backup'],
  verifier: ['cell', 'up'],
  newTenant: ['cell'],
  newKey: ['web', 'worker'],
  lend: ['web', 'worker'],
  sign: ['cell'],
  logKey: ['web', 'worker', 'cell'],
  regionKey: ['web', 'worker', 'cell'],
  newEpoch: ['cell'],
  rewrap: ['cell'],
  rewrapEpochs: ['cell'],
  rollRegion: ['cell'],
  forgetEpochs: ['cell'],
  rotate: ['cell'],
  status: everyone,
}
const regionPurposesOf: Partial<Record<KeeperCaller, RegionPurpose[]>> = {
  web: ['directory', 'refusal', 'signup', 'mail'],
  worker: ['mail'],
  cell: ['directory', 'refusal', 'signup'],
}

/** The keeper's answer is no; the message goes to the caller and holds no secret. */
export class OpError extends Error {
  override name = 'OpError'
  readonly code: KeeperErrorCode
  constructor(code: KeeperErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

export interface KeeperParts {
  state: KeeperState
  log: ChainedLog
  rootKey: RootKey
  now(): Date
}

export type KeeperOps = {
  [O in KeeperOp]: (question: KeeperQuestion<O>, caller: KeeperCaller) => KeeperAnswer<O>
}

/** Throws OpError `refused` unless the op is for this caller at all. */
export function requireRight(op: KeeperOp, caller: KeeperCaller): void {
  if (!rights[op].includes(caller)) throw new OpError('refused', `${op} is not for ${caller}.`)
}

/** Every op. Each throws OpError or SealBroken, or answers in full. */
export function keeperOps({ state, log, rootKey, now }: KeeperParts): KeeperOps {
  const startedAt = now().toISOString()
  const until = (): string => new Date(now().getTime() + LENT_FOR).toISOString()

  function versionsOf(region: string, purpose: StatePurpose): [LiveKey, ...LiveKey[]] {
    const [first, ...more] = state.versions(region, purpose)
    if (!first) throw new OpError('unknown', `There is no region ${region} with a ${purpose} key.`)
    return [first, ...more]
  }
  function newest(region: string, purpose: StatePurpose): LiveKey {
    const versions = versionsOf(region, purpose)
    return versions.at(-1) ?? versions[0]
  }
  function pick(region: string, purpose: StatePurpose, version?: number): LiveKey {
    if (version === undefined) return newest(region, purpose)
    const found = versionsOf(region, purpose).find((live) => live.version === version)
    if (!found) throw new OpError('unknown', `There is no version ${version} of ${purpose} in ${region}.`)
    return found
  }
  function openEpochs(place: TenantPlace, epochs: EpochOnWire[]) {
    return epochs.map((epoch) => unwrapEpoch(versionsOf(place.region, 'epoch'), place, epoch))
  }
  function makeKey(
    place: TenantPlace,
    epoch: ReturnType<typeof newEpochKey>,
    row: Pick<KeyOnWire, 'purpose' | 'subject' | 'version'>,
    again = { id: newId(now().getTime()), key: randomBytes(32).toString('base64') },
  ) {
    const key = Buffer.from(again.key, 'base64')
    if (key.length !== 32) throw new OpError('invalid', 'A key has 32 bytes.')
    return {
      row: wrapKey(epoch, place, { ...row, id: again.id }, key),
      key: base64AndWipe(key),
    }
  }

  return {
    login({ region, role, version }, caller) {
      if (!mayLogIn(caller, role)) throw new OpError('refused', `Login ${role} is not for ${caller}.`)
      const live = pick(region, 'login', version)
      return { password: loginPassword(live, region, role), version: live.version }
    },
    verifier({ region, role, version }, caller) {
      if (!mayCreateLogin(caller, role))
        throw new OpError('refused', `Verifier of ${role} is not for ${caller}.`)
      const live = pick(region, 'login', version)
      return { verifier: loginVerifier(live, region, role), version: live.version }
    },
    newTenant(place) {
      const epoch = newEpochKey(1)
      const keys = tenantPurposes.map(
        (purpose) => makeKey(place, epoch, { purpose, subject: null, version: 1 }).row,
      )
      return { epoch: wrapEpoch(newest(place.region, 'epoch'), place, epoch), keys }
    },
    newKey({ region, tenant, epoch, purpose, subject, version, again }) {
      const needsSubject = purpose === 'document' || purpose === 'person'
      if (needsSubject !== (subject !== null))
        throw new OpError('invalid', `A ${purpose} key ${needsSubject ? 'needs' : 'has no'} subject.`)
      const place = { region, tenant }
      const under = unwrapEpoch(versionsOf(region, 'epoch'), place, epoch)
      const made = makeKey(place, under, { purpose, subject, version }, again)
      return { ...made, until: until() }
    },
    lend({ region, tenant, epochs, keys }) {
      const place = { region, tenant }
      const opened = openEpochs(place, epochs)
      return {
        keys: keys.map((row) => ({ id: row.id, key: base64AndWipe(unwrapKey(opened, place, row)) })),
        until: until(),
      }
    },
    sign({ region, tenant, note }) {
      const place = { region, tenant }
      if (!isCheckpointOf(place, note)) throw new OpError('refused', 'Not a checkpoint of this log.')
      const live = pick(region, 'log')
      return {
        signature: signNote(live, place, note),
        publicKey: publicLogKey(live, place),
        version: live.version,
      }
    },
    logKey({ region, tenant }) {
      const keys = versionsOf(region, 'log').map((live) => ({
        version: live.version,
        publicKey: publicLogKey(live, { region, tenant }),
      }))
      return { origin: logOrigin(region, tenant), keys }
    },
    regionKey({ region, purpose, version }, caller) {
      if (!regionPurposesOf[caller]?.includes(purpose))
        throw new OpError('refused', `The ${purpose} key is not for ${caller}.`)
      const live = pick(region, purpose, version)
      return {
        key: base64AndWipe(live.key.export()),
        version: live.version,
        newest: newest(region, purpose).version,
        until: until(),
      }
    },
    newEpoch({ region, tenant, after }) {
      const under = newest(region, 'epoch')
      const epoch = wrapEpoch(under, { region, tenant }, newEpochKey(after + 1))
      return { epoch, sealedUntil: under.version }
    },
    rewrap({ region, tenant, epochs, to, keys }) {
      const place = { region, tenant }
      const opened = openEpochs(place, epochs)
      const target = opened.find((epoch) => epoch.epoch === to)
      if (!target) throw new OpError('invalid', `Epoch ${to} was not given.`)
      const moved = keys.map((row) => {
        const key = unwrapKey(opened, place, row)
        const wrapped = wrapKey(target, place, row, key)
        key.fill(0)
        return wrapped
      })
      return { keys: moved }
    },
    rewrapEpochs({ region, tenant, epochs }) {
      const under = newest(region, 'epoch')
      const place = { region, tenant }
      return { epochs: openEpochs(place, epochs).map((epoch) => wrapEpoch(under, place, epoch)) }
    },
    rollRegion({ region }) {
      versionsOf(region, 'epoch')
      return { epoch: state.addVersion(region, 'epoch') }
    },
    forgetEpochs({ region, before }) {
      if (before > newest(region, 'epoch').version)
        throw new OpError('invalid', 'The newest epoch of a region stays: roll the region first.')
      const forgotten = state.forgetEpochs(region, before)
      return { forgotten, live: versionsOf(region, 'epoch').map((epoch) => epoch.version) }
    },
    rotate({ region, purpose }) {
      versionsOf(region, purpose)
      return { version: state.addVersion(region, purpose) }
    },
    status() {
      const purposes = [...regionPurposes, ...heldPurposes]
      const regions = state.regionNames().map((name) => ({
        name,
        epochs: versionsOf(name, 'epoch').map((epoch) => epoch.version),
        versions: Object.fromEntries(purposes.map((purpose) => [purpose, newest(name, purpose).version])),
      }))
      const { sequence, replicas } = state
      return { startedAt, sequence, replicas, rootKey: rootKey.kind, logHead: log.head, regions }
    },
  }
}

function base64AndWipe(bytes: Buffer): string {
  const text = bytes.toString('base64')
  bytes.fill(0)
  return text
}
