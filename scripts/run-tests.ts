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

/** Stages that one installation serves, because they leave it standing. */
const HOUSE_STAGES = ['doors', 'isolation', 'privileges', 'uploads', 'e2e']
/** Stages that need a whole installation each. */
const OWN_STAGES = ['plaintext', 'faults']
const STAGES = [...HOUSE_STAGES, ...OWN_STAGES]

/** Where test files live; a file in none of these folders would never run. */
const FOLDERS = ['src', 'protocol', 'web', 'widgets', 'agent', 'scripts', 'bench', 'dev', 'test']

/** Divides the test files: two shards side by side, and the stages that follow one after another. */
export function divide(files: readonly string[]): { shards: Shard[]; stages: Shard[] } {
  const stageOf = (file: string) => [...STAGES, POSTGRES15].find((stage) => file.startsWith(`test/${stage}/`))
  const beside = files.filter((file) => stageOf(file) === undefined)
  const shards = [0, 1].map((shard) => ({
    name: `tests ${shard + 1} of 2`,
    files: beside.filter((_, index) => index % 2 === shard),
    limitSeconds: 300,
  }))
  const stages = [
    {
      name: HOUSE_STAGES.join(', '),
      files: files.filter((file) => HOUSE_STAGES.includes(stageOf(file) ?? '')),
      limitSeconds: 480,
    },
    ...OWN_STAGES.map((stage) => ({
      name: stage,
      files: files.filter((file) => stageOf(file) === stage),
      limitSeconds: 480,
    })),
  ]
  return { shards: shards.filter(hasFiles), stages: stages.filter(hasFiles) }
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

async function runAll(root: string, words: readonly string[]): Promise<ShardResult[]> {
  const all = listFiles(root, FOLDERS, /\.test\.tsx?$/)
  const chosen = words.length === 0 ? all : all.filter((file) => words.some((word) => file.includes(word)))
  const { shards, stages } = divide(chosen)
  const say = (text: string) => process.stdout.write(text)
  const results: ShardResult[] = []
  if (words.length === 0) results.push(await checkStage(root))
  results.push(...(await Promise.all(shards.map((shard) => runShard(root, shard, say)))))
  for (const stage of stages) results.push(await runShard(root, stage, say))
  if (words.length === 0 || words.includes(POSTGRES15)) results.push(await runPostgres15(root, say))
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
