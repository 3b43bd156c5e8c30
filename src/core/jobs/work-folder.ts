// Folders in memory where parsers work. Must stay true: mode 0700, never under the home, gone after the job, and what a
// killed worker left is wiped at the next start.
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** Makes an empty root for work folders: in /dev/shm where there is one, else in the run folder. */
export async function openWorkRoot(runFolder: string): Promise<string> {
  const memory = await stat('/dev/shm').catch(() => null)
  const root = memory?.isDirectory() ? join('/dev/shm', `${basename(runFolder)}-work`) : join(runFolder, 'work')
  await rm(root, { recursive: true, force: true })
  await mkdir(root, { recursive: true, mode: 0o700 })
  return root
}

/** Runs `work` in a fresh folder and removes the folder whatever happens. */
export async function inWorkFolder<T>(root: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(root, 'job-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
