// Wrapping: a working key opens only under its tenant's epoch key, and that only under an epoch key of the region.
// Must stay true: every wrapped key is bound to tenant, id, purpose, subject and version, so none can stand in for another.
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { openBytes, sealBytes, sealedVersion } from '#core/keys/aead.ts'
import { SealBroken } from '#core/keys/seal-broken.ts'
import { subkey } from '#core/keys/subkey.ts'
import type { EpochOnWire, KeyOnWire } from '#protocol/keeper/keeper.schema.ts'
import type { LiveKey } from './state.ts'

/** A tenant within its region. */
export interface TenantPlace {
  region: string
  tenant: string
}

/** A tenant's epoch key in clear; stays in the keeper. */
export interface OpenEpoch {
  epoch: number
  key: KeyObject
}

export function newEpochKey(epoch: number): OpenEpoch {
  return { epoch, key: createSecretKey(randomBytes(32)) }
}

export function wrapEpoch(under: LiveKey, place: TenantPlace, { epoch, key }: OpenEpoch): EpochOnWire {
  const wrapped = sealBytes(under.key, under.version, epochPlace(place, epoch), key.export())
  return { epoch, wrapped: wrapped.toString('base64') }
}

/** Throws SealBroken, also when its region epoch was forgotten. */
export function unwrapEpoch(regionEpochs: LiveKey[], place: TenantPlace, row: EpochOnWire): OpenEpoch {
  const wrapped = Buffer.from(row.wrapped, 'base64')
  const version = sealedVersion(wrapped)
  const under = regionEpochs.find((epoch) => epoch.version === version)
  if (!under) throw new SealBroken(`Region epoch ${version} is not there any more.`)
  return { epoch: row.epoch, key: take(openBytes(under.key, epochPlace(place, row.epoch), wrapped)) }
}

export function wrapKey(
  under: OpenEpoch,
  place: TenantPlace,
  row: Omit<KeyOnWire, 'wrapped' | 'epoch'>,
  key: Uint8Array,
): KeyOnWire {
  const { id, purpose, subject, version } = row
  const wrapped = sealBytes(wrappingKey(under, purpose), version, keyPlace(place, row), key)
  return { id, purpose, version, subject, epoch: under.epoch, wrapped: wrapped.toString('base64') }
}

/** The key bytes; the caller wipes them. Throws SealBroken. */
export function unwrapKey(epochs: OpenEpoch[], place: TenantPlace, row: KeyOnWire): Buffer {
  const under = epochs.find((epoch) => epoch.epoch === row.epoch)
  if (!under) throw new SealBroken(`Epoch ${row.epoch} of key ${row.id} was not given.`)
  const wrapped = Buffer.from(row.wrapped, 'base64')
  if (sealedVersion(wrapped) !== row.version) throw new SealBroken(`Key ${row.id} is of another version.`)
  return openBytes(wrappingKey(under, row.purpose), keyPlace(place, row), wrapped)
}

function wrappingKey(epoch: OpenEpoch, purpose: string): KeyObject {
  return subkey(epoch.key, `purpose:${purpose}`)
}

function epochPlace({ region, tenant }: TenantPlace, epoch: number): string {
  return ['epoch', region, tenant, epoch].join('\0')
}

function keyPlace({ tenant }: TenantPlace, row: Omit<KeyOnWire, 'wrapped' | 'epoch'>): string {
  return ['key', tenant, row.id, row.purpose, row.subject ?? ''].join('\0')
}

function take(bytes: Buffer): KeyObject {
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return key
}
