// The prober of one region for as long as its process lives: small batches, and a pause after each that is long enough.
// Must stay true: of a hundred seconds at most one is spent trying, one attempt at a time, so that all processes together give it a
// hundredth of a core at the most; attempts of a busy cell take longer, and the pauses with them.
import { setTimeout as pause } from 'node:timers/promises'
import type { Log } from '#core/log.ts'
import { openProber, type Prober, type Shares } from './open-prober.ts'
import type { ProbeGround } from './probe-ground.ts'

/** Few of what leaves an event for good: some 3,000 a day. */
const STEADY_SHARES: Shares = { sql: 68, api: 4, blobs: 12, search: 10, keys: 4, jobs: 2 }
const BATCH = 10
/** Pause of an idle cell, milliseconds. */
const LEAST_PAUSE = 10_000
const MOST_PAUSE = 10 * 60_000
/** Spent of all time. */
const BUDGET = 0.01
const REFURNISH_EVERY = 15 * 60_000
/** New credentials well before those of furnish-canary.ts end. */
const REOPEN_EVERY = 24 * 3_600_000

export interface RunProberOptions {
  readonly ground: ProbeGround
  readonly log: Log
  readonly signal: AbortSignal
  /** Least pause in milliseconds; tests shorten it. */
  readonly leastPause?: number
}

/** Tries until `signal` aborts. Never throws; what fails is tried again later. */
export async function runProber({
  ground,
  log,
  signal,
  leastPause = LEAST_PAUSE,
}: RunProberOptions): Promise<void> {
  const { ctx, region } = ground
  let prober: Prober | undefined
  let openedAt = 0
  let furnishedAt = 0
  let wait = leastPause
  while (await passed(wait, signal)) {
    const began = performance.now()
    let isBusy = false
    try {
      // While another process has the turn, this one only asks.
      if (!(await ctx.isolation(region).takeTurn(Math.ceil((leastPause * 0.9) / 1_000)))) {
        wait = leastPause
        continue
      }
      if (!prober || began - openedAt > REOPEN_EVERY) {
        prober = await openProber(ground, log)
        openedAt = began
        furnishedAt = began
      } else if (began - furnishedAt > REFURNISH_EVERY) {
        await prober.refurnish()
        furnishedAt = began
      }
      if (prober) {
        const report = await prober.tryOut(BATCH, { lanes: 1, shares: STEADY_SHARES, signal })
        isBusy = Object.values(report).some((counts) => 'unclear' in counts && counts.unclear > 0)
      }
    } catch (error) {
      isBusy = true
      log.warn({ region, error }, 'the prober waits')
    }
    wait = pauseAfter(performance.now() - began, { least: leastPause, isBusy, last: wait })
  }
}

/** How long to pause after so many milliseconds of trying. A cell that could not answer is left alone twice as long each time. */
export function pauseAfter(
  spent: number,
  { least, isBusy, last }: { least: number; isBusy: boolean; last: number },
): number {
  const fair = Math.max(least, spent * (1 / BUDGET - 1))
  return isBusy ? Math.min(Math.max(fair, last * 2), Math.max(MOST_PAUSE, fair)) : fair
}

async function passed(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  await pause(milliseconds, undefined, { signal, ref: false }).catch(() => undefined)
  return !signal.aborted
}
