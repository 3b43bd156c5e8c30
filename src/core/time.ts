// Time as the house sees it: one clock, given by the composition root, replaced in tests; and a stopwatch for durations.

/** Returns the present instant. */
export type Clock = () => Date

/** The wall clock of the machine. */
export const wallClock: Clock = () => new Date()

/** Milliseconds since some instant. Never goes back and never jumps, whatever the wall clock is set to: for every duration. */
export type Stopwatch = () => number

/** The stopwatch of this process. */
export const stopwatch: Stopwatch = () => performance.now()
