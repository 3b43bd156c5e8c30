// The keeper's state as it lies on a disk: the keys of every region, sealed under the root key. Its form alone; what is done with it
// is the keeper's. Must stay true: nothing but the keeper and the command that brings it back opens it.
import type { KeyObject } from 'node:crypto'
import Type from 'typebox'
import { Check } from 'typebox/value'
import { openBytes, sealBytes } from './aead.ts'
import { SealBroken } from './seal-broken.ts'
import { subkey } from './subkey.ts'

const PLACE = 'panoply keeper state'

/** The name of the file in each of the keeper's folders. */
export const STATE_FILE = 'state.sealed'

export const StoredKey = Type.Object({ version: Type.Integer(), key: Type.String(), madeAt: Type.String() })
export type StoredKey = Type.Static<typeof StoredKey>
/** Region, purpose, versions (newest last). */
const Regions = Type.Record(Type.String(), Type.Record(Type.String(), Type.Array(StoredKey, { minItems: 1 })))
const StoredState = Type.Object({ sequence: Type.Integer(), regions: Regions })
/** `sequence` grows with every change. */
export type StoredState = Type.Static<typeof StoredState>

/** The key that seals the state. */
export function stateKey(rootKey: KeyObject): KeyObject {
  return subkey(rootKey, PLACE)
}

export function sealState(key: KeyObject, state: StoredState): Buffer {
  return sealBytes(key, 1, PLACE, JSON.stringify(state))
}

/** Null when the bytes were not sealed under this key, or were changed. */
export function openSealedState(key: KeyObject, sealed: Uint8Array): StoredState | null {
  try {
    const content: unknown = JSON.parse(openBytes(key, PLACE, sealed).toString())
    return Check(StoredState, content) ? content : null
  } catch (error) {
    if (error instanceof SealBroken) return null
    throw error
  }
}
