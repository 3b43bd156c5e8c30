// The key of one document or person, with every version of it that still opens something.
// Must stay true: what is sealed names the version it was sealed under, or opens by trying them; only `current` seals.
import type { KeyObject } from 'node:crypto'
import { SealBroken } from './seal-broken.ts'
import { type VersionedKey, versionInUse } from './version-in-use.ts'

export interface SubjectKey {
  /** Newest last. */
  readonly versions: readonly VersionedKey[]
  /** The version that seals. */
  readonly current: VersionedKey
}

/** What a subject's versions are at an instant (milliseconds since 1970). There must be one. */
export function subjectKey(versions: readonly VersionedKey[], now: number): SubjectKey {
  return { versions, current: versionInUse(versions, now) }
}

/** The key of a version. Throws SealBroken when there is none. */
export function keyOfVersion({ versions }: SubjectKey, version: number): KeyObject {
  const found = versions.find((key) => key.version === version)
  if (!found) throw new SealBroken(`There is no key of version ${version}.`)
  return found.key
}
