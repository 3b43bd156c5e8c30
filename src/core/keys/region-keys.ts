// Keys of a region that belong to no tenant: directory look-ups, the refusal log, pending sign-ups, mail in the outbox.
// Must stay true: what is sealed is bound to region, purpose, place and column; keys expire like a tenant's.
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import type { RegionPurpose } from '#protocol/keeper/keeper.schema.ts'
import { openBytes, sealBytes, sealedVersion } from './aead.ts'
import { type KeeperClient, KeeperRefusal } from './keeper-client.ts'
import { type KeyClock, machineClock } from './key-clock.ts'
import { type Lent, lend } from './lent.ts'
import { SealBroken } from './seal-broken.ts'
import { subkey } from './subkey.ts'

/** One purpose of one region. */
export interface RegionKeys {
  /** Seals a JSON value for one place. */
  seal(table: string, row: string, column: string, value: unknown): Promise<Buffer>
  /** Throws SealBroken when it was not sealed for exactly this place. */
  open<T>(table: string, row: string, column: string, sealed: Uint8Array): Promise<T>
  /** HMAC-SHA256 (32 bytes) of a value, separate per column; e.g. a mail domain in the directory. Version 1 unless said. */
  blind(column: string, value: string, version?: number): Promise<Buffer>
}

export interface RegionKeysOptions {
  keeper: KeeperClient
  region: string
  purpose: RegionPurpose
  clock?: KeyClock
}

interface Version {
  version: number
  sealing: KeyObject
  blinding: KeyObject
}

/** Lends on first use and again after the end of each loan. */
export function openRegionKeys({
  keeper,
  region,
  purpose,
  clock = machineClock,
}: RegionKeysOptions): RegionKeys {
  const held = new Map<number | 'newest', Lent<Version>>()

  async function keyOf(version: number | 'newest'): Promise<Version> {
    const known = held.get(version)?.value()
    if (known) return known
    const asked = version === 'newest' ? { region, purpose } : { region, purpose, version }
    const answer = await keeper.ask('regionKey', asked)
    const key = createSecretKey(Buffer.from(answer.key, 'base64'))
    const lent = { version: answer.version, sealing: subkey(key, 'seal'), blinding: subkey(key, 'blind') }
    held.set(version, lend(lent, Date.parse(answer.until), clock))
    return lent
  }
  function place(table: string, row: string, column: string): string {
    return [region, purpose, table, row, column].join('\0')
  }

  return {
    async seal(table, row, column, value) {
      const text = JSON.stringify(value)
      if (text === undefined) throw new TypeError(`Nothing to seal for ${table}.${column}.`)
      const { version, sealing } = await keyOf('newest')
      return sealBytes(sealing, version, place(table, row, column), text)
    },
    async open(table, row, column, sealed) {
      const { sealing } = await keyOf(sealedVersion(sealed)).catch((cause: unknown) => {
        // The version stands in bytes that anybody may have written.
        if (cause instanceof KeeperRefusal && /^(unknown|invalid)$/.test(cause.code))
          throw new SealBroken('There is no key of that version.', { cause })
        throw cause
      })
      return JSON.parse(openBytes(sealing, place(table, row, column), sealed).toString())
    },
    async blind(column, value, version = 1) {
      const { blinding } = await keyOf(version)
      return createHmac('sha256', blinding).update(`${column}\0${value}`).digest()
    },
  }
}
