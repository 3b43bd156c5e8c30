// Header fields of tus 1.0.0 (https://tus.io/protocols/resumable-upload): metadata and checksum, read strictly.
// Must stay true: what is not of the protocol's form is refused, never repaired; a value is text in UTF-8 or nothing.
import { PublicError } from '../errors.ts'

export const TUS_VERSION = '1.0.0'

/** Algorithms of `Upload-Checksum`, with the bytes of their digests. SHA-1 is demanded by the protocol; it finds accidents, not attackers. */
export const CHECKSUMS = { sha256: 32, sha1: 20 } as const

export interface Checksum {
  readonly algorithm: keyof typeof CHECKSUMS
  readonly digest: Buffer
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
/** Visible ASCII without the comma that ends a pair. */
const KEY = /^[!-+\--~]+$/

/** The pairs of `Upload-Metadata`. Throws `invalid_request`. */
export function readUploadMetadata(field: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>()
  if (field.trim() === '') return pairs
  for (const pair of field.split(',')) {
    const [key = '', value = '', ...more] = pair.trim().split(' ')
    if (!KEY.test(key) || more.length > 0) throw wrong('Upload-Metadata', 'is not pairs of a key and base64')
    if (pairs.has(key)) throw wrong('Upload-Metadata', 'has a key twice')
    pairs.set(key, readText(value))
  }
  return pairs
}

/** What `Upload-Checksum` says of the bytes of a request. Throws `invalid_request`. */
export function readUploadChecksum(field: string): Checksum {
  const [name = '', text = '', ...more] = field.split(' ')
  const algorithm = name === 'sha256' || name === 'sha1' ? name : undefined
  if (!algorithm) throw wrong('Upload-Checksum', 'has an algorithm other than sha256 and sha1')
  const digest = readBase64(text)
  if (more.length > 0 || digest?.length !== CHECKSUMS[algorithm])
    throw wrong('Upload-Checksum', `is not ${algorithm} and its digest in base64`)
  return { algorithm, digest }
}

/** `wrong` a field is: an error that names it. */
function wrong(field: string, what: string): PublicError {
  return new PublicError('invalid_request', `${field} ${what}.`, { details: { field } })
}

function readBase64(text: string): Buffer | undefined {
  if (!BASE64.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64')
  // Unused bits of the last letter are zero, so that one text has one form.
  return bytes.toString('base64') === text ? bytes : undefined
}

function readText(base64: string): string {
  const bytes = readBase64(base64)
  if (!bytes) throw wrong('Upload-Metadata', 'has a value that is not base64')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    throw wrong('Upload-Metadata', 'has a value that is not UTF-8')
  }
}
