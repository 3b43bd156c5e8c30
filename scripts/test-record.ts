/**
 * What a test process leaves behind for the run: one JSON line for every test, and a summary at its end. Lines are
 * written synchronously, so that a process that dies leaves all it had done, and shows by the missing summary that it died.
 */
import { existsSync, readFileSync } from 'node:fs'

export interface TestLine {
  readonly kind: 'passed' | 'failed' | 'skipped'
  readonly file: string
  readonly name: string
  readonly milliseconds: number
  /** The failure, or why it was skipped. */
  readonly reason?: string
}

export interface SummaryLine {
  readonly kind: 'summary'
  readonly tests: number
}

export interface ShardRecord {
  readonly tests: readonly TestLine[]
  /** Null when the process ended before it could say that it was done. */
  readonly summary: SummaryLine | null
}

/** Reads the lines of one process; a last line cut short counts as not written. */
export function readRecord(path: string): ShardRecord {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : []
  const parsed: (TestLine | SummaryLine)[] = lines.map((line) => JSON.parse(line))
  const tests = parsed.filter((line) => line.kind !== 'summary')
  return { tests, summary: parsed.find((line) => line.kind === 'summary') ?? null }
}

/**
 * What is wrong with a process apart from the tests that failed: it died, it said nothing, a file held no test, it
 * counted other tests than it reported, or it ended badly although nothing failed.
 */
export function shardFaults(
  record: ShardRecord,
  files: readonly string[],
  ended: { readonly code: number | null; readonly signal: string | null },
): string[] {
  if (record.summary === null) {
    return [
      `ended without a summary (${ended.signal ?? `exit ${ended.code}`}) after ${record.tests.length} tests`,
    ]
  }
  const faults = files
    .filter((file) => !record.tests.some((test) => test.file === file && !isPlaceholder(test)))
    .map((file) => `${file} holds no test`)
  if (record.tests.length === 0) faults.push('ran no test')
  if (record.summary.tests !== record.tests.filter((test) => !isHook(test)).length) {
    faults.push(`counted ${record.summary.tests} tests but reported ${record.tests.length}`)
  }
  const hasFailed = record.tests.some((test) => test.kind === 'failed')
  if (ended.code !== 0 && !hasFailed)
    faults.push(`ended with ${ended.signal ?? `exit ${ended.code}`} although no test failed`)
  if (ended.code === 0 && hasFailed) faults.push('ended with exit 0 although a test failed')
  return faults
}

/** A failed hook is reported for its group, which is no test of its own. */
export const HOOK = '(hook)'

/** node:test reports a file without tests as a test that passed, under the name of the file. */
export function isPlaceholder(test: TestLine): boolean {
  return test.kind === 'passed' && test.name === test.file
}

function isHook(test: TestLine): boolean {
  return test.name.endsWith(HOOK)
}
