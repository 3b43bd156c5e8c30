// What one attempt of a canary is and how it can end. Must stay true: an attempt succeeds only by being refused; whatever cannot be
// judged is counted as such and never as refused.
import type { ProbeLayer } from '#core/evidence/isolation-log.ts'

/** `denied`: refused, or not found. `hit`: anything else. `unclear`: could not be tried, e.g. because the database was away. */
export type Outcome = 'denied' | 'hit' | 'unclear'

/** One way to reach the other canary. `name` says which, without an id of anybody. */
export interface Attempt {
  readonly layer: ProbeLayer
  readonly name: string
  run(): Promise<Outcome>
}
