// The log of a region's evidence: every result is a leaf of an RFC 6962 tree whose checkpoints the keeper signs.
// Must stay true: one writer, the cell process; positions are dense; a result and its checkpoint commit together.
import { type QueryExecutorProvider, sql } from 'kysely'
import { createCheckpoint, type SignCheckpoint } from '../audit/checkpoint.ts'
import { leafHash } from '../audit/merkle.ts'
import { readCheckpoint, readTiles } from '../audit/read-tree.ts'
import { appendLeaves, growingTiles, rangeHashFromTiles } from '../audit/tiles.ts'
import type { Clock } from '../time.ts'
import type { Evidence, Finding, Outcome } from './evidence.ts'

/** The log's name where tenants have their routing id: as long as one, and none is ever called so. */
export const EVIDENCE_LOG = 'trustevidence'

/** One result as the log keeps it. */
export interface NewResult extends Finding {
  readonly evidence: string
  readonly kind: Evidence['kind']
  readonly claims: readonly string[]
  /** When it ran; for tests, when they ran elsewhere. */
  readonly at: Date
  readonly milliseconds: number
  /** Digest of the program it was run on. */
  readonly program: string
  /** Key that signed the record of a test; null for what ran here. */
  readonly signedBy: string | null
}

export interface LogPlace {
  /** One connection as migrator, held alone, outside a transaction. */
  readonly db: QueryExecutorProvider
  readonly origin: string
  readonly sign: SignCheckpoint
  readonly now: Clock
}

/** A leaf of the log and what it is found by. */
export interface NewLeaf extends Pick<NewResult, 'evidence' | 'outcome' | 'at'> {
  readonly leaf: string
}

/** Appends results in order and signs the tree over them. Answers the position of the first. Throws what the database or the keeper threw; nothing is kept then. */
export function appendResults(place: LogPlace, results: readonly NewResult[]): Promise<number> {
  return appendLeavesTo(
    place,
    results.map((result) => ({ ...result, leaf: leafOf(result) })),
  )
}

/** The same for whatever else a region keeps a record of: certificates of tenants that ended. */
export async function appendLeavesTo(place: LogPlace, results: readonly NewLeaf[]): Promise<number> {
  const { db } = place
  if (results.length === 0) throw new RangeError('no results to append')
  await sql`begin`.execute(db)
  try {
    await sql`set local search_path = trust`.execute(db)
    await sql`lock table trust.audit_checkpoint in exclusive mode`.execute(db)
    const head = await readCheckpoint(db)
    const size = head?.size ?? 0
    const tiles = await readTiles(db, growingTiles(size))
    if (head && !rangeHashFromTiles({ start: 0, end: size }, tiles).equals(head.root))
      throw new Error('the evidence log does not give the root of its newest checkpoint')
    const leaves = results.map(({ leaf }) => leaf)
    const grown = appendLeaves(tiles, size, leaves.map(leafHash))
    for (const [i, result] of results.entries())
      await sql`insert into trust.result (position, evidence, outcome, at, leaf)
        values (${size + i}, ${result.evidence}, ${result.outcome}, ${result.at}, ${leaves[i]})`.execute(db)
    for (const { level, index, hashes } of grown.changed)
      await sql`insert into trust.audit_tile values (${level}, ${index}, ${hashes})
        on conflict (level, index) do update set hashes = excluded.hashes`.execute(db)
    const { note } = await createCheckpoint(
      { origin: place.origin, size: grown.size, root: grown.root },
      (text) => place.sign(EVIDENCE_LOG, text),
    )
    await sql`insert into trust.audit_checkpoint values (${grown.size}, ${grown.root}, ${note}, ${place.now()})`.execute(
      db,
    )
    await sql`commit`.execute(db)
    return size
  } catch (error) {
    await sql`rollback`.execute(db).catch(() => undefined)
    throw error
  }
}

function leafOf(result: NewResult): string {
  const { evidence, kind, claims, outcome, at, milliseconds, looked, faults, program, signedBy } = result
  const head = { type: 'evidence', evidence, kind, claims, outcome, at: at.toISOString(), milliseconds }
  return JSON.stringify({ ...head, looked, faults, program, signedBy })
}

/** One result as it stands in the log. */
export interface StoredResult extends Omit<NewResult, 'at'> {
  readonly position: number
  /** ISO 8601. */
  readonly at: string
}

/** Reads a leaf that {@link appendResults} wrote. */
export function readLeaf(position: number, leaf: string): StoredResult {
  const result: Omit<StoredResult, 'position'> & { outcome: Outcome } = JSON.parse(leaf)
  const { evidence, kind, claims, outcome, at, milliseconds, looked, faults, program, signedBy } = result
  return { position, evidence, kind, claims, outcome, at, milliseconds, looked, faults, program, signedBy }
}
