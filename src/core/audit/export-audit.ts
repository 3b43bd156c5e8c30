// The log as a file that proves itself: NDJSON with a header, one line an event, and a footer.
// Must stay true: `panoply admin verify-audit` can check it with the public key alone, years later; see docs of each line below.
import { type QueryExecutorProvider, sql } from 'kysely'
import { eventOfRow, leafText } from './audit-event.ts'
import { parseTreeHead } from './checkpoint.ts'
import {
  type AuditFilter,
  type FullAuditRow,
  filterConditions,
  fullAuditSelect,
  personOf,
} from './list-audit.ts'
import { inclusionRanges, leafHash } from './merkle.ts'
import { type AuditKeys, openPersonal } from './personal-part.ts'
import { latestCheckpoint } from './prove-audit.ts'
import { readHashes } from './read-tree.ts'

/**
 * First line of an export. A filter that is not null means: each event carries its own proof, and others exist. Every line is written
 * in exactly one way (the fields below, in this order, as JSON.stringify writes them) and holds nothing that cannot be checked.
 */
export interface AuditExportHeader {
  readonly format: 'panoply-audit/1'
  readonly origin: string
  /** Vkey of the checkpoint. It proves nothing about itself: compare it with the one you know. */
  readonly key: string
  readonly checkpoint: string
  readonly filter: Readonly<Record<string, string>> | null
}

/** One line an event, by position. `leaf` is the exact text whose RFC 6962 leaf hash is `hash`. */
export interface AuditExportEvent {
  readonly position: number
  readonly hash: string
  readonly leaf: string
  /** Exact text of the personal part; null when there is none or its key was destroyed. */
  readonly personal: string | null
  /** base64url; SHA-256(salt || personal) is the `personalHash` in the leaf. */
  readonly salt: string | null
  /** Inclusion proof in hex, filtered exports only. */
  readonly proof?: readonly string[]
}

/** Last line: a file without it was cut. */
export interface AuditExportFooter {
  readonly end: true
  readonly events: number
  readonly checkpoint: string
}

export interface ExportAuditOptions {
  /** Autocommit connection of the tenant. */
  readonly db: QueryExecutorProvider
  readonly keys: AuditKeys
  readonly logKeys: readonly string[]
  readonly filter?: AuditFilter
}

const CHUNK = 500

/** Lines of the export, each with its newline, of everything sealed when it began. Throws `not_sealed_yet` when that is nothing. */
export async function* exportAudit({
  db,
  keys,
  logKeys,
  filter,
}: ExportAuditOptions): AsyncGenerator<string> {
  const { checkpoint, key, size } = await latestCheckpoint(db, logKeys)
  const given = Object.entries(filter ?? {}).filter(([, value]) => value !== undefined)
  const isWhole = given.length === 0
  const header: AuditExportHeader = {
    format: 'panoply-audit/1',
    origin: parseTreeHead(checkpoint).origin,
    key,
    checkpoint,
    filter: isWhole
      ? null
      : Object.fromEntries(
          given.map(([name, value]) => [name, value instanceof Date ? value.toISOString() : value]),
        ),
  }
  yield line(header)
  let events = 0
  for (let after = -1; ; ) {
    const conditions = [
      ...filterConditions(filter ?? {}),
      sql`l.position > ${after}`,
      sql`l.position < ${size}`,
    ]
    const { rows } = await sql<FullAuditRow>`${fullAuditSelect} where ${sql.join(conditions, sql` and `)}
      order by l.position limit ${CHUNK}`.execute(db)
    const proofs = isWhole
      ? undefined
      : await readProofs(
          db,
          rows.map((row) => Number(row.position)),
          size,
        )
    for (const [at, row] of rows.entries()) yield line(await exportEvent(keys, row, proofs?.[at]))
    events += rows.length
    after = Number(rows.at(-1)?.position)
    if (rows.length < CHUNK) break
  }
  const footer: AuditExportFooter = { end: true, events, checkpoint }
  yield line(footer)
}

async function exportEvent(
  keys: AuditKeys,
  row: FullAuditRow,
  proof: readonly string[] | undefined,
): Promise<AuditExportEvent> {
  const leaf = leafText(eventOfRow(row))
  const personal =
    row.personal_hash === null
      ? ({ state: 'none' } as const)
      : row.personal === null
        ? ({ state: 'erased' } as const)
        : await openPersonal(keys, row.id, personOf(row), row.personal)
  return {
    position: Number(row.position),
    hash: leafHash(leaf).toString('hex'),
    leaf,
    personal: personal.state === 'open' ? personal.opened.text : null,
    salt: personal.state === 'open' ? personal.opened.salt : null,
    ...(proof && { proof }),
  }
}

/** Inclusion proofs of many positions, their tiles read at once. */
async function readProofs(
  db: QueryExecutorProvider,
  positions: readonly number[],
  size: number,
): Promise<string[][]> {
  const paths = positions.map((position) => inclusionRanges(position, size))
  const hashes = await readHashes(db, paths.flat())
  return paths.map((path) => hashes.splice(0, path.length).map((bytes) => bytes.toString('hex')))
}

function line(value: AuditExportHeader | AuditExportEvent | AuditExportFooter): string {
  return `${JSON.stringify(value)}\n`
}
