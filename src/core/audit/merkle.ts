// RFC 6962 section 2.1: hashes, roots and proofs of a Merkle tree, and the verification of both proofs.
// Must stay true: pure functions over 32-byte SHA-256 hashes; sizes are numbers below 2^53, so no 32-bit operators.
import { hash } from 'node:crypto'

/** Half-open run of leaves, [start, end). */
export interface LeafRange {
  readonly start: number
  readonly end: number
}

/** Hash of the perfect subtree of 2^height leaves that is the `index`-th of its height. */
export type PerfectHash = (height: number, index: number) => Buffer

/** MTH({}): the root of the tree without leaves. */
export const EMPTY_ROOT: Buffer = hash('sha256', '', 'buffer')

/** MTH({d}): SHA-256(0x00 || d); text is taken as UTF-8. */
export function leafHash(leaf: string | Uint8Array): Buffer {
  return typeof leaf === 'string'
    ? Buffer.from(leafHashHex(leaf), 'hex')
    : hash('sha256', Buffer.concat([Uint8Array.of(0), leaf]), 'buffer')
}

/** The same in hex. */
export function leafHashHex(leaf: string): string {
  return hash('sha256', `\u0000${leaf}`, 'hex')
}

/** SHA-256(0x01 || left || right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  const node = Buffer.allocUnsafe(65)
  node[0] = 1
  node.set(left, 1)
  node.set(right, 33)
  return hash('sha256', node, 'buffer')
}

/** Hash, in hex, of the perfect subtree of 2^height leaves. */
export interface Subtree {
  readonly height: number
  readonly hash: string
}

/** Collects leaf hashes in order and gives the root at any time, holding some hashes per bit of the size. */
export interface RootBuilder {
  readonly size: number
  /** Hash of the next leaf, in hex; or of the next perfect subtree, which must begin at a multiple of its size. */
  push(hash: string, height?: number): void
  /** The largest perfect subtrees of what was pushed, left to right: pushed elsewhere in order they stand for it. */
  subtrees(): Subtree[]
  /** Of a builder that begins at 0. */
  root(): Buffer
}

/**
 * An empty run of a tree, from the leaf at `start` on, that grows by `push`. Works on strings: `hash` makes one in a third of the time it
 * takes to make a Buffer.
 */
export function createRootBuilder(start = 0): RootBuilder {
  const hashes: string[] = []
  const heights: number[] = []
  const node = Buffer.alloc(65, 1)
  let end = start
  function join(left: string, right: string): string {
    node.write(left, 1, 'hex')
    node.write(right, 33, 'hex')
    return hash('sha256', node, 'hex')
  }
  return {
    get size() {
      return end - start
    },
    push(pushed, height = 0) {
      let [top, high] = [pushed, height]
      for (let rest = end / 2 ** height; rest % 2 === 1; rest = (rest - 1) / 2) {
        // What begins before this run is joined by whoever holds it.
        if (heights.at(-1) !== high) break
        heights.pop()
        top = join(hashes.pop() ?? '', top)
        high++
      }
      hashes.push(top)
      heights.push(high)
      end += 2 ** height
    },
    subtrees: () => hashes.map((one, at) => ({ height: heights[at] ?? 0, hash: one })),
    root() {
      return hashes.length === 0
        ? EMPTY_ROOT
        : Buffer.from(
            hashes.reduceRight((right, left) => join(left, right)),
            'hex',
          )
    },
  }
}

/** MTH of a run that is a subtree of RFC 6962's recursion: it starts at a multiple of the power of two above its length. */
export function rangeHash(range: LeafRange, perfect: PerfectHash): Buffer {
  if (range.start === range.end) return EMPTY_ROOT
  return perfectParts(range)
    .map((part) => perfect(part.height, part.index))
    .reduceRight((right, left) => nodeHash(left, right))
}

/** The perfect subtrees a run consists of, left to right; their hashes fold from the right to the hash of the run. */
export function perfectParts(range: LeafRange): { height: number; index: number }[] {
  const parts = []
  for (let start = range.start; start < range.end; ) {
    const height = floorLog2(range.end - start)
    const length = 2 ** height
    if (start % length !== 0) throw new RangeError(`[${range.start}, ${range.end}) is no subtree`)
    parts.push({ height, index: start / length })
    start += length
  }
  return parts
}

/** PATH(position, D[size]): the runs whose hashes prove the leaf, from the leaf to the root. Throws RangeError outside the tree. */
export function inclusionRanges(position: number, size: number): LeafRange[] {
  checkSize(size)
  checkSize(position)
  if (position >= size) throw new RangeError(`no leaf ${position} in a tree of ${size}`)
  const path: LeafRange[] = []
  let start = 0
  let end = size
  while (end - start > 1) {
    const middle = start + splitPoint(end - start)
    if (position < middle) {
      path.push({ start: middle, end })
      end = middle
    } else {
      path.push({ start, end: middle })
      start = middle
    }
  }
  return path.reverse()
}

/** PROOF(from, D[to]): the runs whose hashes prove that the tree of `from` leaves is the beginning of that of `to`. */
export function consistencyRanges(from: number, to: number): LeafRange[] {
  checkSize(from)
  checkSize(to)
  if (from > to) throw new RangeError(`a tree of ${to} cannot hold one of ${from}`)
  if (from === 0 || from === to) return []
  const proof: LeafRange[] = []
  let start = 0
  let end = to
  while (end !== from) {
    const middle = start + splitPoint(end - start)
    if (from <= middle) {
      proof.push({ start: middle, end })
      end = middle
    } else {
      proof.push({ start, end: middle })
      start = middle
    }
  }
  // The old root itself is known to the verifier, any other subtree where the walk ends is not.
  if (start !== 0) proof.push({ start, end })
  return proof.reverse()
}

/** Whether `proof` leads from the leaf at `position` to the root of `size` leaves (RFC 9162, 2.1.3.2). */
export function verifyInclusion(
  leaf: Uint8Array,
  position: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!isSize(position) || !isSize(size) || position >= size || !areHashes([leaf, root, ...proof]))
    return false
  let at = position
  let last = size - 1
  let node = leaf
  for (const sibling of proof) {
    if (last === 0) return false
    if (at % 2 === 1 || at === last) {
      node = nodeHash(sibling, node)
      while (at % 2 === 0 && at !== 0) {
        at = half(at)
        last = half(last)
      }
    } else {
      node = nodeHash(node, sibling)
    }
    at = half(at)
    last = half(last)
  }
  return last === 0 && Buffer.compare(node, root) === 0
}

/**
 * Whether `proof` shows the tree of `from` leaves to be the beginning of that of `to` (RFC 9162, 2.1.4.2). The empty tree is
 * the beginning of every tree, without a proof, where its root is the root of an empty tree.
 */
export function verifyConsistency(
  from: number,
  to: number,
  proof: readonly Uint8Array[],
  rootFrom: Uint8Array,
  rootTo: Uint8Array,
): boolean {
  if (!isSize(from) || !isSize(to) || from > to) return false
  if (from === 0 && Buffer.compare(rootFrom, EMPTY_ROOT) !== 0) return false
  if (from === to) return proof.length === 0 && Buffer.compare(rootFrom, rootTo) === 0
  if (!areHashes([rootFrom, rootTo, ...proof])) return false
  if (from === 0) return proof.length === 0
  const path = isPowerOfTwo(from) ? [rootFrom, ...proof] : [...proof]
  const [first, ...rest] = path
  if (!first || proof.length === 0) return false
  let at = from - 1
  let last = to - 1
  while (at % 2 === 1) {
    at = half(at)
    last = half(last)
  }
  let old = first
  let grown = first
  for (const node of rest) {
    if (last === 0) return false
    if (at % 2 === 1 || at === last) {
      old = nodeHash(node, old)
      grown = nodeHash(node, grown)
      while (at % 2 === 0 && at !== 0) {
        at = half(at)
        last = half(last)
      }
    } else {
      grown = nodeHash(grown, node)
    }
    at = half(at)
    last = half(last)
  }
  return last === 0 && Buffer.compare(old, rootFrom) === 0 && Buffer.compare(grown, rootTo) === 0
}

/** The largest power of two smaller than n (n > 1). */
function splitPoint(n: number): number {
  return 2 ** floorLog2(n - 1)
}

/** Math.log2 rounds near powers of two from 2^48 on; the comparison puts that right. */
function floorLog2(n: number): number {
  const guess = Math.floor(Math.log2(n))
  return 2 ** guess > n ? guess - 1 : guess
}

function half(n: number): number {
  return Math.floor(n / 2)
}

function isPowerOfTwo(n: number): boolean {
  return 2 ** floorLog2(n) === n
}

function isSize(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0
}

function checkSize(n: number): void {
  if (!isSize(n)) throw new RangeError(`${n} is no number of leaves`)
}

function areHashes(hashes: readonly Uint8Array[]): boolean {
  return hashes.every((bytes) => bytes.length === 32)
}
