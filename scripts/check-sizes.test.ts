import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { plantTree } from '#test/plant-tree.ts'
import { passed } from './check-result.ts'
import { checkSizes } from './check-sizes.ts'

const lines = (count: number) => 'export {}\n'.repeat(count)

function check(files: Record<string, string>) {
  using tree = plantTree(files)
  return checkSizes(tree.root)
}

describe('sizes and names', () => {
  it('400 lines pass with a warning, 401 fail', () => {
    assert.equal(check({ 'src/core/a.ts': lines(400) }).problems.length, 0)
    assert.equal(check({ 'src/core/a.ts': lines(400) }).warnings.length, 1)
    assert.match(check({ 'src/core/a.ts': lines(401) }).problems[0]?.message ?? '', /401 lines/)
  })

  it('generated files and migrations may be long', () => {
    const result = check({
      'src/core/db/tables.gen.ts': lines(900),
      'migrations/tenant/0001-a.sql': lines(900),
    })
    assert.deepEqual(result.problems, [])
  })

  it('the keeper fails at 800 lines in all, tests not counted', () => {
    const keeper = { 'src/keeper/a.ts': lines(399), 'src/keeper/b.ts': lines(400) }
    assert.deepEqual(check({ ...keeper, 'src/keeper/a.test.ts': lines(300) }).problems, [])
    assert.match(
      check({ ...keeper, 'src/keeper/c.ts': lines(1) }).problems[0]?.message ?? '',
      /800 lines in all/,
    )
  })

  for (const name of [
    'utils.ts',
    'user-service.ts',
    'data.ts',
    'info.schema.ts',
    'helper.ts',
    'myFile.ts',
    'File_x.ts',
  ]) {
    it(`the name ${name} is refused`, () => {
      assert.equal(check({ [`src/core/${name}`]: 'export {}' }).problems.length, 1)
    })
  }

  for (const name of [
    'database.ts',
    'information-seal.ts',
    'CaptureSnip.tsx',
    '0001-core.ts',
    'snip.schema.ts',
  ]) {
    it(`the name ${name} is fine`, () => {
      assert.deepEqual(check({ [`web/${name}`]: 'export {}' }).problems, [])
    })
  }

  it('a tree without files does not pass', () => {
    assert.equal(passed(check({ 'README.md': '' })), false)
  })
})
