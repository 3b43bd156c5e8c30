import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pauseAfter } from './run-prober.ts'

const calm = { least: 10_000, isBusy: false, last: 10_000 }

test('trying takes a hundredth of the time at the most, however long it took', () => {
  for (const spent of [0, 1, 50, 101, 500, 5_000, 60_000]) {
    const rest = pauseAfter(spent, calm)
    assert.ok(rest >= 10_000)
    assert.ok(spent / (spent + rest) <= 0.01 + 1e-12, `${spent} ms, then ${rest} ms`)
  }
})

test('a cell that cannot answer is left alone longer each time, up to ten minutes', () => {
  let last = 10_000
  for (let times = 0; times < 12; times++) last = pauseAfter(20, { least: 10_000, isBusy: true, last })
  assert.equal(last, 600_000)
  assert.equal(pauseAfter(20, { least: 10_000, isBusy: false, last }), 10_000)
})
