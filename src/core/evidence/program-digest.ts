// Which program this is: one SHA-256 over everything that runs on the server, tests left out. A test's result counts for the
// program it was run on and no other.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

const PARTS = ['src', 'protocol', 'migrations'] as const

/** The digest (hex) of the program in a folder that holds src/, protocol/ and migrations/. Takes some 50 ms. */
export function programDigest(appFolder: string): string {
  const sum = createHash('sha256')
  for (const part of PARTS) {
    const files = readdirSync(join(appFolder, part), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|sql)$/.test(entry.name) && !/\.test\.ts$/.test(entry.name))
      .map((entry) => relative(appFolder, join(entry.parentPath, entry.name)).split(sep).join('/'))
      .sort()
    for (const file of files) {
      sum.update(`${file}\0`)
      sum.update(
        createHash('sha256')
          .update(readFileSync(join(appFolder, file)))
          .digest(),
      )
    }
  }
  return sum.digest('hex')
}
