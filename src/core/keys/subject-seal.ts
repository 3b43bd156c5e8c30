// Sealing under the key of one document or person, for what must be gone when that key is destroyed (the text of a page).
// Must stay true: the key that seals is derived, never the one that wraps the document's blobs; the place is bound in.
// Format: JSON, deflated where it is long; a first byte that no deflated text begins with (block type 3) says that it is not.
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
/** Characters from which a text is deflated: below, setting the machinery up costs more than it saves. */
const DEFLATED_FROM = 1024
const PLAIN = 0x06

/** What seals is derived once for each key that is lent, and goes with it. */
const derived = new WeakMap<KeyObject, KeyObject>()

/** Seals and opens values under one subject's key. */
export interface SubjectSeal {
  /** Seals a JSON value for one place. */
  seal(place: SealPlace, value: unknown): Buffer
  /** The same value sealed under the version that seals; null when it is already. Throws SealBroken. */
  reseal(place: SealPlace, sealed: Uint8Array): Buffer | null
  /** The value sealed for exactly this place. Throws SealBroken otherwise. */
  open<T>(place: SealPlace, sealed: Uint8Array): T
}

/** @param key what TenantKeys.subject() gave */
export function subjectSeal(key: SubjectKey): SubjectSeal {
  const { version } = key.current
  const fieldKey = (of: number) => fieldKeyOf(keyOfVersion(key, of))
  return {
    seal: (place, value) => sealBytes(fieldKey(version), version, nameOf(place), packed(value)),
    reseal(place, sealed) {
      const from = sealedVersion(sealed)
      if (from === version) return null
      const plain = openBytes(fieldKey(from), nameOf(place), sealed)
      return sealBytes(fieldKey(version), version, nameOf(place), plain)
    },
    open: (place, sealed) =>
      JSON.parse(unpacked(openBytes(fieldKey(sealedVersion(sealed)), nameOf(place), sealed))),
  }
}

function fieldKeyOf(key: KeyObject): KeyObject {
  const known = derived.get(key)
  if (known) return known
  const made = subkey(key, 'subject field')
  derived.set(key, made)
  return made
}

function packed(value: unknown): Buffer {
  const text = JSON.stringify(value)
  if (text.length >= DEFLATED_FROM) return deflateRawSync(text, { level: 3 })
  return Buffer.concat([Buffer.of(PLAIN), Buffer.from(text)])
}

function unpacked(bytes: Buffer): string {
  if (bytes[0] === PLAIN) return bytes.toString('utf8', 1)
  return inflateRawSync(bytes, { maxOutputLength: LONGEST }).toString()
}

function nameOf({ tenant, store, table, row, column }: SealPlace): string {
  return `${tenant}\0${store}.${table}\0${row}\0${column}`
}
