// Folders in memory where parsers work. Must stay true: mode 0700, never under the home, gone after the job, and what a
// killed worker left is wiped at the next start.
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Where the work folders of an installation are: in /dev/shm where there is one, else in the run folder. */
export async function workRootOf(runFolder: string): Promise<string> {
  const memory = await stat('/dev/shm').catch(() => null)
  // Everybody's /dev/shm: two homes must not wipe each other's work because their run folders end alike.
  const own = createHash('sha256').update(runFolder).digest('hex').slice(0, 16)
  return memory?.isDirectory() ? join('/dev/shm', `panoply-work-${own}`) : join(runFolder, 'work')
}

/** Makes an empty root for work folders. */
export async function openWorkRoot(runFolder: string): Promise<string> {
  const root = await workRootOf(runFolder)
  await rm(root, { recursive: true, force: true })
  // Not recursive: a folder that is there again belongs to somebody else.
  await mkdir(root, { mode: 0o700 })
  return root
}

/** A fresh folder for one job; its owner removes it. */
export interface WorkFolder {
  readonly path: string
  remove(): Promise<void>
}

/** Makes a work folder below the root. */
export async function openWorkFolder(root: string): Promise<WorkFolder> {
  const path = await mkdtemp(join(root, 'job-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}
