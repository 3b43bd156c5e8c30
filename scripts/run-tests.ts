/**
 * The test run: checks, then every test file in its stage, then the figures. A stage that dies, says nothing or runs
 * no test is a failure. The last line is `N passed, N failed`, with `, N skipped` when something was left out.
 */
import { join } from 'node:path'
import { runChecks } from './check.ts'
import { listFiles } from './list-files.ts'
import { openMemoryFolder } from './memory-folder.ts'
import { POSTGRES15, runPostgres15 } from './postgres15-stage.ts'
import { runShard, type ShardResult } from './run-shard.ts'
import { signTests } from './sign-tests.ts'
import { renderResults } from './test-results.ts'
import { divide, TEST_FOLDERS } from './test-stages.ts'

/** So many processes of tests run side by side: one a core of the smallest machine we promise to run on; a third made the run longer there. */
const LANES = 2

async function checkStage(root: string): Promise<ShardResult> {
  const started = performance.now()
  const lines = await runChecks(root)
  for (const line of lines) if (!line.isGood) console.log(`--- ${line.name}\n${line.output}\n`)
  const tests = lines.map((line) => ({
    kind: line.isGood ? ('passed' as const) : ('failed' as const),
    file: 'npm run check',
    name: line.name,
    milliseconds: line.milliseconds,
  }))
  const faults = tests.length === 0 ? ['check: ran nothing'] : []
  return { name: 'check', tests, faults, seconds: (performance.now() - started) / 1000, output: '' }
}

/** Runs jobs in lanes: each lane takes the next job when it is done with one. Answers in the order of the jobs. */
async function inLanes<T>(jobs: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = []
  const waiting = [...jobs.entries()]
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) results[next[0]] = await next[1]()
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return results
}

async function runAll(root: string, words: readonly string[]): Promise<ShardResult[]> {
  const all = listFiles(root, TEST_FOLDERS, /\.test\.tsx?$/)
  const chosen = words.length === 0 ? all : all.filter((file) => words.some((word) => file.includes(word)))
  const say = (text: string) => process.stdout.write(text)
  const results: ShardResult[] = []
  if (words.length === 0) results.push(await checkStage(root))
  const jobs = divide(chosen).map((shard) => () => runShard(root, shard, say))
  if (words.length === 0 || words.includes(POSTGRES15)) jobs.push(() => runPostgres15(root, say))
  return [...results, ...(await inLanes(jobs))]
}

const words = process.argv.slice(2)
const memory = openMemoryFolder()
if (memory !== null) {
  process.env.TMPDIR = memory
  // Installations of this run are copies of one; it goes with the folder.
  process.env.PANOPLY_TEST_SET_UP = join(memory, 'set-up')
}
const results = await runAll(process.cwd(), words)
// A part of the suite shows nothing about the whole; what failed is signed like what passed.
if (words.length === 0) {
  const tests = results.flatMap((result) => result.tests)
  signTests(process.cwd(), tests)
}
const { text, isGood } = renderResults(results)
console.log(text)
process.exitCode = isGood ? 0 : 1
