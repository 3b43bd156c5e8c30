// Where an erased person was when they made or changed something: gone from every record, whose author stays as an id that names nobody.
import { sql } from 'kysely'
import type { Ctx } from '../ctx.ts'
import type { Job } from '../jobs/job.ts'
import { openIfWhole } from '../keys/is-damage.ts'
import { type SubjectSeal, subjectSeal } from '../keys/subject-seal.ts'
import type { Store } from '../keys/tenant-keys.ts'
import type { TenantWriter } from '../tenancy/tenant-door.ts'

const BATCH = 200
/** Columns that name who made a row, and what of its origin is theirs; who changed it last. */
const MADE = ['person', 'created_by'] as const
const MADE_PARTS = ['createdIp', 'ip', 'userAgent']
const CHANGED_PARTS = ['updatedIp']

/** A table with a column `origin`; `subject` is the column that names whose key seals it, null where the store's key does. */
interface OriginTable {
  readonly store: Store
  readonly table: string
  readonly row: string
  readonly where: string
  readonly subject: string | null
}

interface Row {
  readonly row: string
  readonly subject: string | null
  readonly origin: Buffer
  readonly is_maker: boolean
  readonly is_changer: boolean
}

/** Blanks the addresses of a person in every table that keeps origins. Running it again changes nothing. */
export async function blankOrigins(ctx: Ctx, job: Job, person: string): Promise<void> {
  for (const table of originTables(ctx)) {
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

function originTables({ sealedTables, subjectSealed }: Ctx): OriginTable[] {
  const shared = sealedTables.filter(({ columns }) => columns.includes('origin'))
  const own = subjectSealed.flatMap(({ columns }) => columns.filter(({ column }) => column === 'origin'))
  return [
    ...shared.map(({ store, table, row, where = 'true' }) => ({ store, table, row, where, subject: null })),
    ...own.map(({ table, row, subject }) => ({
      store: 'activity' as const,
      table,
      row,
      where: `${subject} is not null`,
      subject,
    })),
  ]
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
  of: OriginTable,
  { person, columns, after }: { person: string; columns: ReadonlySet<string>; after: string },
): Promise<string | null> {
  const { table, where, subject } = of
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
  const id = sql.raw(`(${of.row})::text`)
  const { rows } = await sql<Row>`
    select ${id} as row, ${subject === null ? sql`null` : sql.ref(subject)} as subject, origin, ${maker} as is_maker, ${changer} as is_changer from ${sql.table(table)}
    where ${id} > ${after} and ${sql.raw(where)} and (${maker} or ${changer}) order by ${id} limit ${BATCH} for update`.execute(
    tx.db,
  )
  const seals = await sealsOf(tx, of, rows)
  for (const { row, subject: whose, origin, is_maker, is_changer } of rows) {
    const seal = seals(row, whose)
    // Of what was destroyed or damaged nothing opens.
    const known = seal && openIfWhole(() => seal.open(origin))
    if (!known) continue
    const blanked = { ...known }
    for (const part of [...(is_maker ? MADE_PARTS : []), ...(is_changer ? CHANGED_PARTS : [])])
      if (part in known) blanked[part] = ''
    if (JSON.stringify(blanked) === JSON.stringify(known)) continue
    await sql`update ${sql.table(table)} set origin = ${seal.seal(blanked)} where ${id} = ${row}`.execute(
      tx.db,
    )
  }
  return rows.length < BATCH ? null : (rows.at(-1)?.row ?? null)
}

interface OriginSeal {
  open(sealed: Buffer): Record<string, unknown>
  seal(origin: Record<string, unknown>): Buffer
}

/** What seals the origin of each row; undefined once its subject was destroyed. */
async function sealsOf(
  tx: TenantWriter,
  { store, table }: OriginTable,
  rows: readonly Row[],
): Promise<(row: string, subject: string | null) => OriginSeal | undefined> {
  const subjects = rows.flatMap(({ subject }) => (subject === null ? [] : [subject]))
  const keys = await tx.keys.subjects('document', subjects)
  return (row, subject) => {
    if (subject === null)
      return {
        open: (sealed) => tx.keys.open(store, table, row, 'origin', sealed),
        seal: (origin) => tx.keys.seal(store, table, row, 'origin', origin),
      }
    const key = keys.get(subject)
    if (!key) return undefined
    const seal: SubjectSeal = subjectSeal(key)
    const place = { tenant: tx.actor.tenant, store, table, row, column: 'origin' }
    return { open: (sealed) => seal.open(place, sealed), seal: (origin) => seal.seal(place, origin) }
  }
}
