// Proofs for one event and between two states of the log, to be checked by anybody with the public key.
import { type QueryExecutorProvider, sql } from 'kysely'
import { PublicError } from '../errors.ts'
import { type AuditRow, auditColumns, eventOfRow, leafText } from './audit-event.ts'
import { signingKey } from './checkpoint.ts'
import { consistencyRanges, inclusionRanges, leafHash } from './merkle.ts'
import { readCheckpoint, readHashes } from './read-tree.ts'

/** Everything needed to check offline that an event is in the log. Hashes are hex. */
export interface AuditProof {
  /** The exact leaf text. */
  readonly event: string
  readonly leafHash: string
  readonly position: number
  readonly size: number
  readonly root: string
  readonly hashes: string[]
  /** C2SP signed note. */
  readonly checkpoint: string
  /** Its vkey. */
  readonly key: string
}

/** A signed tree head and the key to check it with. */
export interface AuditCheckpoint {
  readonly checkpoint: string
  readonly key: string
  readonly size: number
  readonly root: string
}

/**
 * Inclusion of one event (UUID) in the newest checkpoint. `logKeys` are the vkeys of the log. Throws `not_found`, or
 * `not_sealed_yet` in the first second of an event.
 */
export async function proveAudit(
  db: QueryExecutorProvider,
  logKeys: readonly string[],
  event: string,
): Promise<AuditProof> {
  const { rows } = await sql<AuditRow & { position: number | null }>`
    select ${auditColumns}, l.position from audit a left join audit_leaf l on l.event = a.id where a.id = ${event}`.execute(
    db,
  )
  const [row] = rows
  if (!row) throw new PublicError('not_found')
  if (row.position === null) throw new PublicError('not_sealed_yet')
  const head = await latestCheckpoint(db, logKeys)
  const position = Number(row.position)
  const leaf = leafText(eventOfRow(row))
  const hashes = await readHashes(db, inclusionRanges(position, head.size))
  return {
    event: leaf,
    leafHash: leafHash(leaf).toString('hex'),
    position,
    hashes: hashes.map((bytes) => bytes.toString('hex')),
    ...head,
  }
}

/** The newest checkpoint. Throws `not_sealed_yet` when nothing was ever sealed. */
export async function latestCheckpoint(
  db: QueryExecutorProvider,
  logKeys: readonly string[],
): Promise<AuditCheckpoint> {
  const head = await readCheckpoint(db)
  if (!head) throw new PublicError('not_sealed_yet')
  const key = signingKey(head.note, logKeys)
  if (key === undefined) throw new Error('the newest checkpoint is signed by no key of this log')
  return { checkpoint: head.note, key, size: head.size, root: head.root.toString('hex') }
}

/** Consistency between the trees of `from` and `to` leaves (RFC 6962, 2.1.2), hashes in hex. Throws `invalid_request` beyond the log. */
export async function proveConsistency(
  db: QueryExecutorProvider,
  from: number,
  to: number,
): Promise<{ from: number; to: number; hashes: string[] }> {
  const head = await readCheckpoint(db)
  if (from > to || to > (head?.size ?? 0))
    throw new PublicError(
      'invalid_request',
      'The log has no such sizes: 0 <= from <= to <= size of the newest checkpoint.',
      {
        details: { size: head?.size ?? 0 },
      },
    )
  const hashes = await readHashes(db, consistencyRanges(from, to))
  return { from, to, hashes: hashes.map((bytes) => bytes.toString('hex')) }
}
