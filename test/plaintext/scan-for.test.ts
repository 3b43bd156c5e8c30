import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { plantTree } from '../plant-tree.ts'
import { type Clean, scanFor } from './scan-for.ts'

const STEM = 'zqvxplant'

describe('the scan', () => {
  const planted: [string, string][] = [
    ['text', `before ${STEM}ed after`],
    ['capitals', STEM.toUpperCase()],
    ['base64 at 0', Buffer.from(`${STEM}tail`).toString('base64')],
    ['base64 at 1', Buffer.from(`a${STEM}tail`).toString('base64')],
    ['base64 at 2', Buffer.from(`ab${STEM}tail`).toString('base64')],
    [
      'base64url in the middle',
      Buffer.from(`some words in front, ${STEM}, and behind`).toString('base64url'),
    ],
    ['hex', Buffer.from(`a${STEM}b`).toString('hex')],
    ['UTF-16', Buffer.from(`a${STEM}b`, 'utf16le').toString('latin1')],
    ['UTF-16 at an odd offset', `x${Buffer.from(STEM, 'utf16le').toString('latin1')}`],
    ['JSON', JSON.stringify({ word: STEM })],
  ]
  for (const [form, text] of planted) {
    it(`finds ${form}`, () => {
      using tree = plantTree({ 'deep/er/file': text })
      assert.ok(scanFor(STEM, [tree.root]).leaks.length > 0)
    })
  }

  it('finds a name of a file', () => {
    using tree = plantTree({ [`x-${STEM}.pdf`]: '' })
    assert.equal(scanFor(STEM, [tree.root]).leaks[0]?.form, 'file name')
  })

  it('finds what came into a file that was clean', async () => {
    using tree = plantTree({ a: 'y'.repeat(20), b: 'b' })
    const clean: Clean = new Map()
    assert.equal(scanFor(STEM, [tree.root], clean).leaks.length, 0)
    assert.equal(clean.size, 0, 'too young to be believed')
    await pause(1_100)
    assert.equal(scanFor(STEM, [tree.root], clean).leaks.length, 0)
    assert.equal(clean.size, 2)
    writeFileSync(join(tree.root, 'a'), STEM.padEnd(20, 'y'))
    const { files, bytes, leaks } = scanFor(STEM, [tree.root], clean)
    assert.deepEqual([files, bytes, leaks.map(({ form }) => form)], [2, 21, ['text']])
    assert.equal(scanFor(STEM, [tree.root], clean).leaks.length, 1, 'and goes on finding it')
  })

  it('finds nothing where nothing is, and says how much it looked at', () => {
    using tree = plantTree({ a: 'zqvx plant', b: 'x'.repeat(1000) })
    assert.deepEqual(scanFor(STEM, [tree.root]), { files: 2, bytes: 1010, leaks: [] })
  })
})
