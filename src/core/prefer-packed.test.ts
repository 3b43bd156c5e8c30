import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'

const project = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'panoply-packed-'))
after(() => rmSync(folder, { recursive: true }))

/** An app with one package, installed and packed in the given versions. @returns what an import of it says of itself */
function importedFrom(name: string, packed: string | null): string {
  const app = join(folder, name)
  const installed = join(app, 'node_modules/large')
  mkdirSync(installed, { recursive: true })
  writeFileSync(
    join(installed, 'package.json'),
    JSON.stringify({ name: 'large', version: '1.2.3', type: 'module', exports: './large.js' }),
  )
  writeFileSync(join(installed, 'large.js'), 'export const origin = "installed"')
  if (packed) {
    mkdirSync(join(app, 'dist/packed'), { recursive: true })
    const index = { large: { version: packed, files: { large: 'large.mjs' } } }
    writeFileSync(join(app, 'dist/packed/index.json'), JSON.stringify(index))
    writeFileSync(join(app, 'dist/packed/large.mjs'), 'export const origin = "packed"')
  }
  writeFileSync(join(app, 'first.mjs'), 'export { origin } from "large"')
  const script = `const { preferPacked } = await import(${JSON.stringify(join(project, 'src/core/prefer-packed.ts'))})
    preferPacked(${JSON.stringify(app)})
    process.stdout.write((await import(${JSON.stringify(join(app, 'first.mjs'))})).origin)`
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
}

describe('a large package', () => {
  it('is loaded from its packed file', () => {
    assert.equal(importedFrom('fresh', '1.2.3'), 'packed')
  })

  it('is loaded as installed when another version of it was packed, or none', () => {
    assert.equal(importedFrom('stale', '1.2.2'), 'installed')
    assert.equal(importedFrom('bare', null), 'installed')
  })

  it('gives under every name we import it by what the installed one gives', () => {
    const names = ['typebox', 'typebox/compile', 'typebox/value', 'kysely']
    const out = join(folder, 'real')
    mkdirSync(out)
    execFileSync(process.execPath, [join(project, 'scripts/pack-packages.mjs'), join(out, 'dist/packed')])
    symlinkSync(join(project, 'node_modules'), join(out, 'node_modules'))
    // A process each, because a module once resolved stays what it is.
    const exportsIn = (app: string): Record<string, string[]> => {
      const script = `const { preferPacked } = await import(${JSON.stringify(join(project, 'src/core/prefer-packed.ts'))})
        const packed = preferPacked(${JSON.stringify(app)})
        const all = { packed }
        for (const name of process.argv.slice(1)) all[name] = Object.keys(await import(name)).sort()
        process.stdout.write(JSON.stringify(all))`
      const args = ['--input-type=module', '-e', script, ...names]
      return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', cwd: project }))
    }
    const { packed, ...ours } = exportsIn(out)
    const { packed: none, ...installed } = exportsIn(join(folder, 'nothing'))
    assert.deepEqual(packed, names)
    assert.deepEqual(none, [])
    assert.ok(installed.kysely && installed.kysely.length > 100)
    assert.deepEqual(ours, installed)
  })
})
