import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoadShedder } from './load-shedder.ts'

/** How many of so many requests of a party are refused. */
function refused(shedder: LoadShedder, party: string, count: number): number {
  let refusals = 0
  for (let n = 0; n < count; n++) {
    try {
      shedder.admit(party)
    } catch {
      refusals++
    }
  }
  return refusals
}

test('while all is in time nothing is refused', () => {
  const shedder = new LoadShedder()
  for (let n = 0; n < 5; n++) {
    assert.equal(refused(shedder, 'flood', 1000), 0)
    shedder.look(20)
  }
})

test('when the process is late, whoever asks for most is refused more and more, and others nothing', () => {
  const shedder = new LoadShedder()
  const counts: number[] = []
  for (let n = 0; n < 6; n++) {
    counts.push(refused(shedder, 'flood', 1600))
    assert.equal(refused(shedder, 'calm', 40), 0)
    shedder.look(400)
  }
  assert.deepEqual(counts, [0, 800, 1200, 1400, 1500, 1500])
  for (let n = 0; n < 4; n++) shedder.look(10)
  assert.equal(refused(shedder, 'flood', 1600), 0)
})

test('however late the process is, whoever asks for little is refused nothing, though nobody asks for more', () => {
  const shedder = new LoadShedder()
  for (let second = 0; second < 10; second++) {
    assert.equal(refused(shedder, 'a newcomer', 1 + second), 0)
    shedder.look(2_000)
  }
  // Nor is somebody who asked for much before, and no longer does.
  for (let second = 0; second < 3; second++) {
    refused(shedder, 'a newcomer', 100)
    shedder.look(2_000)
  }
  assert.ok(refused(shedder, 'a newcomer', 10) > 0)
  for (let second = 0; second < 4; second++) shedder.look(2_000)
  assert.equal(refused(shedder, 'a newcomer', 10), 0)
})
