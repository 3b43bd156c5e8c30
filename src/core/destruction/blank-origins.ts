// Where an erased person was when they made or changed something: gone from every record, whose author stays as an id that names nobody.
import { sql } from 'kysely'
import type { Ctx } from '../ctx.ts'
import type { Job } from '../jobs/job.ts'
import type { SealedTable } from '../keys/rotate-keys.ts'
import type { TenantWriter } from '../tenancy/tenant-door.ts'

const BATCH = 200
/** Columns that name who made a row, and what of its origin is theirs; who changed it last. */
const MADE = ['person', 'created_by'] as const
const MADE_PARTS = ['createdIp', 'ip', 'userAgent']
const CHANGED_PARTS = ['updatedIp']

interface Row {
  readonly row: string
  readonly origin: Buffer
  readonly is_maker: boolean
  readonly is_changer: boolean
}

/** Blanks the addresses of a person in every table that keeps origins. Running it again changes nothing. */
export async function blankOrigins(ctx: Ctx, job: Job, person: string): Promise<void> {
  for (const table of ctx.sealedTables) {
    if (!table.columns.includes('origin')) continue
    const columns = await ctx.read(job.actor, (tx) => columnsOf(tx, table.table), table.store)
    for (let after: string | null = ''; after !== null; ) {
      job.signal.throwIfAborted()
      const from: string = after
      after = await ctx.write(
        job.actor,
        async (tx) => {
          const last = await blankSome(tx, table, { person, columns, after: from })
          tx.audit({ action: 'core.destruction.originsBlanked', detail: { table: table.table } })
          return last
        },
        table.store,
      )
    }
  }
}

async function columnsOf(tx: Pick<TenantWriter, 'db'>, table: string): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ name: string }>`
    select attname as name from pg_attribute where attrelid = to_regclass(${table}) and attnum > 0 and not attisdropped`.execute(
    tx.db,
  )
  return new Set(rows.map(({ name }) => name))
}

async function blankSome(
  tx: TenantWriter,
  { store, table, row: key }: SealedTable,
  { person, columns, after }: { person: string; columns: ReadonlySet<string>; after: string },
): Promise<string | null> {
  const isOne = (names: readonly string[]) => {
    const own = names.filter((name) => columns.has(name))
    return own.length === 0
      ? sql`false`
      : sql`(${sql.join(
          own.map((name) => sql`coalesce(${sql.ref(name)} = ${person}::uuid, false)`),
          sql` or `,
        )})`
  }
  const [maker, changer] = [isOne(MADE), isOne(['updated_by'])]
  const id = sql.raw(`(${key})::text`)
  const { rows } = await sql<Row>`
    select ${id} as row, origin, ${maker} as is_maker, ${changer} as is_changer from ${sql.table(table)}
    where ${id} > ${after} and (${maker} or ${changer}) order by ${id} limit ${BATCH} for update`.execute(
    tx.db,
  )
  for (const { row, origin, is_maker, is_changer } of rows) {
    const known = tx.keys.open<Record<string, unknown>>(store, table, row, 'origin', origin)
    const blanked = { ...known }
    for (const part of [...(is_maker ? MADE_PARTS : []), ...(is_changer ? CHANGED_PARTS : [])])
      if (part in known) blanked[part] = ''
    if (JSON.stringify(blanked) === JSON.stringify(known)) continue
    await sql`update ${sql.table(table)} set origin = ${tx.keys.seal(store, table, row, 'origin', blanked)}
      where ${id} = ${row}`.execute(tx.db)
  }
  return rows.length < BATCH ? null : (rows.at(-1)?.row ?? null)
}
