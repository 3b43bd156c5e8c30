// Which version of a key seals. A new one has to be known to every process before the first of them uses it.
import type { KeyObject } from 'node:crypto'

/** Longest time a process may not know of a new key: what the keeper lends for, and a minute of clock skew. */
export const KNOWN_AFTER = 11 * 60 * 1000

export interface VersionedKey {
  /** UUIDv7; says when the key was made. */
  id: string
  version: number
  key: KeyObject
  /** It seals nothing any more; it may still open what a log keeps as it was. */
  isRetired: boolean
}

/** The newest version that every process must have by now; the oldest when all are too fresh. `versions` has the newest last. */
export function versionInUse(versions: readonly VersionedKey[], now: number): VersionedKey {
  for (let i = versions.length - 1; i > 0; i--) {
    const version = versions[i]
    if (version && madeAt(version.id) + KNOWN_AFTER <= now) return version
  }
  const [oldest] = versions
  if (!oldest) throw new RangeError('There is no version of this key.')
  return oldest
}

/** Milliseconds since 1970 of a UUIDv7. */
export function madeAt(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}
