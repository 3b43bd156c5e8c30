import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  consistencyRanges,
  createRootBuilder,
  inclusionRanges,
  leafHash,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts'
import { appendLeaves, growingTiles, rangeHashFromTiles, TileBroken, tileName, tilesOf } from './tiles.ts'

/** A store of tiles as the database keeps them, grown in the given steps. */
function grow(steps: readonly number[]) {
  const stored = new Map<string, Buffer>()
  const builder = createRootBuilder()
  const roots = new Map<number, Buffer>([[0, builder.root()]])
  const leaves: Buffer[] = []
  let size = 0
  for (const step of steps) {
    const fresh = Array.from({ length: step }, (_, at) => leafHash(`event ${size + at}`))
    const given = new Map(
      growingTiles(size).map((key) => [tileName(key), stored.get(tileName(key)) ?? Buffer.alloc(0)]),
    )
    const grown = appendLeaves(given, size, fresh)
    for (const tile of grown.changed) stored.set(tileName(tile), Buffer.from(tile.hashes))
    for (const leaf of fresh) builder.push(leaf.toString('hex'))
    leaves.push(...fresh)
    size = grown.size
    roots.set(size, builder.root())
    assert.deepEqual(grown.root, builder.root())
  }
  return { stored, roots, leaves, size }
}

const read = (stored: ReadonlyMap<string, Buffer>, ranges: readonly { start: number; end: number }[]) => {
  const needed = new Map(
    tilesOf(ranges).flatMap((key) => {
      const tile = stored.get(tileName(key))
      return tile ? [[tileName(key), tile] as const] : []
    }),
  )
  return ranges.map((range) => rangeHashFromTiles(range, needed))
}

test('a tree of 70,000 has the tiles that the tlog-tiles specification counts', () => {
  const { stored } = grow([70_000])
  const widths = (level: number) =>
    [...stored].filter(([name]) => name.startsWith(`${level}/`)).map(([, hashes]) => hashes.length / 32)
  assert.deepEqual(
    [widths(0).length, widths(0).filter((width) => width === 256).length, widths(0).at(-1)],
    [274, 273, 112],
  )
  assert.deepEqual(widths(1), [256, 17])
  assert.deepEqual(widths(2), [1])
  assert.deepEqual(growingTiles(256), [{ level: 1, index: 0, width: 1 }])
})

test('however a tree grows, its roots and every proof from its tiles are right', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 }),
      fc.nat(),
      fc.nat(),
      (steps, a, b) => {
        const { stored, roots, leaves, size } = grow(steps)
        const sizes = [...roots.keys()]
        const to = sizes[a % sizes.length] ?? size
        const from =
          sizes.filter((other) => other <= to)[b % sizes.filter((other) => other <= to).length] ?? 0
        const [rootFrom, rootTo] = [roots.get(from) ?? Buffer.alloc(0), roots.get(to) ?? Buffer.alloc(0)]
        assert.ok(verifyConsistency(from, to, read(stored, consistencyRanges(from, to)), rootFrom, rootTo))
        const position = b % size
        const leaf = leaves[position] ?? Buffer.alloc(0)
        const proof = read(stored, inclusionRanges(position, size))
        assert.ok(verifyInclusion(leaf, position, size, proof, roots.get(size) ?? Buffer.alloc(0)))
      },
    ),
    { numRuns: 60 },
  )
})

test('a tile that is missing or too short is refused, not guessed', () => {
  const { stored } = grow([300])
  stored.delete('0/1')
  assert.throws(() => read(stored, [{ start: 0, end: 300 }]), TileBroken)
  assert.throws(
    () => appendLeaves(new Map([['0/1', Buffer.alloc(43 * 32)]]), 300, [leafHash('x')]),
    TileBroken,
  )
})
