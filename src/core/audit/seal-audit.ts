// Seals a tenant's new events: gives them dense positions, extends the tiles, signs a checkpoint; one transaction.
// Must stay true: the order of sealed events is (xid, id) for ever, and a checkpoint once signed is the beginning of every
// later one, also when the process died between signing and commit: the same rows come again in the same order.
import { type QueryExecutorProvider, sql } from 'kysely'
import type { Clock } from '../time.ts'
import { type AuditRow, auditColumns, eventOfRow, leafText } from './audit-event.ts'
import { createCheckpoint, type SignCheckpoint } from './checkpoint.ts'
import { leafHash } from './merkle.ts'
import { readTiles } from './read-tree.ts'
import { appendLeaves, growingTiles, rangeHashFromTiles, type Tiles } from './tiles.ts'

/** The stored log contradicts itself; it is not extended until somebody looked. */
export class LogBroken extends Error {
  override readonly name = 'LogBroken'
}

export interface SealResult {
  /** Events sealed by this call. */
  readonly sealed: number
  /** More events can be sealed at once. */
  readonly more: boolean
  /** Committed events wait behind a transaction that is still open. */
  readonly waiting: boolean
}

export interface SealOptions {
  /** One connection held by the caller alone, as the role `sealer`, outside a transaction. */
  readonly db: QueryExecutorProvider
  readonly tenant: string
  readonly origin: string
  readonly sign: SignCheckpoint
  readonly now: Clock
  /** Most events in one transaction. */
  readonly limit?: number
}

interface Head {
  size: number | null
  root: Buffer | null
  position: number | null
  xid: string | null
  id: string | null
}

/** Seals what can be sealed of one tenant, at most `limit` events. Throws LogBroken, or what the database or `sign` threw. */
export async function sealAudit({
  db,
  tenant,
  origin,
  sign,
  now,
  limit = 4096,
}: SealOptions): Promise<SealResult> {
  await sql`begin`.execute(db)
  try {
    // Local to the transaction. The statements below are then the same text for every tenant.
    await sql`select set_config('search_path', ${`t_${tenant}`}, true)`.execute(db)
    const head = await readHead(db)
    const rows = await readUnsealed(db, head, limit)
    if (rows.length > 0) await extend(db, tenant, origin, sign, now, head, rows)
    const waiting = await sql<{ waiting: boolean }>`select exists (select from audit
      where xid >= pg_snapshot_xmin(pg_current_snapshot())) as waiting`.execute(db)
    await sql`commit`.execute(db)
    return { sealed: rows.length, more: rows.length === limit, waiting: waiting.rows[0]?.waiting ?? false }
  } catch (error) {
    // A lost connection fails here too; the server then rolls back by itself, and the first error tells more.
    await sql`rollback`.execute(db).catch(() => undefined)
    throw error
  }
}

/** Size of the sealed log and the (xid, id) of its last event. */
async function readHead(
  db: QueryExecutorProvider,
): Promise<{ size: number; root: Buffer | null; xid: string; id: string }> {
  const { rows } = await sql<Head>`
    select c.size, c.root, l.position, a.xid::text as xid, a.id
    from (select) as one
    left join (select size, root from audit_checkpoint order by size desc limit 1) c on true
    left join (select position, event from audit_leaf order by position desc limit 1) l on true
    left join audit a on a.id = l.event`.execute(db)
  const [head] = rows
  if (!head || (head.size === null && head.position === null))
    return { size: 0, root: null, xid: '0', id: '00000000-0000-0000-0000-000000000000' }
  if (head.size === null || head.position === null || Number(head.size) !== Number(head.position) + 1)
    throw new LogBroken(`the last leaf is ${head.position}, the newest checkpoint has ${head.size}`)
  if (head.xid === null || head.id === null) throw new LogBroken('the last sealed event is gone')
  return { size: Number(head.size), root: head.root, xid: head.xid, id: head.id }
}

/**
 * Events after the last sealed one that no open transaction can still precede. Both sides of the condition come from the
 * one snapshot of this statement: whatever has a lower xid than its xmin has ended, and if it committed, is seen here. So
 * everything up to there is in the list, in final order, and no row can appear before its end later.
 */
async function readUnsealed(
  db: QueryExecutorProvider,
  after: { xid: string; id: string },
  limit: number,
): Promise<AuditRow[]> {
  const { rows } = await sql<AuditRow>`
    select ${auditColumns} from audit a
    where (a.xid, a.id) > (${after.xid}::xid8, ${after.id}::uuid) and a.xid < pg_snapshot_xmin(pg_current_snapshot())
    order by a.xid, a.id limit ${limit}`.execute(db)
  return rows
}

async function extend(
  db: QueryExecutorProvider,
  tenant: string,
  origin: string,
  sign: SignCheckpoint,
  now: Clock,
  head: { size: number; root: Buffer | null },
  rows: readonly AuditRow[],
): Promise<void> {
  const tiles = await readTiles(db, growingTiles(head.size))
  checkRoot(tiles, head)
  const leaves = rows.map((row) => leafHash(leafText(eventOfRow(row))))
  const { changed, root, size } = appendLeaves(tiles, head.size, leaves)
  await sql`insert into audit_leaf (position, event) select * from unnest(
    ${rows.map((_, at) => head.size + at)}::bigint[], ${rows.map((row) => row.id)}::uuid[])`.execute(db)
  await sql`insert into audit_tile (level, index, hashes) select * from unnest(
      ${changed.map((tile) => tile.level)}::smallint[], ${changed.map((tile) => tile.index)}::bigint[],
      ${changed.map((tile) => tile.hashes)}::bytea[])
    on conflict (level, index) do update set hashes = excluded.hashes`.execute(db)
  const { note } = await createCheckpoint({ origin, size, root }, (text) => sign(tenant, text))
  await sql`insert into audit_checkpoint (size, root, note, at) values (${size}, ${root}, ${note}, ${now()})`.execute(
    db,
  )
}

/** A signature must never cover tiles that are not those of the last signature. */
function checkRoot(tiles: Tiles, head: { size: number; root: Buffer | null }): void {
  if (head.root && !rangeHashFromTiles({ start: 0, end: head.size }, tiles).equals(head.root))
    throw new LogBroken(`the tiles do not give the root of the checkpoint of ${head.size}`)
}
