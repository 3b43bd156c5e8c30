import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const place = mkdtempSync(join(tmpdir(), 'panoply-memory-'))
after(() => rmSync(place, { recursive: true }))

/** What a process answers that opens a folder below `place` and ends. */
function opened(least: number): string {
  const script = `import { openMemoryFolder } from '${new URL('memory-folder.ts', import.meta.url).href}'
    const folder = openMemoryFolder('${place}', ${least})
    process.stdout.write(String(folder))`
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module-typescript', '-e', script],
    {
      encoding: 'utf8',
    },
  )
  assert.equal(status, 0, stderr)
  return stdout
}

test('a folder goes with its process, and takes along what a killed one left', () => {
  // No process has an id as high as this.
  const left = join(place, 'pt99999999')
  mkdirSync(left)
  writeFileSync(join(left, 'file'), 'left')
  mkdirSync(join(place, `pt${process.pid}`))
  mkdirSync(join(place, 'ptolemy'))
  const folder = opened(1)
  assert.ok(folder.startsWith(join(place, 'pt')), folder)
  assert.equal(existsSync(folder), false)
  assert.deepEqual(readdirSync(place).sort(), [`pt${process.pid}`, 'ptolemy'].sort())
})

test('where memory is short there is none', () => {
  assert.equal(opened(Number.MAX_SAFE_INTEGER), 'null')
})
