// Owns: keeping one thing running: it is started, watched, and started again with growing pauses when it ends by itself.
// Must stay true: after stop() it is not started again, also when it was just about to be.
import { setTimeout as pause } from 'node:timers/promises'
import type { Log } from '#core/log.ts'
import { stopwatch } from '#core/time.ts'

/** Something that runs now. */
export interface Running {
  /** What it told about itself when it was ready. */
  readonly report: Readonly<Record<string, unknown>>
  /** Settles when it has ended, for whatever reason. */
  readonly ended: Promise<void>
  stop(): Promise<void>
}

export interface Charge {
  readonly name: string
  /** Resolves when it is ready to serve; leaves nothing behind when it rejects. */
  start(): Promise<Running>
}

export interface Watched {
  readonly report: Readonly<Record<string, unknown>>
  stop(): Promise<void>
}

const firstPause = 200
const longestPause = 10_000
/** Who ran this long has earned a fresh start at the shortest pause. */
const goodRun = 60_000

/** Starts the charge and keeps it running. Rejects when the very first start fails. */
export async function supervise(charge: Charge, log: Log): Promise<Watched> {
  const stopping = new AbortController()
  const { signal } = stopping
  const began = performance.now()
  let running = await charge.start()
  const { report } = running
  log.info({ charge: charge.name, milliseconds: Math.round(performance.now() - began) }, 'ready')

  async function keep(): Promise<void> {
    let delay = firstPause
    for (;;) {
      const since = stopwatch()
      await running.ended
      if (signal.aborted) return
      if (stopwatch() - since > goodRun) delay = firstPause
      log.warn({ charge: charge.name, delay }, 'ended by itself, starts again')
      const next = await startAgain(delay)
      if (!next) return
      running = next
      delay = Math.min(delay * 2, longestPause)
    }
  }

  async function startAgain(first: number): Promise<Running | null> {
    for (let delay = first; ; delay = Math.min(delay * 2, longestPause)) {
      if (!(await elapses(delay, signal))) return null
      try {
        const next = await charge.start()
        if (!signal.aborted) return next
        await next.stop()
        return null
      } catch (error) {
        log.error({ charge: charge.name, error }, 'did not start again')
      }
    }
  }

  const kept = keep()
  return {
    report,
    async stop() {
      stopping.abort()
      await running.stop()
      await kept
    },
  }
}

/** @returns false when the pause was cut short */
async function elapses(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await pause(milliseconds, undefined, { signal })
    return true
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'AbortError') return false
    throw cause
  }
}
