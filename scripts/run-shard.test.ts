import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { plantTree } from '#test/plant-tree.ts'
import { runShard } from './run-shard.ts'
import { renderResults } from './test-results.ts'
import { divide } from './test-stages.ts'

const HEAD = `import { before, describe, it } from 'node:test'\n`
const GOOD = `${HEAD}describe('a', () => { it('b', () => {}); it('c', { skip: 'no browser' }, () => {}) })`

async function run(files: Record<string, string>, limitSeconds = 30) {
  using tree = plantTree({ 'package.json': '{"type":"module"}', ...files })
  const names = Object.keys(files).filter((name) => name.endsWith('.test.ts'))
  return await runShard(tree.root, { name: 'shard', files: names, limitSeconds })
}

describe('a test process', () => {
  it('that is in order reports each test with its groups, and the reason of what it skipped', async () => {
    const result = await run({ 'a.test.ts': GOOD })
    assert.deepEqual(result.faults, [])
    assert.deepEqual(
      result.tests.map(({ kind, file, name, reason }) => ({ kind, file, name, reason })),
      [
        { kind: 'passed', file: 'a.test.ts', name: 'a › b', reason: undefined },
        { kind: 'skipped', file: 'a.test.ts', name: 'a › c', reason: 'no browser' },
      ],
    )
  })

  it('that ends in the middle with exit 0 is a failure', async () => {
    const result = await run({ 'a.test.ts': `${HEAD}it('a', () => process.exit(0))` })
    assert.match(result.faults.join(), /without a summary \(exit 0\)/)
  })

  it('that is killed is a failure', async () => {
    const result = await run({ 'a.test.ts': `${HEAD}it('a', () => process.kill(process.pid, 'SIGKILL'))` })
    assert.match(result.faults.join(), /without a summary \(SIGKILL\)/)
  })

  it('that never ends is ended at its limit and is a failure', async () => {
    const result = await run({ 'a.test.ts': `${HEAD}it('a', () => { for (;;) {} })` }, 1)
    assert.match(result.faults.join(), /without a summary/)
  })

  it('that leaves a timer running ends all the same', async () => {
    const result = await run({ 'a.test.ts': `${HEAD}it('a', () => { setInterval(() => {}, 1000) })` }, 20)
    assert.deepEqual(result.faults, [])
  })

  it('with a file that holds no test is a failure', async () => {
    const result = await run({ 'a.test.ts': GOOD, 'b.test.ts': 'export {}' })
    assert.match(result.faults.join(), /b.test.ts holds no test/)
  })

  it('with a file that does not load is a failure, and the other file runs', async () => {
    const result = await run({ 'a.test.ts': GOOD, 'b.test.ts': `import './gone.ts'` })
    assert.equal(result.tests.filter((test) => test.kind === 'failed').length, 1)
    assert.equal(result.tests.filter((test) => test.kind === 'passed').length, 1)
  })

  it('with a failing hook is a failure', async () => {
    const hook = `${HEAD}describe('a', () => { before(() => { throw new Error('no') }); it('b', () => {}) })`
    const result = await run({ 'a.test.ts': hook })
    assert.ok(result.tests.some((test) => test.kind === 'failed' && test.name === 'a (hook)'))
    assert.deepEqual(result.faults, [])
  })

  it('in which the hook of a file fails loses the tests of that file and of no other', async () => {
    const bad = `${HEAD}before(() => { throw new Error('no house') }); it('a', () => {})`
    const result = await run({ 'a.test.ts': bad, 'b.test.ts': GOOD })
    const failed = result.tests.filter((test) => test.kind === 'failed')
    assert.deepEqual([...new Set(failed.map(({ file }) => file))], ['a.test.ts'])
    assert.ok(failed.some((test) => test.name === '(hook)' && test.reason?.includes('no house')))
    assert.ok(result.tests.some((test) => test.kind === 'passed' && test.file === 'b.test.ts'))
    assert.deepEqual(result.faults, [])
  })

  it('closes what a file opened before it begins the next', async () => {
    const opener = (name: string) => `import { after, before, it } from 'node:test'
import assert from 'node:assert/strict'
before(() => { assert.equal(globalThis.open, undefined); globalThis.open = '${name}' })
after(() => { delete globalThis.open })
it('is alone', () => assert.equal(globalThis.open, '${name}'))`
    const result = await run({ 'a.test.ts': opener('a'), 'b.test.ts': opener('b') })
    assert.deepEqual(
      result.tests.map(({ kind }) => kind),
      ['passed', 'passed'],
    )
  })
})

describe('the closing lines', () => {
  const test = { kind: 'passed', file: 'a.test.ts', name: 'a', milliseconds: 1 } as const
  const shard = { name: 's', tests: [test], faults: [], seconds: 1, output: '' }
  const last = (results: Parameters<typeof renderResults>[0]) =>
    renderResults(results).text.split('\n').at(-1)

  it('count what passed, failed and was skipped', () => {
    assert.equal(last([shard]), '1 passed, 0 failed')
    const skipped = { ...test, kind: 'skipped', reason: 'why' } as const
    assert.equal(last([{ ...shard, tests: [test, skipped] }]), '1 passed, 0 failed, 1 skipped')
    assert.match(renderResults([{ ...shard, tests: [skipped] }]).text, /a.test.ts: a: why/)
  })

  it('count a fault as a failure', () => {
    assert.equal(last([{ ...shard, faults: ['died'] }]), '1 passed, 1 failed')
    assert.equal(renderResults([{ ...shard, faults: ['died'] }]).isGood, false)
  })

  it('fail when nothing ran', () => {
    assert.equal(last([]), '0 passed, 1 failed')
    assert.equal(renderResults([]).isGood, false)
  })

  it('every test file is in exactly one stage', () => {
    const files = [
      'src/a.test.ts',
      'web/b.test.tsx',
      'test/c.test.ts',
      'test/doors/d.test.ts',
      'test/faults/e.test.ts',
    ]
    const found = divide(files).flatMap((stage) => stage.files)
    assert.deepEqual(found.sort(), [...files].sort())
  })
})
