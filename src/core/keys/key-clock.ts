// Time as the keys room needs it: an instant, and a call once it has passed.

/** Replaced in tests. */
export interface KeyClock {
  /** Milliseconds since 1970. */
  now(): number
  /** Runs once after so many milliseconds without keeping the process alive; returns its cancellation. */
  after(milliseconds: number, run: () => void): () => void
}

/** The clock of the machine. */
export const machineClock: KeyClock = {
  now: () => Date.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds).unref()
    return () => clearTimeout(timer)
  },
}
