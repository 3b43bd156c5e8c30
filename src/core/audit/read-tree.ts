// Reads the sealed tree from the tables: newest checkpoint, tiles, the hashes of a proof.
// Must stay true: proofs come from tiles alone; the events are not needed to prove one of them.
import { type QueryExecutorProvider, sql } from 'kysely'
import type { LeafRange } from './merkle.ts'
import { rangeHashFromTiles, type TileKey, type Tiles, tileName, tilesOf } from './tiles.ts'

/** A signed tree head as stored. */
export interface StoredCheckpoint {
  readonly size: number
  readonly root: Buffer
  readonly note: string
}

/** The newest checkpoint, or that of exactly `size`. Undefined when there is none. */
export async function readCheckpoint(
  db: QueryExecutorProvider,
  size?: number,
): Promise<StoredCheckpoint | undefined> {
  const at = size === undefined ? sql`` : sql`where size = ${size}`
  const { rows } = await sql<StoredCheckpoint>`
    select size, root, note from audit_checkpoint ${at} order by size desc limit 1`.execute(db)
  const [row] = rows
  return row && { ...row, size: Number(row.size) }
}

/** These tiles, as far as they exist. */
export async function readTiles(db: QueryExecutorProvider, keys: readonly TileKey[]): Promise<Tiles> {
  if (keys.length === 0) return new Map()
  const { rows } = await sql<{ level: number; index: number; hashes: Buffer }>`
    select t.level, t.index, t.hashes from audit_tile t
    join unnest(${keys.map((key) => key.level)}::smallint[], ${keys.map((key) => key.index)}::bigint[]) as k (level, index)
      on t.level = k.level and t.index = k.index`.execute(db)
  return new Map(rows.map(({ level, index, hashes }) => [tileName({ level, index: Number(index) }), hashes]))
}

/** The hashes of these runs, in order. Throws TileBroken when the stored tiles do not reach. */
export async function readHashes(db: QueryExecutorProvider, ranges: readonly LeafRange[]): Promise<Buffer[]> {
  const tiles = await readTiles(db, tilesOf(ranges))
  return ranges.map((range) => rangeHashFromTiles(range, tiles))
}
