// A sign-up that waits for its mail to be read. Nothing of it is stored: it travels in the link, sealed under the region's key.
// Must stay true: the token says who, once read, and nothing that opens anything; it opens for 24 hours and only in its region.
import { PublicError } from '../errors.ts'
import type { RegionKeys } from '../keys/region-keys.ts'

const LIFE_MS = 24 * 3_600_000

/** What somebody typed who may not be the addressee: no secret of an account is among it. */
export interface NewSignUp {
  readonly address: string
  readonly domain: string
  readonly displayName: string
  readonly country: string
}

/** What a pending sign-up carries. */
export interface PendingAccount extends NewSignUp {
  readonly expiresAt: string
}

/** Seals a sign-up into a token that ends 24 hours from `now`. */
export function sealSignUp(keys: RegionKeys, region: string, signUp: NewSignUp, now: Date): Promise<string> {
  const { address, domain, displayName, country } = signUp
  const expiresAt = new Date(now.getTime() + LIFE_MS).toISOString()
  return sealPending(keys, region, { address, domain, displayName, country, expiresAt })
}

/** Seals a pending sign-up for a region: region, kind, sealed part. Its end stays what it is. */
export async function sealPending(
  keys: RegionKeys,
  region: string,
  pending: PendingAccount,
): Promise<string> {
  const sealed = await keys.seal('sign-up', region, 'pending', pending)
  return `${region}.v.${sealed.toString('base64url')}`
}

/** Opens a token of this region. Throws `not_found` for anything else, `token_expired` after 24 hours. */
export async function openSignUp(
  keys: RegionKeys,
  region: string,
  token: string,
  now: Date,
): Promise<PendingAccount> {
  const [name, kind, sealed] = token.split('.')
  if (name !== region || kind !== 'v' || !sealed) throw new PublicError('not_found')
  const pending = await keys
    .open<PendingAccount>('sign-up', region, 'pending', Buffer.from(sealed, 'base64url'))
    .catch((cause: unknown) => {
      if (cause instanceof Error && cause.name === 'SealBroken')
        throw new PublicError('not_found', undefined, { cause })
      throw cause
    })
  if (Date.parse(pending.expiresAt) <= now.getTime()) throw new PublicError('token_expired')
  return pending
}
