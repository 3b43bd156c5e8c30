/** Runs test files in one process, without isolation between them, and answers what it recorded and what is wrong. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Ended, runCommand } from './run-command.ts'
import { isPlaceholder, readRecord, shardFaults, type TestLine } from './test-record.ts'

export interface Shard {
  readonly name: string
  readonly files: readonly string[]
  readonly limitSeconds: number
  /** Set for its process besides what ours has. */
  readonly env?: Readonly<Record<string, string>>
}

export interface ShardResult {
  readonly name: string
  readonly tests: readonly TestLine[]
  /** Each counts as one failure. */
  readonly faults: readonly string[]
  readonly seconds: number
  readonly output: string
}

/** Runs one shard below `root`. Output is passed on as it comes. */
export async function runShard(
  root: string,
  shard: Shard,
  onOutput?: (text: string) => void,
): Promise<ShardResult> {
  const folder = mkdtempSync(join(tmpdir(), 'panoply-tests-'))
  const path = join(folder, 'record')
  try {
    const ended = await runCommand(process.execPath, FLAGS, {
      cwd: root,
      env: {
        ...shard.env,
        PANOPLY_TEST_FILES: JSON.stringify(shard.files),
        PANOPLY_TEST_RECORD: path,
        NODE_ENV: 'test',
        NODE_TEST_CONTEXT: '',
      },
      limitMilliseconds: shard.limitSeconds * 1000,
      ...(onOutput ? { onOutput } : {}),
    })
    return result(shard, ended, path)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const besideThis = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

const FLAGS = [
  '--test',
  '--test-isolation=none',
  // A socket or timer that a test leaves open must not hold up the run.
  '--test-force-exit',
  '--disable-warning=ExperimentalWarning',
  `--test-reporter=${besideThis('test-reporter.ts')}`,
  '--test-reporter-destination=stdout',
  besideThis('../test/entry.ts'),
]

function result(shard: Shard, ended: Ended, path: string): ShardResult {
  const record = readRecord(path)
  const faults = shardFaults(record, shard.files, ended).map((fault) => `${shard.name}: ${fault}`)
  return {
    name: shard.name,
    tests: record.tests.filter((test) => !isPlaceholder(test)),
    faults,
    seconds: ended.milliseconds / 1000,
    output: ended.output,
  }
}
