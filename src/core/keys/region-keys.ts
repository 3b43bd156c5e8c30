// Keys of a region that belong to no tenant: directory look-ups, the refusal log, pending sign-ups, mail in the outbox.
// Must stay true: what is sealed is bound to region, purpose, place and column; keys expire like a tenant's.
import type { RegionPurpose } from '#protocol/keeper/keeper.schema.ts'
import type { KeeperClient } from './keeper-client.ts'
import type { KeyClock } from './tenant-keyring.ts'

/** One purpose of one region. */
export interface RegionKeys {
  /** Seals a JSON value for one place. */
  seal(place: string, row: string, column: string, value: unknown): Promise<Buffer>
  /** Throws SealBroken when it was not sealed for exactly this place. */
  open<T>(place: string, row: string, column: string, sealed: Uint8Array): Promise<T>
  /** HMAC-SHA256 (32 bytes) of a value, separate per column; e.g. a mail domain in the directory. */
  blind(column: string, value: string): Promise<Buffer>
}

export interface RegionKeysOptions {
  keeper: KeeperClient
  region: string
  purpose: RegionPurpose
  clock?: KeyClock
}

export function openRegionKeys(_options: RegionKeysOptions): RegionKeys {
  throw new Error('not written yet')
}
