import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { plantTree } from '#test/plant-tree.ts'
import { checkNode18 } from './check-node18.ts'
import { passed } from './check-result.ts'

const manifest = JSON.stringify({ scripts: { start: 'exec node scripts/start.mjs', check: 'node x.ts' } })

function check(start: string, more: Record<string, string> = {}) {
  using tree = plantTree({ 'package.json': manifest, 'scripts/start.mjs': start, ...more })
  return checkNode18(tree.root)
}

describe('what runs before the pinned Node is there', () => {
  it('passes when it is plain', () => {
    const result = check(
      "import { join } from 'node:path'\nimport { a } from './a.mjs'\nconst v = /v/.test(join(a))",
      {
        'scripts/a.mjs': '// once Promise.withResolvers is everywhere\nexport const a = 1',
      },
    )
    assert.deepEqual(result.problems, [])
    assert.equal(result.seen, 2)
  })

  for (const line of [
    'const here = import.meta.dirname',
    'const { promise } = Promise.withResolvers()',
    'const sorted = names.toSorted()',
    'const by = Object.groupBy(names, (name) => name[0])',
    "import text from './a.json' with { type: 'json' }",
    '  using file = open()',
    "import { globSync } from 'node:fs'",
    "import pg from 'pg'",
    "const pg = await import('pg')",
  ]) {
    it(`refuses ${line.trim()}`, () => {
      assert.equal(check(line, { 'scripts/a.json': '{}' }).problems.length, 1)
    })
  }

  it('looks into what is imported', () => {
    const deep = check("import { a } from './a.mjs'", {
      'scripts/a.mjs': 'export const a = import.meta.dirname',
    })
    assert.equal(deep.problems[0]?.file, 'scripts/a.mjs')
    assert.match(check("import './gone.mjs'").problems[0]?.message ?? '', /not there/)
  })

  it('does not pass when it saw nothing', () => {
    using tree = plantTree({ 'package.json': '{}' })
    assert.equal(passed(checkNode18(tree.root)), false)
  })
})
