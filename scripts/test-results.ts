/** What a test run says at its end. */
import type { ShardResult } from './run-shard.ts'
import type { TestLine } from './test-record.ts'

const SLOWEST = 10

/** The closing lines for all that ran: faults, skipped tests with their reasons, slowest tests, the counts. */
export function renderResults(results: readonly ShardResult[]): { text: string; isGood: boolean } {
  const tests = results.flatMap((result) => result.tests)
  const failed = tests.filter((test) => test.kind === 'failed')
  const skipped = tests.filter((test) => test.kind === 'skipped')
  const faults = results.flatMap((result) => result.faults)
  const passed = tests.length - failed.length - skipped.length
  const lines: string[] = ['', 'Slowest tests']
  for (const test of [...tests].sort((a, b) => b.milliseconds - a.milliseconds).slice(0, SLOWEST)) {
    lines.push(`  ${(test.milliseconds / 1000).toFixed(2).padStart(7)} s  ${test.file}: ${test.name}`)
  }
  lines.push('', 'Slowest files')
  for (const [file, milliseconds] of timesByFile(tests).slice(0, SLOWEST)) {
    lines.push(`  ${(milliseconds / 1000).toFixed(2).padStart(7)} s  ${file}`)
  }
  lines.push('', 'Stages')
  for (const result of results) {
    lines.push(`  ${result.seconds.toFixed(1).padStart(6)} s  ${result.name}: ${result.tests.length} tests`)
  }
  if (skipped.length > 0) lines.push('', 'Skipped')
  for (const test of skipped) lines.push(`  ${test.file}: ${test.name}: ${test.reason}`)
  if (failed.length + faults.length > 0) lines.push('', 'Failed')
  for (const test of failed) lines.push(`  ${test.file}: ${test.name}`)
  for (const fault of faults) lines.push(`  ${fault}`)
  if (passed === 0) lines.push('', 'No test passed; that is a failure of the run.')
  const bad = failed.length + faults.length + (passed === 0 && failed.length + faults.length === 0 ? 1 : 0)
  const left = skipped.length > 0 ? `, ${skipped.length} skipped` : ''
  lines.push('', `${passed} passed, ${bad} failed${left}`)
  return { text: lines.join('\n'), isGood: bad === 0 }
}

/** The longest first; what a file does before its first test does not count. */
function timesByFile(tests: readonly TestLine[]): [string, number][] {
  const times = new Map<string, number>()
  for (const { file, milliseconds } of tests) times.set(file, (times.get(file) ?? 0) + milliseconds)
  return [...times].sort(([, a], [, b]) => b - a)
}
