// The one place where AES-256-GCM is called: [0x01][key version, uint32 BE][nonce 12][ciphertext][tag 16].
// Must stay true: the additional data always names the place and the key version, so nothing opens where it was not sealed.
// Nonces are random: keep a key below 2^32 seals (NIST SP 800-38D 8.3), rotation makes room.
import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'
import { takeRandom } from '../random-pool.ts'
import { SealBroken } from './seal-broken.ts'

const FORMAT = 1
const HEAD = 17
const TAG = 16
const NONCE = 12
const algorithm = 'aes-256-gcm'

/** Bytes a sealed value is longer than its plaintext. */
export const SEAL_OVERHEAD = HEAD + TAG

/** Seals bytes (or text as UTF-8) for a place under a version of a 256-bit key. */
export function sealBytes(
  key: KeyObject,
  version: number,
  place: string,
  plain: Uint8Array | string,
): Buffer {
  const nonce = takeRandom(NONCE)
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: TAG })
  cipher.setAAD(Buffer.from(`${place}\0${version}`))
  const body = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain)
  cipher.final()
  const sealed = Buffer.allocUnsafe(HEAD + body.length + TAG)
  sealed[0] = FORMAT
  sealed.writeUInt32BE(version, 1)
  sealed.set(nonce, 5)
  sealed.set(body, HEAD)
  sealed.set(cipher.getAuthTag(), HEAD + body.length)
  return sealed
}

/** The bytes sealed for exactly this place under this key. Throws SealBroken. */
export function openBytes(key: KeyObject, place: string, sealed: Uint8Array): Buffer {
  const version = sealedVersion(sealed)
  const end = sealed.length - TAG
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(5, HEAD), { authTagLength: TAG })
  decipher.setAAD(Buffer.from(`${place}\0${version}`))
  decipher.setAuthTag(sealed.subarray(end))
  const plain = decipher.update(sealed.subarray(HEAD, end))
  try {
    decipher.final()
  } catch (cause) {
    plain.fill(0)
    throw new SealBroken('The sealed bytes are not what was sealed here.', { cause })
  }
  return plain
}

/** The key version a sealed value names in front. Throws SealBroken when it is not a sealed value. */
export function sealedVersion(sealed: Uint8Array): number {
  if (sealed.length < SEAL_OVERHEAD || sealed[0] !== FORMAT) throw new SealBroken('Not a sealed value.')
  return new DataView(sealed.buffer, sealed.byteOffset, sealed.byteLength).getUint32(1)
}
