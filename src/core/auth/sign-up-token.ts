// A sign-up that waits for its mail to be read. Nothing of it is stored: it travels in the link, sealed under the region's key.
// Must stay true: the token says who, once read; it opens for 24 hours and only in its region.
import { PublicError } from '../errors.ts'
import type { RegionKeys } from '../keys/region-keys.ts'

const LIFE_MS = 24 * 3_600_000

/** What a pending sign-up carries. */
export interface PendingAccount {
  readonly address: string
  readonly domain: string
  readonly displayName: string
  readonly country: string
  readonly password: string
  readonly expiresAt: string
}

/** Seals a pending sign-up into a token: region, kind, sealed part. */
export async function sealSignUp(
  keys: RegionKeys,
  region: string,
  pending: Omit<PendingAccount, 'expiresAt'>,
  now: Date,
): Promise<string> {
  const expiresAt = new Date(now.getTime() + LIFE_MS).toISOString()
  const sealed = await keys.seal('sign-up', region, 'pending', { ...pending, expiresAt })
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
