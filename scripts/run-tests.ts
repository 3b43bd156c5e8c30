/**
 * The test run: checks, then every test file in its stage, then the figures. A stage that dies, says nothing or runs
 * no test is a failure. The last line is `N passed, N failed`, with `, N skipped` when something was left out.
 */
import { runChecks } from './check.ts'
import { listFiles } from './list-files.ts'
import { POSTGRES15, runPostgres15 } from './postgres15-stage.ts'
import { runShard, type Shard, type ShardResult } from './run-shard.ts'
import { signTests } from './sign-tests.ts'

const SLOWEST = 10

/** Stages with one installation each, which leave it standing: what they hold shares it. The longest first. */
const HOUSE_STAGES = [
  ['doors', 'isolation', 'privileges'],
  ['uploads', 'e2e'],
]
/** Stages that start installations of their own. */
const OWN_STAGES = ['plaintext']
/** Stages that kill and starve what runs, and have the machine to themselves at the end. */
const LAST_STAGES = ['faults']
const STAGES = [...HOUSE_STAGES.flat(), ...OWN_STAGES, ...LAST_STAGES]

/** So many processes of tests run side by side: one a core of the smallest machine we promise to run on. */
const LANES = 2

/** Rounds of killing beyond the usual 30 take their time. */
const LONGER_DRILL_SECONDS = Math.max(0, Number(process.env.PANOPLY_FAULT_ROUNDS ?? 30) - 30) * 15

/** Where test files live; a file in none of these folders would never run. */
const FOLDERS = ['src', 'protocol', 'web', 'widgets', 'agent', 'scripts', 'bench', 'dev', 'test']

/** Divides the test files: what may run side by side, the longest first, and what follows alone. */
export function divide(files: readonly string[]): { beside: Shard[]; last: Shard[] } {
  const stageOf = (file: string) => [...STAGES, POSTGRES15].find((stage) => file.startsWith(`test/${stage}/`))
  const stage = (names: readonly string[], limitSeconds: number): Shard => ({
    name: names.join(', '),
    files: files.filter((file) => names.includes(stageOf(file) ?? '')),
    limitSeconds,
  })
  const units = files.filter((file) => stageOf(file) === undefined)
  const shards = [0, 1].map((shard) => ({
    name: `tests ${shard + 1} of 2`,
    files: units.filter((_, index) => index % 2 === shard),
    limitSeconds: 900,
  }))
  const beside = [
    ...HOUSE_STAGES.map((names) => stage(names, 900)),
    ...shards,
    ...OWN_STAGES.map((name) => stage([name], 480)),
  ]
  return {
    beside: beside.filter(hasFiles),
    last: LAST_STAGES.map((name) => stage([name], 480 + LONGER_DRILL_SECONDS)).filter(hasFiles),
  }
}

function hasFiles(shard: Shard): boolean {
  return shard.files.length > 0
}

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
  const all = listFiles(root, FOLDERS, /\.test\.tsx?$/)
  const chosen = words.length === 0 ? all : all.filter((file) => words.some((word) => file.includes(word)))
  const { beside, last } = divide(chosen)
  const say = (text: string) => process.stdout.write(text)
  const results: ShardResult[] = []
  if (words.length === 0) results.push(await checkStage(root))
  const jobs = beside.map((shard) => () => runShard(root, shard, say))
  if (words.length === 0 || words.includes(POSTGRES15)) jobs.push(() => runPostgres15(root, say))
  results.push(...(await inLanes(jobs)))
  for (const stage of last) results.push(await runShard(root, stage, say))
  return results
}

if (import.meta.main) {
  const words = process.argv.slice(2)
  const results = await runAll(process.cwd(), words)
  // A part of the suite shows nothing about the whole; what failed is signed like what passed.
  if (words.length === 0) {
    const tests = results.flatMap((result) => result.tests)
    signTests(process.cwd(), tests)
  }
  const { text, isGood } = renderResults(results)
  console.log(text)
  process.exitCode = isGood ? 0 : 1
}
