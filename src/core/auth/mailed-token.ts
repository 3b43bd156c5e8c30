// What waits for its mail to be read travels in the link, sealed under the region's key; nothing of it is stored.
// Must stay true: a token says who, once read, and holds nothing that opens anything by itself; it ends, and opens only in its region and for
// what it was made.
import { PublicError } from '../errors.ts'
import type { RegionKeys } from '../keys/region-keys.ts'

/** What the link does: `v` verifies an address, `r` chooses another password. */
type Kind = 'v' | 'r'

const PURPOSES = { v: 'sign-up', r: 'password-reset' } as const

/** Seals what a link carries: region, kind, sealed part. */
export async function sealMailed(
  keys: RegionKeys,
  { region, kind }: { readonly region: string; readonly kind: Kind },
  pending: { readonly expiresAt: string },
): Promise<string> {
  const sealed = await keys.seal(PURPOSES[kind], region, 'pending', pending)
  return `${region}.${kind}.${sealed.toString('base64url')}`
}

/** Opens a token of this region and kind. Throws `not_found` for anything else, `token_expired` after its end. */
export async function openMailed<Pending extends { readonly expiresAt: string }>(
  keys: RegionKeys,
  { region, kind }: { readonly region: string; readonly kind: Kind },
  token: string,
  now: Date,
): Promise<Pending> {
  const [name, given, sealed] = token.split('.')
  if (name !== region || given !== kind || !sealed) throw new PublicError('not_found')
  const pending = await keys
    .open<Pending>(PURPOSES[kind], region, 'pending', Buffer.from(sealed, 'base64url'))
    .catch((cause: unknown) => {
      if (cause instanceof Error && cause.name === 'SealBroken')
        throw new PublicError('not_found', undefined, { cause })
      throw cause
    })
  if (Date.parse(pending.expiresAt) <= now.getTime()) throw new PublicError('token_expired')
  return pending
}
