/** The project's own files below given folders, as sorted paths relative to the root with forward slashes. */
import { type Dirent, existsSync, readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

const SKIPPED = new Set(['node_modules', 'dist', '.git', '.runtime', '.panoply', 'test-results'])

/** Files below `folders` of `root` whose path matches `wanted`. Folders that do not exist hold no files. */
export function listFiles(root: string, folders: readonly string[], wanted: RegExp): string[] {
  const found: string[] = []
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (SKIPPED.has(entry.name)) continue
      const path = join(folder, entry.name)
      if (entry.isDirectory()) visit(path)
      else if (isFile(entry)) found.push(relative(root, path).split(sep).join('/'))
    }
  }
  for (const folder of folders) if (existsSync(join(root, folder))) visit(join(root, folder))
  return found.filter((path) => wanted.test(path)).sort()
}

// A symbolic link counts as a file: its module is resolved to the real path where arrows are checked.
function isFile(entry: Dirent): boolean {
  return entry.isFile() || entry.isSymbolicLink()
}
