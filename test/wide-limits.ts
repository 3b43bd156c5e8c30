/** Limits for a house whose requests all come from one address, this process; each rule is there, and none is met by accident. */
import { LIMITS, type LimitBounds } from '#core/limits/limits.ts'

const wide = { burst: 1_000_000, perSecond: 1_000_000 }

export const WIDE_LIMITS: LimitBounds = {
  ...LIMITS,
  requests: { address: wide, credential: wide, tenant: wide },
  wrongPasswords: { pair: wide, address: wide, account: wide },
  mails: { recipient: wide, address: wide, network: wide, all: wide },
}
