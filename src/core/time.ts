// Time as the house sees it: one clock, given by the composition root, replaced in tests.

/** Returns the present instant. */
export type Clock = () => Date

/** The wall clock of the machine. */
export const wallClock: Clock = () => new Date()
