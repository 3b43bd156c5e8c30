// When a message that did not arrive is sent again, and when a webhook is given up.

const MINUTE = 60
const HOUR = 3_600
/** Seconds between attempts: ten attempts over some 76 hours. */
export const PAUSES = [
  5,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const
/** A webhook whose every message failed for so long is disabled, milliseconds. */
export const GIVEN_UP_AFTER_MS = 5 * 24 * HOUR * 1_000
/** How long deliveries are kept, milliseconds. */
export const KEPT_MS = 30 * 24 * HOUR * 1_000

/** When to try again after so many attempts; null when that was the last. A tenth more or less, so that what failed together does not come back together. */
export function nextAttempt(attempts: number, now: Date, random: () => number = Math.random): Date | null {
  const pause = PAUSES[attempts - 1]
  if (pause === undefined) return null
  return new Date(now.getTime() + pause * 1_000 * (0.9 + random() * 0.2))
}
