// Identifiers: UUIDv7 inside, typed and readable outside, opaque routing ids for tenants.
// Must stay true: an id given out never carries a name, an address or a count.
import { randomBytes } from 'node:crypto'
import { PublicError } from './errors.ts'
import { takeRandom } from './random-pool.ts'

const HYPHEN = 0x2d
const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const ROUTING_ID = /^[a-z2-7]{13}$/

/** Kinds of record and the prefix their ids carry at the API. */
export const ID_PREFIXES = [
  'org',
  'per',
  'ses',
  'key',
  'sec',
  'doc',
  'upl',
  'snp',
  'evt',
  'act',
  'exp',
  'des',
  'mail',
  'ntf',
  'whk',
  'dlv',
] as const
export type IdPrefix = (typeof ID_PREFIXES)[number]

/** A new UUIDv7 (RFC 9562): 48 bits of milliseconds, then 74 random bits. */
export function newId(now: number = Date.now()): string {
  const bytes = takeRandom(16)
  bytes.writeUIntBE(now, 0, 6)
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** The API form of a UUID: prefix, underscore, 26 characters of Crockford base32. */
export function toApi(prefix: IdPrefix, uuid: string): string {
  let text = `${prefix}_`
  // 26 letters hold 130 bits: two zero bits stand in front.
  let held = 0
  let bits = 2
  for (let at = 0; at < uuid.length; at++) {
    const code = uuid.charCodeAt(at)
    if (code === HYPHEN) continue
    // Digits stand at 0x30, letters from 0x61.
    held = (held << 4) | (code > 0x39 ? (code | 0x20) - 0x57 : code - 0x30)
    bits += 4
    if (bits < 5) continue
    bits -= 5
    text += CROCKFORD[held >> bits]
    held &= (1 << bits) - 1
  }
  return text
}

/** The UUID behind an API id of the given kind. Throws `not_found` when it is not one: an unknown form is an unknown record. */
export function fromApi(prefix: IdPrefix, text: string): string {
  if (!text.startsWith(`${prefix}_`) || text.length !== prefix.length + 27) throw new PublicError('not_found')
  const bytes = Buffer.alloc(16)
  let at = 0
  let held = 0
  let bits = -2
  for (let i = prefix.length + 1; i < text.length; i++) {
    const digit = CROCKFORD.indexOf(text.charAt(i))
    if (digit < 0 || (bits === -2 && digit > 7)) throw new PublicError('not_found')
    held = (held << 5) | digit
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = held >> bits
      held &= (1 << bits) - 1
    }
  }
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** A new routing id: 13 characters of base32, 64 random bits. It names a tenant and says nothing about it. */
export function newRoutingId(): string {
  let value = randomBytes(8).readBigUInt64BE()
  let text = ''
  for (let i = 0; i < 13; i++) {
    text = BASE32[Number(value & 31n)] + text
    value >>= 5n
  }
  return text
}

/** Whether the text has the form of a routing id; anything else must never reach SQL as a name. */
export function isRoutingId(text: string): boolean {
  return ROUTING_ID.test(text)
}

/** A new credential of a tenant: routing id, kind, 256 random bits. Only its hash is stored. */
export function newCredential(tenant: string, kind: CredentialKind): string {
  return `${tenant}.${kind}.${randomBytes(32).toString('base64url')}`
}

export type CredentialKind = 's' | 'k'

/** Splits a credential without judging it. Undefined when it has not the form of one. */
export function readCredential(text: string): { tenant: string; kind: CredentialKind } | undefined {
  const match = /^([a-z2-7]{13})\.([sk])\.[A-Za-z0-9_-]{43}$/.exec(text)
  if (!match?.[1] || (match[2] !== 's' && match[2] !== 'k')) return undefined
  return { tenant: match[1], kind: match[2] }
}
