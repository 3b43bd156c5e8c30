// The mark a tenant leaves in its cell that its open streams should look again. Outside the transaction, because its row would be
// held locked against all other writers of the tenant until the commit.
import { type Kysely, type QueryExecutorProvider, sql } from 'kysely'
import type { CellTables } from '../db/tables.gen.ts'

/** Leaves the mark; `db` is a connection of the tenant outside any transaction. */
export async function giveNudge(db: QueryExecutorProvider): Promise<void> {
  await sql`select cell.give_nudge()`.execute(db)
}

/** How often each of the tenants was nudged, by routing id; who never was is not in it. `db` is the router's. */
export async function countNudges(
  db: Kysely<CellTables>,
  tenants: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ tenant: string; count: string }>`
    select tenant, count::text as count from cell.list_nudges(${[...tenants]}::text[])`.execute(db)
  return new Map(rows.map(({ tenant, count }) => [tenant, count]))
}
