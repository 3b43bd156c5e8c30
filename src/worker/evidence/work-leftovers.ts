// P9-23: what a job unpacked is gone when the job is. Folders of jobs older than the longest job may be are leftovers.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { judge } from '#core/evidence/evidence.ts'
import type { WorkerProbe } from './worker-ground.ts'

/** No job runs that long; its parsers are ended much earlier. */
const LONGEST_MS = 60 * 60_000

/** The folder where parsers work, and who may read it. */
export const workLeftovers: WorkerProbe = async ({ workRoot }) => {
  const faults: string[] = []
  if (workRoot === null) return judge({}, faults)
  const root = await stat(workRoot)
  if ((root.mode & 0o077) !== 0) faults.push('the work folder is open to others than the worker')
  const names = await readdir(workRoot)
  for (const name of names) {
    const found = await stat(join(workRoot, name)).catch(() => null)
    if (found && Date.now() - found.mtimeMs > LONGEST_MS) faults.push(`${name} was left by a job that ended`)
  }
  return judge({ folders: 1, jobs: names.length }, faults)
}
