import assert from 'node:assert/strict'
import { test } from 'node:test'
import { takeRandom } from './random-pool.ts'

test('no bytes are handed out twice, over many fillings of the pool', () => {
  const seen = new Set<string>()
  for (let i = 0; i < 20_000; i++) seen.add(takeRandom(i % 2 === 0 ? 12 : 32).toString('hex'))
  assert.equal(seen.size, 20_000)
})

test("what was taken is the caller's own", () => {
  const first = takeRandom(16)
  const kept = first.toString('hex')
  first.fill(0xff)
  for (let i = 0; i < 5_000; i++) assert.notEqual(takeRandom(16).toString('hex'), kept)
  assert.equal(first.toString('hex'), 'ff'.repeat(16))
})

test('ones and zeros come about equally often', () => {
  let ones = 0
  for (let i = 0; i < 1_000; i++)
    for (const byte of takeRandom(32)) ones += byte.toString(2).replaceAll('0', '').length
  assert.ok(Math.abs(ones - 128_000) < 1_500, `${ones} of 256000 bits`)
})
