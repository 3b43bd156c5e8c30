/**
 * What a test process runs: the files that PANOPLY_TEST_FILES names, one after the other, each a group of its own. So a file's hooks are
 * its own: what it opens is closed before the next begins, and a hook that fails takes no other file with it.
 */
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { describe } from 'node:test'
import './at-the-end.ts'

const load = createRequire(import.meta.url)
const files: readonly string[] = JSON.parse(process.env.PANOPLY_TEST_FILES ?? '[]')
for (const file of files) {
  describe(file, () => {
    load(resolve(file))
  })
}
