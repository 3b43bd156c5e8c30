/** Which test file runs in which process, and for how long it may. */
import { POSTGRES15 } from './postgres15-stage.ts'
import type { Shard } from './run-shard.ts'

/** Stages with one installation each, which leave it standing: what they hold shares it. The first is the longest of all. */
const LONGEST_STAGE = ['uploads', 'e2e']
const HOUSE_STAGE = ['doors', 'isolation', 'privileges']
/** Stages that start installations of their own; who kills and starves takes longer with more rounds. */
const OWN_STAGES = ['faults', 'plaintext']
const STAGES = [...LONGEST_STAGE, ...HOUSE_STAGE, ...OWN_STAGES]

/** Rounds of killing beyond the usual 30 take their time. */
const LONGER_DRILL_SECONDS = Math.max(0, Number(process.env.PANOPLY_FAULT_ROUNDS ?? 30) - 30) * 15

/** Where test files live; a file in none of these folders would never run. */
export const TEST_FOLDERS = ['src', 'protocol', 'web', 'widgets', 'agent', 'scripts', 'bench', 'dev', 'test']

/** Divides the test files into what may run side by side, the longest first. */
export function divide(files: readonly string[]): Shard[] {
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
    limitSeconds: 1_500,
  }))
  const all = [
    stage(LONGEST_STAGE, 1_200),
    ...shards,
    stage(HOUSE_STAGE, 1_200),
    ...OWN_STAGES.map((name) => stage([name], 600 + LONGER_DRILL_SECONDS)),
  ]
  return all.filter((shard) => shard.files.length > 0)
}
