// What a new password must be. Must stay true: it is asked for wherever a password is chosen, and nowhere else is decided what is weak.
import { PublicError } from '../errors.ts'
import type { TenantReader } from '../tenancy/tenant-door.ts'
import type { Passwords } from './password.ts'
import { passwordStrength } from './password-strength.ts'

/** The rule of an organisation. */
export interface PasswordPolicy {
  /** Characters. */
  readonly minimumLength: number
  /** The least score of {@link passwordStrength}, 1 to 4. */
  readonly strength: number
  /** So many former passwords may not come again. */
  readonly history: number
}

/** For founders; their organisation decides for those who join it. The same as the defaults of its columns. */
export const FOUNDING_POLICY: PasswordPolicy = { minimumLength: 12, strength: 3, history: 5 }

/** The rule of the tenant; null before it is founded. Works in both stores. */
export async function passwordPolicyOf(tx: Pick<TenantReader, 'db'>): Promise<PasswordPolicy | null> {
  const row = await tx.db
    .selectFrom('organisation')
    .select(['password_minimum_length', 'password_strength', 'password_history'])
    .executeTakeFirst()
  if (!row) return null
  return {
    minimumLength: row.password_minimum_length,
    strength: row.password_strength,
    history: row.password_history,
  }
}

/**
 * Throws `weak_password` with its `reason`: `short` (with `minimumLength`), `uniform`, `personal` (made of the person's own name or
 * address), `listed` (everybody's guess) or `guessable`; `busy`. The caller has a turn for it (Limits.choosePassword).
 */
export async function checkPassword(
  password: string,
  { minimumLength, strength }: PasswordPolicy,
  personal: readonly string[],
): Promise<void> {
  const text = password.normalize('NFKC').toLowerCase()
  const words = personal
    .flatMap((word) => word.toLowerCase().split(/[^\p{L}\p{N}]+/u))
    .filter((word) => word.length >= 4)
  const rest = words.reduce((left, word) => left.replaceAll(word, ''), text)
  // Some characters stand for many once they are folded.
  if (Math.min([...text].length, [...password].length) < minimumLength) {
    throw new PublicError('weak_password', `A password has at least ${minimumLength} characters here.`, {
      details: { reason: 'short', minimumLength },
    })
  }
  if (new Set(text).size < 5 || /^(.{1,4})\1+$/s.test(text)) throw weak('uniform')
  if ([...rest].length < minimumLength / 2) throw weak('personal')
  const { isListed, score } = await passwordStrength(text, words)
  if (isListed) throw weak('listed')
  if (score < strength) throw weak('guessable')
}

/** Throws `password_reused` when the password is one of these (PHC strings). */
export async function refuseReused(
  passwords: Passwords,
  password: string,
  earlier: readonly (string | null)[],
): Promise<void> {
  for (const phc of earlier)
    if (phc !== null && (await passwords.matches(phc, password))) throw new PublicError('password_reused')
}

function weak(reason: 'uniform' | 'personal' | 'listed' | 'guessable'): PublicError {
  return new PublicError('weak_password', undefined, { details: { reason } })
}
