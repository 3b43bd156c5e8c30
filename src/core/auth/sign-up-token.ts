// A sign-up that waits for its mail to be read, for 24 hours.
import type { RegionKeys } from '../keys/region-keys.ts'
import { openMailed, sealMailed } from './mailed-token.ts'

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

/** Seals a pending sign-up for a region. Its end stays what it is. */
export function sealPending(keys: RegionKeys, region: string, pending: PendingAccount): Promise<string> {
  return sealMailed(keys, { region, kind: 'v' }, pending)
}

/** Opens a token of this region. Throws `not_found` for anything else, `token_expired` after 24 hours. */
export function openSignUp(
  keys: RegionKeys,
  region: string,
  token: string,
  now: Date,
): Promise<PendingAccount> {
  return openMailed(keys, { region, kind: 'v' }, token, now)
}
