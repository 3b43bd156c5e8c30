/** The one way a generator ends: it writes its file, or under --check fails when the file is not what it would write. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Writes `text` to `path`, or compares under `--check` and sets the exit code. */
export function writeOrCheck(path: string, text: string): void {
  const written = existsSync(path) ? readFileSync(path, 'utf8') : ''
  if (written === text) return
  if (process.argv.includes('--check')) {
    console.error(`${path} is stale; run npm run gen`)
    process.exitCode = 1
    return
  }
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  console.log(`wrote ${path}`)
}
