// What a signed request says of itself before anything is proved, in one shape for both schemes.
import type { KeyObject } from 'node:crypto'
import type { Item } from '../../net/structured-fields.ts'

/** A secret of a key: a shared one, or the public half of the sender's own. */
export interface SigningSecret {
  readonly id: string
  readonly kind: 'hmac' | 'ed25519'
  readonly key: KeyObject
}

/** Whom the host says it acts for: its assertion, to be held against what the key may speak for. */
export interface AssertedPerson {
  /** As it was signed. */
  readonly email: string
  readonly displayName: string
}

/** Digests of the body by the name node:crypto has for the hash. */
export type Digests = ReadonlyMap<string, Buffer>

export interface SignatureClaim {
  /** Public id of the key, as it was written. */
  readonly credential: string
  readonly algorithm: string
  readonly isWeak: boolean
  readonly person: AssertedPerson | null
  readonly signedAt: Date
  /** Null: for as long as the key allows. */
  readonly expiresAt: Date | null
  /** Hashes to take of the body. */
  readonly hashes: readonly string[]
  /** Whether the proof itself needs them: then the body is read before anything is known of the sender. */
  readonly provesBody: boolean
  /** What may be used once, of those requests that change something. */
  readonly once: string | null
  /** The component of RFC 9421 that is the request's own signature, so that the answer can cover it. */
  readonly place: Item
  /** The query as the signature reads it; null where it is the server's own reading. */
  readonly query: ReadonlyMap<string, string> | null
  /** Whether the secret made the signature; the same work whatever the answer. */
  isMadeBy(secret: SigningSecret, digests: Digests): boolean
  /** Whether the body has the digests that were signed. */
  matchesBody(digests: Digests): boolean
}
