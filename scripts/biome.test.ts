import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { plantTree } from '#test/plant-tree.ts'

const ROOT = join(import.meta.dirname, '..')
const BIOME = join(ROOT, 'node_modules/@biomejs/biome/bin/biome')
const SETTINGS = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8'))

// The planted tree has no repository, so the part of the settings that asks git is left out.
const settings = JSON.stringify({ ...SETTINGS, $schema: undefined, vcs: undefined })

/** The rules that Biome reports, as `file rule`. */
function lint(files: Record<string, string>): string[] {
  using tree = plantTree({ 'biome.json': settings, ...files })
  const ended = spawnSync(
    process.execPath,
    [BIOME, 'lint', '--reporter=github', '--max-diagnostics=200', '.'],
    {
      cwd: tree.root,
      encoding: 'utf8',
    },
  )
  const found = `${ended.stdout}${ended.stderr}`.matchAll(/::error title=lint\/\w+\/(\w+),file=([^,]+)/g)
  return [...found].map((match) => `${(match[2] ?? '').replace(`${tree.root}/`, '')} ${match[1]}`)
}

describe('the lint rules of each room', () => {
  it('planted violations are all caught, and what is allowed is not', () => {
    const pg = `import pg from 'pg'\nexport const p = pg\n`
    const reported = lint({
      'src/core/db/a.ts': pg,
      'src/up/a.ts': pg,
      'src/knowledge/a.ts': pg,
      'src/server/a.ts': pg,
      'src/keeper/a.ts': pg,
      'web/a.ts': pg,
      'protocol/a.ts': pg,
      'src/core/b.ts': `import '#knowledge/x.ts'\n`,
      'src/knowledge/b.ts': `import '#trust/x.ts'\nimport '#core/x.ts'\n`,
      'src/trust/b.ts': `import '#knowledge/x.ts'\n`,
      'src/keeper/b.ts': `import '#server/x.ts'\nimport 'fastify'\n`,
      'protocol/b.ts': `import '#core/x.ts'\n`,
      'web/b.ts': `import type { A } from '#knowledge/a.schema.ts'\nexport type B = A\n`,
      'web/c.ts': `import { a } from '#knowledge/a.ts'\nexport const b = a\n`,
      'src/core/env.ts': 'export const e = process.env.HOME\n',
      'src/core/config.ts': 'export const e = process.env.HOME\n',
      'src/core/default.ts': 'export default 1\n',
      'web/vite.config.ts': 'export default 1\n',
      'src/core/any.ts': 'export const a: any = 1\n',
      'src/core/enum.ts': 'export enum A { B }\n',
      'src/core/catch.ts': 'try { await 1 } catch {}\n',
    })
    assert.deepEqual([...new Set(reported)].sort(), [
      'protocol/a.ts noRestrictedImports',
      'protocol/b.ts noRestrictedImports',
      'src/core/any.ts noExplicitAny',
      'src/core/b.ts noRestrictedImports',
      'src/core/catch.ts noEmptyBlockStatements',
      'src/core/default.ts noDefaultExport',
      'src/core/enum.ts noEnum',
      'src/core/env.ts noProcessEnv',
      'src/keeper/a.ts noRestrictedImports',
      'src/keeper/b.ts noRestrictedImports',
      'src/knowledge/a.ts noRestrictedImports',
      'src/knowledge/b.ts noRestrictedImports',
      'src/server/a.ts noRestrictedImports',
      'src/trust/b.ts noRestrictedImports',
      'web/a.ts noRestrictedImports',
      'web/c.ts noRestrictedImports',
    ])
  })
})
