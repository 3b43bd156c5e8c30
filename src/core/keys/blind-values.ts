// Blind values while their key changes. For some minutes a value may stand under either version, so a look-up asks for both, and whoever
// adds a value that must be unique waits for the others and looks under both.
// Must stay true: a process that knows of one version only stores under one that every other process looks for (version-in-use.ts).
import { sql } from 'kysely'
import type { TenantWriter } from '../tenancy/tenant-door.ts'
import type { BlindPurpose, Store } from './tenant-keys.ts'

/** What is blinded in one table, as its room declares it; rotation blinds it anew. */
export interface BlindTable {
  readonly store: Store
  readonly table: string
  /** `search` for values that tell of documents: an older copy cannot be asked for them once one was destroyed. */
  readonly purpose: BlindPurpose
  /** The columns this keeps, as `table.column`; a test holds that no blind column is forgotten. */
  readonly columns: readonly string[]
  /** Blinds the next rows behind `after` anew, at most so many. The caller has no lock yet. */
  reblind(tx: TenantWriter, after: string, limit: number): Promise<BlindStep>
}

/** Where a step stopped (null at the end), how many rows it read, how many got a new value, and which keep theirs: they do not open. */
export interface BlindStep {
  readonly last: string | null
  readonly read: number
  readonly changed: number
  readonly damaged: readonly string[]
}

/**
 * To be called before a unique blind value is looked for and added. While more than one version is in use, it holds a lock until the
 * end of the transaction, so that equal values under different versions meet. Take it after locks on rows that are blinded.
 */
export async function lockBlinds(tx: TenantWriter, purpose: BlindPurpose = 'blind'): Promise<void> {
  if (!isBlindChanging(tx, purpose)) return
  // The first version stays in its table for ever, so everybody locks the same row.
  await tx.db
    .selectFrom('key')
    .select('id')
    .where('purpose', '=', 'blind')
    .where('subject', 'is', null)
    .orderBy('version')
    .limit(1)
    .forNoKeyUpdate()
    .execute()
}

/** Whether values under more than one version are looked for. */
export function isBlindChanging(tx: Pick<TenantWriter, 'keys'>, purpose: BlindPurpose = 'blind'): boolean {
  return tx.keys.blinds('', '', purpose).length > 1
}

/** A row with its sealed card. */
export interface CardRow {
  readonly id: string
  readonly card: Buffer
}

/** A column that blinds one value of the row's own sealed card. */
export interface BlindColumn {
  readonly store: Store
  readonly table: string
  readonly column: string
  readonly purpose: BlindPurpose
  /** What TenantKeys.blind() is given as the column. */
  readonly label: string
  /** The values by the ids of their rows. One that does not open is not in it, and keeps what it has. */
  values(tx: TenantWriter, rows: readonly CardRow[]): Promise<ReadonlyMap<string, string>>
}

/** A table with one blind column beside `id` and `card`. */
export function blindColumn(of: BlindColumn): BlindTable {
  const { store, table, column, label, purpose } = of
  return {
    store,
    table,
    purpose,
    columns: [`${table}.${column}`],
    async reblind(tx, after, limit) {
      const { rows } = await sql<CardRow & { blind: Buffer }>`
        select id::text as id, card, ${sql.ref(column)} as blind from ${sql.table(table)}
        where id::text > ${after} order by id::text limit ${limit} for update`.execute(tx.db)
      await lockBlinds(tx, purpose)
      let changed = 0
      const damaged: string[] = []
      const values = await of.values(tx, rows)
      for (const { id, blind } of rows) {
        const plain = values.get(id)
        if (plain === undefined) damaged.push(id)
        const value = plain === undefined ? blind : tx.keys.blind(label, plain, purpose)
        if (value.equals(blind)) continue
        // Where an equal value came in between, this row is not the one that is found.
        await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${value} where id = ${id}::uuid
          and not exists (select from ${sql.table(table)} where ${sql.ref(column)} = ${value})`.execute(tx.db)
        changed++
      }
      const last = rows.length < limit ? null : (rows.at(-1)?.id ?? null)
      return { last, read: rows.length, changed, damaged }
    },
  }
}
