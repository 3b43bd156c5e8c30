// Which program this is: one SHA-256 over everything that runs on the server, with what it reads of its own making and the versions of
// the packages it asks for; tests left out. A test's result counts for the program it was run on and no other.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

const PARTS = ['src', 'protocol', 'migrations', 'generated'] as const

/** The digest (hex) of the program in a folder that holds these parts and package.json. Takes some 50 ms. */
export function programDigest(appFolder: string): string {
  const sum = createHash('sha256')
  const add = (file: string): void => {
    const digest = createHash('sha256').update(readFileSync(join(appFolder, file)))
    sum.update(`${file}\0`).update(digest.digest())
  }
  for (const part of PARTS) {
    const files = readdirSync(join(appFolder, part), { recursive: true, withFileTypes: true })
      .filter(
        (entry) => entry.isFile() && /\.(ts|sql|json)$/.test(entry.name) && !/\.test\.ts$/.test(entry.name),
      )
      .map((entry) => relative(appFolder, join(entry.parentPath, entry.name)).split(sep).join('/'))
      .sort()
    for (const file of files) add(file)
  }
  add('package.json')
  return sum.digest('hex')
}
