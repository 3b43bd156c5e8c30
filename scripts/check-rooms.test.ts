import assert from 'node:assert/strict'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { plantTree } from '#test/plant-tree.ts'
import { passed } from './check-result.ts'
import { checkRooms } from './check-rooms.ts'

const MANIFEST = JSON.stringify({
  imports: {
    '#protocol/*': './protocol/*',
    '#core/*': './src/core/*',
    '#knowledge/*': './src/knowledge/*',
    '#trust/*': './src/trust/*',
    '#server/*': './src/server/*',
    '#keeper/*': './src/keeper/*',
    '#src/*': './src/*',
    '#test/*': './test/*',
  },
  dependencies: { pg: '1', kysely: '1', fastify: '1' },
  devDependencies: { vite: '1', '@types/pg': '1' },
})

const GOOD = {
  'package.json': MANIFEST,
  'protocol/a.ts': 'export const a = 1',
  'src/core/a.ts': `import { a } from '#protocol/a.ts'\nexport const b = a`,
  'src/core/db/pool.ts': `import pg from 'pg'\nimport { b } from '../a.ts'\nexport const pool = [pg, b]`,
  'src/knowledge/a.schema.ts': 'export type A = 1',
  'src/knowledge/a.ts': `import { b } from '#core/a.ts'\nexport const c = b`,
  'src/trust/a.ts': 'export const t = 1',
  'src/server/app.ts': `import { c } from '#knowledge/a.ts'\nexport const d = c`,
  'src/keeper/a.ts': 'export const k = 1',
  'test/harness.ts': 'export const h = 1',
  'web/App.tsx': `import type { A } from '#knowledge/a.schema.ts'\nexport const x: A = 1`,
}

function problemsWith(files: Record<string, string>): string[] {
  using tree = plantTree({ ...GOOD, ...files })
  return checkRooms(tree.root).problems.map((problem) => `${problem.file} ${problem.message}`)
}

describe('the arrows of the house', () => {
  it('a house in order has no problem', () => {
    assert.deepEqual(problemsWith({}), [])
  })

  it('a tree without modules does not pass', () => {
    using tree = plantTree({ 'package.json': MANIFEST })
    const result = checkRooms(tree.root)
    assert.equal(result.seen, 0)
    assert.equal(passed(result), false)
  })

  const planted: [string, Record<string, string>, RegExp][] = [
    [
      'core importing a product',
      { 'src/core/x.ts': `import '#knowledge/a.ts'` },
      /core must not import src\/knowledge/,
    ],
    [
      'a product importing another',
      { 'src/trust/x.ts': `import '#knowledge/a.ts'` },
      /trust must not import/,
    ],
    [
      'a type alone against the arrow',
      { 'src/core/x.ts': `import type { c } from '#knowledge/a.ts'` },
      /must not import/,
    ],
    [
      'a type in import()',
      { 'src/core/x.ts': `export type X = import('#knowledge/a.ts').C` },
      /must not import/,
    ],
    [
      'a re-export against the arrow',
      { 'src/core/x.ts': `export { c } from '#knowledge/a.ts'` },
      /must not import/,
    ],
    ['a dynamic import', { 'src/core/x.ts': `await import('#knowledge/a.ts')` }, /must not import/],
    ['a require', { 'src/core/x.ts': `require('../knowledge/a.ts')` }, /must not import/],
    ['a detour of dots', { 'src/core/x.ts': `import '../../src/./knowledge/a.ts'` }, /must not import/],
    ['a computed import', { 'src/core/x.ts': `await import('#know' + 'ledge')` }, /computed path/],
    [
      'an import commented out is none',
      { 'src/core/x.ts': `// import '#knowledge/a.ts'\nexport const s = "import '#knowledge/a.ts'"` },
      /^$/,
    ],
    ['protocol importing core', { 'protocol/x.ts': `import '#core/a.ts'` }, /protocol must not import/],
    [
      'the keeper importing a product',
      { 'src/keeper/x.ts': `import '#knowledge/a.ts'` },
      /keeper must not import/,
    ],
    ['an edge importing an edge', { 'src/server/x.ts': `import '#keeper/a.ts'` }, /server must not import/],
    [
      'web loading a schema',
      { 'web/B.tsx': `import { A } from '#knowledge/a.schema.ts'` },
      /web must not import/,
    ],
    [
      'web importing code for its type',
      { 'web/B.tsx': `import type { c } from '#knowledge/a.ts'` },
      /web must not import/,
    ],
    ['src importing test', { 'src/core/x.ts': `import '#test/harness.ts'` }, /core must not import test/],
    [
      'a relative path between rooms',
      { 'src/server/x.ts': `import '../knowledge/a.ts'` },
      /without #knowledge\//,
    ],
    ['an alias inside a room', { 'src/core/x.ts': `import '#core/a.ts'` }, /write a relative path/],
    ['a path that does not exist', { 'src/core/x.ts': `import './gone.ts'` }, /does not exist/],
    ['a path outside the project', { 'src/core/x.ts': `import '/etc/passwd'` }, /outside the project/],
    ['pg outside core/db', { 'src/core/x.ts': `import pg from 'pg'` }, /imports pg/],
    ['a type of pg outside core', { 'src/knowledge/x.ts': `import type pg from 'pg'` }, /imports pg/],
    [
      'a product that opens a tenant by itself',
      { 'src/knowledge/x.ts': `export const y = (ctx: any) => ctx.tenant('t')` },
      /passes the door/,
    ],
    [
      'a product with a blob store of its own',
      { 'src/knowledge/x.ts': `export const y = (openBlobStore: any) => openBlobStore('/')` },
      /passes the door/,
    ],
    [
      'new Kysely outside core/db',
      { 'src/core/x.ts': `import { Kysely } from 'kysely'\nnew Kysely({})` },
      /makes a Kysely/,
    ],
    ['a package nobody declared', { 'src/core/x.ts': `import 'left-pad'` }, /does not declare/],
    ['a devDependency at run time', { 'src/core/x.ts': `import 'vite'` }, /devDependency, at run time/],
    ['a file in no room', { 'src/lost.ts': '' }, /stands in no room/],
    ['a file that does not parse', { 'src/core/x.ts': 'const = 1' }, /does not parse/],
    [
      'importing a test',
      { 'src/core/x.test.ts': '', 'src/core/y.ts': `import './x.test.ts'` },
      /imports the test/,
    ],
    [
      'a cycle',
      {
        'src/core/x.ts': `import './y.ts'`,
        'src/core/y.ts': `import './z.ts'`,
        'src/core/z.ts': `import './x.ts'`,
      },
      /import cycle: src\/core\/x.ts -> src\/core\/y.ts -> src\/core\/z.ts/,
    ],
    [
      'a cycle of types alone is none',
      {
        'src/core/x.ts': `import './y.ts'`,
        'src/core/y.ts': `import type { X } from './x.ts'\nexport type Y = X`,
      },
      /^$/,
    ],
    ['a test using the harness is fine', { 'src/core/x.test.ts': `import '#test/harness.ts'` }, /^$/],
  ]
  for (const [name, files, expected] of planted) {
    it(name, () => {
      const problems = problemsWith(files)
      assert.match(problems.join('\n'), expected)
    })
  }

  it('a symbolic link is followed to the file it names', () => {
    using tree = plantTree({ ...GOOD, 'src/core/x.ts': `import './link.ts'` })
    symlinkSync(join(tree.root, 'src/knowledge/a.ts'), join(tree.root, 'src/core/link.ts'))
    const messages = checkRooms(tree.root).problems.map((problem) => problem.message)
    assert.match(messages.join('\n'), /core must not import src\/knowledge\/a.ts/)
  })
})
