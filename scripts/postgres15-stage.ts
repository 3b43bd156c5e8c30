/**
 * The stage that runs on Debian's PostgreSQL 15, the oldest server we promise to run on: the tests that ask most of SQL, once
 * more. `PANOPLY_POSTGRES_BIN=/usr/lib/postgresql/15/bin npm test` runs everything on it.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runShard, type Shard, type ShardResult } from './run-shard.ts'

export const POSTGRES15 = 'postgres15'

const BIN = '/usr/lib/postgresql/15/bin'

/** Migrations of all three kinds, the queue's functions, people and their log, search, what a tenant's login may not, and the table of rights. */
const FILES = [
  'test/postgres15/version.test.ts',
  'src/cell/region-cell.test.ts',
  'src/cell/queue.test.ts',
  'src/core/auth/accounts.test.ts',
  'src/core/search/sealed-at-rest.test.ts',
  'test/isolation/sql.test.ts',
  'test/privileges/rights.test.ts',
]

/** The files as a stage on the server in `bin`. */
export function postgres15Shard(bin = BIN): Shard {
  return {
    name: POSTGRES15,
    files: FILES,
    limitSeconds: 240,
    env: { PANOPLY_POSTGRES_BIN: bin, PANOPLY_TEST_SET_UP: '' },
  }
}

/** Runs the stage, or answers that it was skipped where there is no such server. */
export async function runPostgres15(
  root: string,
  onOutput: (text: string) => void,
  bin = BIN,
): Promise<ShardResult> {
  if (existsSync(join(bin, 'postgres'))) return runShard(root, postgres15Shard(bin), onOutput)
  const reason = `no PostgreSQL 15 in ${bin} (on Debian 12, as root: apt-get install postgresql-15)`
  const skipped = {
    kind: 'skipped',
    file: 'test/postgres15',
    name: POSTGRES15,
    milliseconds: 0,
    reason,
  } as const
  return { name: POSTGRES15, tests: [skipped], faults: [], seconds: 0, output: '' }
}
