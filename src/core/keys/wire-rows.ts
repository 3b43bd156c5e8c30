// Rows of `key_epoch` and `key` as they cross the keeper's socket.
import type { EpochOnWire, KeyOnWire } from '#protocol/keeper/keeper.schema.ts'
import type { EpochRow, KeyRow } from './tenant-keys.ts'

export function epochToWire({ epoch, wrapped }: EpochRow): EpochOnWire {
  return { epoch, wrapped: wrapped.toString('base64') }
}

export function epochFromWire({ epoch, wrapped }: EpochOnWire): EpochRow {
  return { epoch, wrapped: Buffer.from(wrapped, 'base64') }
}

/** Null for a key that was destroyed: there is nothing to send. */
export function keyToWire(row: KeyRow): KeyOnWire | null {
  const { id, purpose, version, subject, epoch, wrapped } = row
  if (wrapped === null || row.state === 'destroyed') return null
  return { id, purpose, version, subject, epoch, wrapped: wrapped.toString('base64') }
}

export function keyFromWire({ wrapped, ...row }: KeyOnWire): KeyRow {
  return { ...row, wrapped: Buffer.from(wrapped, 'base64'), state: 'live' }
}
