// A signed request that was not accepted: what its sender is told, and what only the log knows.
// Must stay true: whether a key exists, was revoked or merely did not match is never told.
import { PublicError } from '../../errors.ts'

const REASONS = {
  form: 'The signature is not written as the scheme demands.',
  both: 'Two ways of signing in, or one in two places.',
  duplicate: 'A name stands there twice.',
  ambiguous: 'The request could be read in two ways.',
  unsigned: 'Something that must be signed is not.',
  host: 'The request was signed for another host.',
  early: 'The signature is dated in the future; compare the clocks.',
  expired: 'The signature has expired.',
  signature: 'The signature does not match.',
  digest: 'The body is not the one that was signed.',
  too_long: 'The signature is valid for longer than its key allows.',
  weak: 'The algorithm is weak, and the key does not allow it.',
  replayed: 'This request was made before; sign it again.',
  person: 'The key may not speak for this person.',
} as const
export type RefusalReason = keyof typeof REASONS

/** The key a refused request named, as far as it is known here. */
export interface NamedKey {
  readonly tenant: string
  readonly id: string
  readonly person: string
}

/** `reason` is what the log keeps; the sender is told it, or `shown` in its place. */
export class SignatureRefused extends PublicError {
  readonly reason: string
  readonly key: NamedKey | null
  /** Whether the sender has proved to hold a secret of the key. */
  readonly isProven: boolean

  constructor(
    shown: RefusalReason,
    known: { reason?: string; key?: NamedKey | null; isProven?: true; cause?: unknown } = {},
  ) {
    super('signature_refused', REASONS[shown], {
      details: { reason: shown },
      ...(known.cause === undefined ? {} : { cause: known.cause }),
    })
    this.reason = known.reason ?? shown
    this.key = known.key ?? null
    this.isProven = known.isProven ?? false
  }
}
