// Keys from keys: HKDF-SHA256 (RFC 5869) with an empty salt, because every key here is uniformly random already.
import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'

/** 32 bytes derived from a key for one purpose. Parts are joined with NUL, so none may contain it. */
export function deriveBytes(key: KeyObject, ...parts: string[]): Buffer {
  if (parts.some((part) => part.includes('\0'))) throw new TypeError('A part of a derivation holds a NUL.')
  return Buffer.from(hkdfSync('sha256', key, '', parts.join('\0'), 32))
}

/** The same as a key. */
export function subkey(key: KeyObject, ...parts: string[]): KeyObject {
  const bytes = deriveBytes(key, ...parts)
  const derived = createSecretKey(bytes)
  bytes.fill(0)
  return derived
}
