// The keeper's few bytes: the keys of every region, sealed under the root key, in at least two folders.
// Must stay true: what was acknowledged is in every replica; the newest valid one counts; a broken set is never replaced by a new one.
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { replaceDurably } from '#core/durable-file.ts'
import { KeeperFault } from '#core/keys/keeper-fault.ts'
import {
  STATE_FILE as FILE,
  openSealedState,
  type StoredState as State,
  type StoredKey,
  sealState,
  stateKey,
} from '#core/keys/sealed-state.ts'
import {
  type HeldPurpose,
  heldPurposes,
  type RegionPurpose,
  regionPurposes,
} from '#protocol/keeper/keeper.schema.ts'

const purposes = ['epoch', ...regionPurposes, ...heldPurposes] as const

/** What a region has a key for; `epoch` wraps tenants' epochs and is the one that gets forgotten. */
export type StatePurpose = 'epoch' | RegionPurpose | HeldPurpose
export interface LiveKey {
  version: number
  key: KeyObject
}

export interface KeeperState {
  /** Grows with every change; a replica with a higher one is newer. */
  readonly sequence: number
  readonly replicas: number
  /** Folders whose replica was missing, damaged or old at start. */
  readonly mended: string[]
  regionNames(): string[]
  /** Newest last; empty when there is no such region. */
  versions(region: string, purpose: StatePurpose): LiveKey[]
  /** Adds a region with fresh keys, unless it is there. */
  addRegion(region: string): void
  /** Adds a version and returns its number. */
  addVersion(region: string, purpose: StatePurpose): number
  /** Destroys the epochs of a region below a number, in every replica, and returns theirs. */
  forgetEpochs(region: string, before: number): number[]
}

export interface StatePlace {
  /** At least two, best on different disks. */
  folders: [string, string, ...string[]]
  rootKey: KeyObject
  now(): Date
}

/** Whether any replica is there, valid or not. */
export function hasState(folders: string[]): boolean {
  return folders.some((folder) => existsSync(join(folder, FILE)))
}

/** Reads the newest valid replica and mends the others; makes the first state when there is none. Throws KeeperFault. */
export function openState({ folders, rootKey, now }: StatePlace): KeeperState {
  const sealingKey = stateKey(rootKey)
  for (const folder of folders) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    rmSync(join(folder, `${FILE}.new`), { force: true })
  }
  const found = folders.map((folder) => ({ folder, state: readReplica(join(folder, FILE), sealingKey) }))
  const newest = Math.max(...found.map(({ state }) => (typeof state === 'object' ? state.sequence : 0)))
  const isNewest = (state: (typeof found)[0]['state']) =>
    typeof state === 'object' && state.sequence === newest
  const read = found.find(({ state }) => isNewest(state))?.state
  if (typeof read !== 'object' && found.some(({ state }) => state === 'damaged'))
    throw new KeeperFault(
      `No replica of the keeper's state opens: wrong root key, or damaged (${folders.join(', ')}).`,
    )
  let state: State = typeof read === 'object' ? read : { sequence: 1, regions: {} }
  let live = unpack(state)
  // Never reused, also after a save that failed half-way: two states must not share a number.
  let highest = state.sequence
  const behind = found.filter((replica) => !isNewest(replica.state)).map(({ folder }) => folder)
  write(state, behind)

  function write(next: State, into: string[]): void {
    const sealed = sealState(sealingKey, next)
    for (const folder of into) replaceDurably(join(folder, FILE), sealed)
  }
  function change(edit: (regions: State['regions']) => void): void {
    const next = { sequence: ++highest, regions: structuredClone(state.regions) }
    edit(next.regions)
    write(next, folders)
    state = next
    live = unpack(next)
  }
  function fresh(version: number) {
    return { version, key: randomBytes(32).toString('base64'), madeAt: now().toISOString() }
  }

  return {
    get sequence() {
      return state.sequence
    },
    replicas: folders.length,
    mended: typeof read === 'object' ? behind : [],
    regionNames: () => [...live.keys()],
    versions: (region, purpose) => live.get(region)?.get(purpose) ?? [],
    addRegion(region) {
      if (live.has(region)) return
      change((regions) => {
        regions[region] = Object.fromEntries(purposes.map((purpose) => [purpose, [fresh(1)]]))
      })
    },
    addVersion(region, purpose) {
      const next = (live.get(region)?.get(purpose)?.at(-1)?.version ?? 0) + 1
      change((regions) => {
        regions[region] = {
          ...regions[region],
          [purpose]: [...(regions[region]?.[purpose] ?? []), fresh(next)],
        }
      })
      return next
    },
    forgetEpochs(region, before) {
      const all = state.regions[region]?.epoch ?? []
      const kept = all.filter(({ version }) => version >= before)
      if (kept.length < all.length)
        change((regions) => {
          regions[region] = { ...regions[region], epoch: kept }
        })
      return all.map(({ version }) => version).filter((version) => version < before)
    },
  }
}

function readReplica(file: string, key: KeyObject): State | 'absent' | 'damaged' {
  if (!existsSync(file)) return 'absent'
  return openSealedState(key, readFileSync(file)) ?? 'damaged'
}

function unpack({ regions }: State): Map<string, Map<string, LiveKey[]>> {
  const toKeys = (stored: StoredKey[]) =>
    stored.map(({ version, key }) => ({ version, key: createSecretKey(Buffer.from(key, 'base64')) }))
  const toPurposes = (entry: State['regions'][string]) =>
    new Map(Object.entries(entry).map(([purpose, stored]) => [purpose, toKeys(stored)]))
  return new Map(Object.entries(regions).map(([name, entry]) => [name, toPurposes(entry)]))
}
