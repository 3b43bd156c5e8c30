// Sealing under the key of one document or person, for what must be gone when that key is destroyed (the text of a page).
// Must stay true: the key that seals is derived, never the one that wraps the document's blobs; the place is bound in.
import type { KeyObject } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { openBytes, sealBytes, sealedVersion } from './aead.ts'
import { keyOfVersion, type SubjectKey } from './subject-key.ts'
import { subkey } from './subkey.ts'
import type { Store } from './tenant-keys.ts'

/** Where a sealed value stands. */
export interface SealPlace {
  readonly tenant: string
  readonly store: Store
  readonly table: string
  readonly row: string
  readonly column: string
}

/** Plaintext of a value, at most: a page of a million characters and where each stands. */
const LONGEST = 256 * 2 ** 20

/** Seals and opens values under one subject's key. */
export interface SubjectSeal {
  /** Seals a JSON value for one place, deflated first. */
  seal(place: SealPlace, value: unknown): Buffer
  /** The same value sealed under the version that seals; null when it is already. Throws SealBroken. */
  reseal(place: SealPlace, sealed: Uint8Array): Buffer | null
  /** The value sealed for exactly this place. Throws SealBroken otherwise. */
  open<T>(place: SealPlace, sealed: Uint8Array): T
}

/** @param key what TenantKeys.subject() gave */
export function subjectSeal(key: SubjectKey): SubjectSeal {
  const derived = new Map<number, KeyObject>()
  function ofVersion(version: number): KeyObject {
    const known = derived.get(version)
    if (known) return known
    const made = subkey(keyOfVersion(key, version), 'subject field')
    derived.set(version, made)
    return made
  }
  const { version } = key.current
  return {
    seal: (place, value) =>
      sealBytes(
        ofVersion(version),
        version,
        nameOf(place),
        deflateRawSync(JSON.stringify(value), { level: 3 }),
      ),
    reseal(place, sealed) {
      const from = sealedVersion(sealed)
      if (from === version) return null
      const plain = openBytes(ofVersion(from), nameOf(place), sealed)
      return sealBytes(ofVersion(version), version, nameOf(place), plain)
    },
    open: (place, sealed) =>
      JSON.parse(
        inflateRawSync(openBytes(ofVersion(sealedVersion(sealed)), nameOf(place), sealed), {
          maxOutputLength: LONGEST,
        }).toString(),
      ),
  }
}

function nameOf({ tenant, store, table, row, column }: SealPlace): string {
  return `${tenant}\0${store}.${table}\0${row}\0${column}`
}
