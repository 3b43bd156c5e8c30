// What the canaries of a cell tried and what came of it, kept in the cell. The prober writes it; the API and the trust page read it.
// Must stay true: counts only grow, and survive every restart; nothing of a customer is in it.
import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { CellTables } from '../db/tables.gen.ts'

/** Where one canary tries to reach the other. */
export const PROBE_LAYERS = ['api', 'sql', 'blobs', 'search', 'jobs', 'keys'] as const
export type ProbeLayer = (typeof PROBE_LAYERS)[number]

/** Attempts of one layer. `unclear` could not be judged, e.g. because the web was away. */
export interface ProbeCounts {
  readonly attempts: number
  readonly hits: number
  readonly unclear: number
}

/** All attempts of one layer since its first. */
export interface ProbeRecord extends ProbeCounts {
  readonly layer: ProbeLayer
  readonly since: Date
  /** When one was judged last. */
  readonly lastAt: Date
  readonly lastHitAt: Date | null
  /** Which attempt got through last; a name of ours. */
  readonly lastHit: string | null
}

/** The canaries of one cell and their counters. Errors of the database pass through. */
export interface IsolationLog {
  /** Routing ids of the two canaries; fewer while the cell still makes them. */
  canaries(): Promise<string[]>
  /** Whether the caller may try now; for so many seconds nobody else may. */
  takeTurn(seconds: number): Promise<boolean>
  /** Adds to the counters of a layer. `hit` names the attempt that got through. */
  note(layer: ProbeLayer, counts: ProbeCounts, at: Date, hit: string | null): Promise<void>
  read(): Promise<ProbeRecord[]>
}

/** The log of one cell; `db` is the router's. */
export function openIsolationLog(db: () => Kysely<CellTables>): IsolationLog {
  return {
    async canaries() {
      const { rows } = await sql<{
        tenant: string
      }>`select tenant from cell.list_canaries() as tenant`.execute(db())
      return rows.map(({ tenant }) => tenant)
    },
    async takeTurn(seconds) {
      const { rows } = await sql<{ mine: boolean }>`select cell.take_probe_turn(${seconds}) as mine`.execute(
        db(),
      )
      return rows[0]?.mine === true
    },
    async note(layer, { attempts, hits, unclear }, at, hit) {
      await sql`select cell.note_probe(${layer}, ${attempts}, ${hits}, ${unclear}, ${at}, ${hit})`.execute(
        db(),
      )
    },
    async read() {
      const { rows } = await sql<Row>`select * from cell.list_probes()`.execute(db())
      return rows.map((row) => ({
        layer: row.layer,
        attempts: Number(row.attempts),
        hits: Number(row.hits),
        unclear: Number(row.unclear),
        since: row.since,
        lastAt: row.last_at,
        lastHitAt: row.last_hit_at,
        lastHit: row.last_hit,
      }))
    },
  }
}

interface Row {
  readonly layer: ProbeLayer
  readonly attempts: number | string
  readonly hits: number | string
  readonly unclear: number | string
  readonly since: Date
  readonly last_at: Date
  readonly last_hit_at: Date | null
  readonly last_hit: string | null
}
