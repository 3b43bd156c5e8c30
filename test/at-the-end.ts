/**
 * What files of a test process share ends with the process and not with the file that happened to open it. `entry.ts` loads this first,
 * so that the hook is the process's own.
 */
import { after } from 'node:test'

const endings: (() => Promise<void>)[] = []

/** Runs `end` when all files of the process are through, the last one registered first. */
export function atTheEnd(end: () => Promise<void>): void {
  endings.push(end)
}

// A benchmark uses what tests share, too; only in a test run is there an end to wait for.
if (process.execArgv.includes('--test')) {
  after(async () => {
    for (const end of endings.reverse()) await end()
  })
}
