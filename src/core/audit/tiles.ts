// The tree as C2SP tlog-tiles: 256 hashes a tile, level L holding the roots of runs of 256^L leaves.
// Must stay true: a hash once in a tile never changes, so any older size can be read and proven from the tiles of a newer one.
import { type LeafRange, nodeHash, perfectParts, rangeHash } from './merkle.ts'

const WIDTH = 256
const HASH = 32

/** Place of a tile. */
export interface TileKey {
  readonly level: number
  readonly index: number
}

/** Tiles by `tileName`. */
export type Tiles = ReadonlyMap<string, Buffer>

/** A tile with its hashes, 32 bytes each, 1 to 256 of them. */
export interface Tile extends TileKey {
  readonly hashes: Buffer
}

/** A tile is missing, too short or of another shape than the size of the tree demands. */
export class TileBroken extends Error {
  override readonly name = 'TileBroken'
}

/** The key of a tile in a `Tiles` map. */
export function tileName(key: TileKey): string {
  return `${key.level}/${key.index}`
}

/** The tiles that grow when leaves are appended to a tree of `size`: the partial one of each level that has one. */
export function growingTiles(size: number): (TileKey & { readonly width: number })[] {
  const keys = []
  for (let level = 0, count = size; count > 0; level++, count = Math.floor(count / WIDTH)) {
    if (count % WIDTH > 0) keys.push({ level, index: Math.floor(count / WIDTH), width: count % WIDTH })
  }
  return keys
}

/** The tiles needed for the hashes of these runs, without doubles. */
export function tilesOf(ranges: readonly LeafRange[]): TileKey[] {
  const keys = new Map<string, TileKey>()
  for (const { height, index } of ranges.flatMap(perfectParts)) {
    const level = Math.floor(height / 8)
    const key = { level, index: Math.floor((index * 2 ** (height % 8)) / WIDTH) }
    keys.set(tileName(key), key)
  }
  return [...keys.values()]
}

/** The hash of a run from tiles. Throws TileBroken when they do not reach that far. */
export function rangeHashFromTiles(range: LeafRange, tiles: Tiles): Buffer {
  return rangeHash(range, (height, index) => {
    const level = Math.floor(height / 8)
    const count = 2 ** (height % 8)
    const first = index * count
    const name = tileName({ level, index: Math.floor(first / WIDTH) })
    const tile = tiles.get(name)
    const offset = (first % WIDTH) * HASH
    if (!tile || tile.length < offset + count * HASH)
      throw new TileBroken(`tile ${name} is missing or too short`)
    return perfectRoot(tile.subarray(offset, offset + count * HASH))
  })
}

/**
 * Appends leaf hashes to a tree of `size` whose growing tiles are given. Returns the tiles that changed, whole, and the
 * new root. Throws TileBroken when a given tile has not the width that `size` says.
 */
export function appendLeaves(
  tiles: Tiles,
  size: number,
  leaves: readonly Buffer[],
): { changed: Tile[]; root: Buffer; size: number } {
  const rightmost = new Map(tiles)
  const changed: Tile[] = []
  let fresh = [...leaves]
  for (let level = 0, count = size; fresh.length > 0; level++, count = Math.floor(count / WIDTH)) {
    const partial = count % WIDTH
    const firstIndex = Math.floor(count / WIDTH)
    const name = tileName({ level, index: firstIndex })
    const before = partial === 0 ? Buffer.alloc(0) : tiles.get(name)
    if (before?.length !== partial * HASH) throw new TileBroken(`tile ${name} has not ${partial} hashes`)
    const run = Buffer.concat([before, ...fresh])
    fresh = []
    for (let at = 0, index = firstIndex; at < run.length; at += WIDTH * HASH, index++) {
      const hashes = run.subarray(at, at + WIDTH * HASH)
      changed.push({ level, index, hashes })
      rightmost.set(tileName({ level, index }), hashes)
      if (hashes.length === WIDTH * HASH) fresh.push(perfectRoot(hashes))
    }
  }
  const grown = size + leaves.length
  return { changed, root: rangeHashFromTiles({ start: 0, end: grown }, rightmost), size: grown }
}

/** The root over a power of two of hashes lying end to end. */
function perfectRoot(hashes: Buffer): Buffer {
  if (hashes.length === HASH) return hashes
  const middle = hashes.length / 2
  return nodeHash(perfectRoot(hashes.subarray(0, middle)), perfectRoot(hashes.subarray(middle)))
}
