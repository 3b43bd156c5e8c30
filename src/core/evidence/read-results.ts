// Reading the evidence log: newest results, history, proofs. For the web process, whose login may only read it.
import { type Kysely, sql } from 'kysely'
import { encodeVerifierKey } from '../audit/checkpoint.ts'
import { inclusionRanges, leafHash } from '../audit/merkle.ts'
import { type AuditProof, latestCheckpoint } from '../audit/prove-audit.ts'
import { readHashes } from '../audit/read-tree.ts'
import type { Lease } from '../db/lease-pools.ts'
import type { CellTables } from '../db/tables.gen.ts'
import { inTransaction } from '../db/transaction.ts'
import { PublicError } from '../errors.ts'
import type { KeeperClient } from '../keys/keeper-client.ts'
import { EVIDENCE_LOG, readLeaf, type StoredResult } from './evidence-log.ts'

/** The newest result of each evidence, when each last passed, and the program that runs here now. */
export interface Newest {
  readonly results: readonly StoredResult[]
  /** Evidence name to ISO 8601. */
  readonly lastPass: ReadonlyMap<string, string>
  readonly program: string | null
}

/** What a region's evidence showed. */
export interface EvidenceLog {
  newest(region: string): Promise<Newest>
  /** Newest first, at most `limit` of each evidence. */
  history(region: string, evidence: readonly string[], limit: number): Promise<readonly StoredResult[]>
  /** Inclusion of one result in the newest checkpoint. Throws `not_found`. */
  prove(region: string, position: number): Promise<AuditProof>
  /** The same for what is found by its name alone, e.g. a certificate. Throws `not_found`. */
  proveNamed(region: string, name: string): Promise<AuditProof>
  /** Public keys of the log, oldest first, as vkey text. */
  keys(region: string): Promise<readonly string[]>
}

export interface EvidenceLogOptions {
  readonly db: (region: string) => Kysely<CellTables>
  /** A connection for a transaction. */
  readonly lease: (region: string) => Promise<Lease>
  readonly keeper: KeeperClient
}

type Row = { position: number; leaf: string }

/** The log as the web process reads it. */
export function openEvidenceLog({ db, lease, keeper }: EvidenceLogOptions): EvidenceLog {
  async function keys(region: string): Promise<readonly string[]> {
    const { origin, keys } = await keeper.ask('logKey', { region, tenant: EVIDENCE_LOG })
    return keys.map(({ publicKey }) => encodeVerifierKey(origin, Buffer.from(publicKey, 'base64')))
  }
  const log: EvidenceLog = {
    keys,
    async proveNamed(region, name) {
      const row = await db(region)
        .selectFrom('trust.result')
        .select('position')
        .where('evidence', '=', name)
        .executeTakeFirst()
      if (!row) throw new PublicError('not_found')
      return log.prove(region, Number(row.position))
    },
    async newest(region) {
      const { rows } = await sql<Row>`
        select distinct on (evidence) position, leaf from trust.result order by evidence, position desc`.execute(
        db(region),
      )
      const passed = await sql<{ evidence: string; at: Date }>`
        select evidence, max(at) as at from trust.result where outcome = 'pass' group by evidence`.execute(
        db(region),
      )
      const program = await db(region).selectFrom('trust.program').select('digest').executeTakeFirst()
      return {
        results: rows.map(stored),
        lastPass: new Map(passed.rows.map(({ evidence, at }) => [evidence, at.toISOString()])),
        program: program?.digest ?? null,
      }
    },
    async history(region, evidence, limit) {
      const { rows } = await sql<Row>`
        select r.position, r.leaf from unnest(${[...evidence]}::text[]) as wanted (evidence), lateral (
          select position, leaf from trust.result where evidence = wanted.evidence order by position desc limit ${limit}) r
        order by r.position desc`.execute(db(region))
      return rows.map(stored)
    },
    async prove(region, position) {
      const logKeys = await keys(region)
      // One snapshot for head and tiles, and the schema named once for the statements that a tenant's log is read with.
      return inTransaction<CellTables, AuditProof>(
        await lease(region),
        async (tx) => {
          await sql`set local search_path = trust`.execute(tx)
          const { rows } =
            await sql<Row>`select position, leaf from trust.result where position = ${position}`.execute(tx)
          const [row] = rows
          if (!row) throw new PublicError('not_found')
          const head = await latestCheckpoint(tx, logKeys)
          const hashes = await readHashes(tx, inclusionRanges(position, head.size))
          return {
            event: row.leaf,
            leafHash: leafHash(row.leaf).toString('hex'),
            position,
            hashes: hashes.map((bytes) => bytes.toString('hex')),
            ...head,
          }
        },
        async () => undefined,
        'begin isolation level repeatable read read only',
      )
    },
  }
  return log
}

function stored({ position, leaf }: Row): StoredResult {
  return readLeaf(Number(position), leaf)
}
