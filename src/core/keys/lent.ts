// A value that is lent: it is dropped at the instant the lender gave, whoever still holds the box.
import type { KeyClock } from './key-clock.ts'

export interface Lent<T> {
  /** The value, or undefined once its time is over. */
  value(): T | undefined
  /** Milliseconds since 1970. */
  readonly until: number
  drop(): void
}

/** Holds a value until an instant, by a timer and by the clock at every look, because timers run late. */
export function lend<T>(value: T, until: number, clock: KeyClock): Lent<T> {
  let held: T | undefined = value
  const cancel = clock.after(Math.max(0, until - clock.now()), () => {
    held = undefined
  })
  return {
    until,
    value() {
      if (clock.now() >= until) held = undefined
      return held
    },
    drop() {
      held = undefined
      cancel()
    },
  }
}
