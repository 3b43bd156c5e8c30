import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { corpusJson } from '#test/vectors/corpus.ts'
import {
  consistencyRanges,
  createRootBuilder,
  EMPTY_ROOT,
  inclusionRanges,
  leafHash,
  nodeHash,
  type PerfectHash,
  rangeHash,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts'

// Published vectors of github.com/transparency-dev/merkle (proof/verify_test.go), the reference of RFC 6962 logs.
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
]
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]
const INCLUSION: [leaf: number, size: number, proof: string[]][] = [
  [1, 1, []],
  [
    1,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    6,
    8,
    [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [3, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
  [
    2,
    5,
    [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  ],
]
const CONSISTENCY: [from: number, to: number, proof: string[]][] = [
  [1, 1, []],
  [
    1,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    6,
    8,
    [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [
    2,
    5,
    [
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  ],
  [
    6,
    7,
    [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
]

const bytes = (hex: string) => Buffer.from(hex, 'hex')
const HASHES = LEAVES.map((leaf) => leafHash(bytes(leaf)))
const root = (size: number) => bytes(ROOTS[size - 1] ?? '')

/** RFC 6962 2.1 word for word: the other opinion. */
function naiveRoot(hashes: readonly Buffer[]): Buffer {
  const [only] = hashes
  if (!only) return EMPTY_ROOT
  if (hashes.length === 1) return only
  let split = 1
  while (split * 2 < hashes.length) split *= 2
  return nodeHash(naiveRoot(hashes.slice(0, split)), naiveRoot(hashes.slice(split)))
}

const perfectOf =
  (hashes: readonly Buffer[]): PerfectHash =>
  (height, index) =>
    naiveRoot(hashes.slice(index * 2 ** height, (index + 1) * 2 ** height))

test('roots are those of the published vectors', () => {
  assert.equal(EMPTY_ROOT.toString('hex'), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  const builder = createRootBuilder()
  assert.deepEqual(builder.root(), EMPTY_ROOT)
  HASHES.forEach((hash, at) => {
    builder.push(hash.toString('hex'))
    assert.equal(builder.root().toString('hex'), ROOTS[at])
    assert.equal(rangeHash({ start: 0, end: at + 1 }, perfectOf(HASHES)).toString('hex'), ROOTS[at])
  })
  assert.equal(leafHash('').toString('hex'), ROOTS[0])
})

test('inclusion proofs are those of the published vectors', () => {
  for (const [leaf, size, proof] of INCLUSION) {
    const made = inclusionRanges(leaf - 1, size).map((range) =>
      rangeHash(range, perfectOf(HASHES)).toString('hex'),
    )
    assert.deepEqual(made, proof)
    assert.ok(verifyInclusion(HASHES[leaf - 1] ?? EMPTY_ROOT, leaf - 1, size, proof.map(bytes), root(size)))
  }
})

test('consistency proofs are those of the published vectors', () => {
  for (const [from, to, proof] of CONSISTENCY) {
    const made = consistencyRanges(from, to).map((range) =>
      rangeHash(range, perfectOf(HASHES)).toString('hex'),
    )
    assert.deepEqual(made, proof)
    assert.ok(verifyConsistency(from, to, proof.map(bytes), root(from), root(to)))
  }
})

test('inclusion proofs with anything changed are refused', () => {
  const foreign = bytes('abacaba000000000000000000000000000000000000000000060061e00123456')
  for (const [leaf, size, hexes] of INCLUSION.filter(([, , proof]) => proof.length > 0)) {
    const proof = hexes.map(bytes)
    const hash = HASHES[leaf - 1] ?? EMPTY_ROOT
    const at = leaf - 1
    const refused = (...args: Parameters<typeof verifyInclusion>) =>
      assert.equal(verifyInclusion(...args), false)
    for (const other of [at - 1, at + 1, at ^ 2]) refused(hash, other, size, proof, root(size))
    for (const other of [size * 2, Math.floor(size / 2)]) refused(hash, at, other, proof, root(size))
    for (const other of [EMPTY_ROOT, foreign]) refused(hash, at, size, proof, other)
    refused(Buffer.from('WrongLeaf'), at, size, proof, root(size))
    for (const junk of [Buffer.alloc(0), root(size)]) {
      refused(hash, at, size, [...proof, junk], root(size))
      refused(hash, at, size, [junk, ...proof], root(size))
    }
    refused(hash, at, size, proof.slice(0, -1), root(size))
    proof.forEach((_, changed) => {
      const wrong = proof.map((node, index) => (index === changed ? flipped(node, 8) : node))
      refused(hash, at, size, wrong, root(size))
    })
  }
  for (const [index, size] of [
    [0, 0],
    [0, 1],
    [1, 0],
    [2, 1],
  ] as const)
    assert.equal(verifyInclusion(foreign, index, size, [], EMPTY_ROOT), false)
})

test('consistency proofs with anything changed are refused', () => {
  for (const [from, to, hexes] of CONSISTENCY.filter(([, , proof]) => proof.length > 0)) {
    const proof = hexes.map(bytes)
    const refused = (...args: Parameters<typeof verifyConsistency>) =>
      assert.equal(verifyConsistency(...args), false)
    for (const other of [from - 1, from + 1, from ^ 2]) refused(other, to, proof, root(from), root(to))
    for (const other of [to * 2, Math.floor(to / 2)]) refused(from, other, proof, root(from), root(to))
    refused(from, to, proof, Buffer.from('WrongRoot'), root(to))
    refused(from, to, proof, root(from), Buffer.from('WrongRoot'))
    refused(from, to, proof, root(to), root(from))
    refused(from, to, [], root(from), root(to))
    for (const junk of [Buffer.alloc(0), root(from), root(to), proof[0] ?? EMPTY_ROOT]) {
      if (junk !== proof[0]) refused(from, to, [...proof, junk], root(from), root(to))
      refused(from, to, [junk, ...proof], root(from), root(to))
    }
    refused(from, to, proof.slice(0, -1), root(from), root(to))
    proof.forEach((_, changed) => {
      const wrong = proof.map((node, index) => (index === changed ? flipped(node, 16) : node))
      refused(from, to, wrong, root(from), root(to))
    })
  }
  const [a, b] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  assert.equal(verifyConsistency(0, 0, [], a, b), false)
  assert.equal(verifyConsistency(0, 0, [], EMPTY_ROOT, EMPTY_ROOT), true)
  assert.equal(verifyConsistency(0, 0, [], a, a), false)
  assert.equal(verifyConsistency(0, 1, [], EMPTY_ROOT, b), true)
  assert.equal(verifyConsistency(0, 1, [], a, b), false)
  assert.equal(verifyConsistency(1, 0, [], a, b), false)
  assert.equal(verifyConsistency(1, 2, [], a, b), false)
  assert.equal(verifyConsistency(0, 1, [a], a, a), false)
  assert.equal(verifyConsistency(1, 1, [a], a, a), false)
})

interface PublishedProof {
  readonly proof: readonly string[] | null
  readonly wantErr: boolean
}
interface PublishedInclusion extends PublishedProof {
  readonly leafIdx: number
  readonly treeSize: number
  readonly root: string
  readonly leafHash: string
}
interface PublishedConsistency extends PublishedProof {
  readonly size1: number
  readonly size2: number
  readonly root1: string
  readonly root2: string
}
const inclusions = Object.entries(corpusJson<Record<string, PublishedInclusion>>('merkle/inclusion.json'))
const consistencies = Object.entries(
  corpusJson<Record<string, PublishedConsistency>>('merkle/consistency.json'),
)
const binary = (base64: string) => Buffer.from(base64, 'base64')
const right = (entries: readonly (readonly [string, PublishedProof])[]) =>
  entries.filter(([, { wantErr }]) => !wantErr).length

test(`of the ${inclusions.length} inclusion proofs published for RFC 6962 the right ones hold, and no other`, () => {
  for (const [name, one] of inclusions) {
    const proof = (one.proof ?? []).map(binary)
    const holds = verifyInclusion(binary(one.leafHash), one.leafIdx, one.treeSize, proof, binary(one.root))
    assert.equal(holds, !one.wantErr, name)
  }
  assert.deepEqual([inclusions.length, right(inclusions)], [98, 6])
})

test(`of the ${consistencies.length} consistency proofs published for RFC 6962 the right ones hold, and no other`, () => {
  for (const [name, one] of consistencies) {
    const proof = (one.proof ?? []).map(binary)
    const holds = verifyConsistency(one.size1, one.size2, proof, binary(one.root1), binary(one.root2))
    assert.equal(holds, !one.wantErr, name)
  }
  assert.deepEqual([consistencies.length, right(consistencies)], [98, 6])
})

test('every proof of every tree verifies, and against no other root', () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 1, max: 70 })
        .chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1), fc.nat(size))),
      fc.nat(255),
      ([size, position, from], salt) => {
        const hashes = Array.from({ length: size }, (_, at) => leafHash(Uint8Array.of(at, salt)))
        const perfect = perfectOf(hashes)
        const whole = naiveRoot(hashes)
        const old = naiveRoot(hashes.slice(0, from))
        const builder = createRootBuilder()
        for (const hash of hashes) builder.push(hash.toString('hex'))
        assert.deepEqual(builder.root(), whole)
        const inclusion = inclusionRanges(position, size).map((range) => rangeHash(range, perfect))
        const consistency = consistencyRanges(from, size).map((range) => rangeHash(range, perfect))
        const leaf = hashes[position] ?? EMPTY_ROOT
        assert.ok(verifyInclusion(leaf, position, size, inclusion, whole))
        assert.equal(verifyInclusion(leaf, position, size, inclusion, flipped(whole, 1)), false)
        assert.ok(verifyConsistency(from, size, consistency, old, whole))
        if (from > 0 && from < size)
          assert.equal(verifyConsistency(from, size, consistency, flipped(old, 1), whole), false)
      },
    ),
    { numRuns: 400 },
  )
})

test('positions outside the tree have no proof', () => {
  assert.throws(() => inclusionRanges(3, 3), RangeError)
  assert.throws(() => inclusionRanges(-1, 3), RangeError)
  assert.throws(() => consistencyRanges(4, 3), RangeError)
})

function flipped(hash: Buffer, bit: number): Buffer {
  const copy = Buffer.from(hash)
  copy[0] = (copy[0] ?? 0) ^ bit
  return copy
}
