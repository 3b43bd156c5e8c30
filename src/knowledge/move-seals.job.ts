/**
 * Rows from before the migration 0015 that tell of a document lie under the key of the organisation's fields, which outlives every document:
 * this seals them under the key of theirs. The migration queues it, once. Must stay true: running it again changes nothing, and a row opens
 * at any moment. It can go, with the second half of openSealed, when no installation is that old any more.
 */
import { type RawBuilder, sql } from 'kysely'
import type { Ctx } from '#core/ctx.ts'
import type { Job, Task } from '#core/jobs/job.ts'
import { isDamage } from '#core/keys/is-damage.ts'
import { blindTable } from '#core/keys/rotate-keys.job.ts'
import { SealBroken } from '#core/keys/seal-broken.ts'
import type { SubjectSeal } from '#core/keys/subject-seal.ts'
import type { TenantWriter } from '#core/tenancy/tenant-door.ts'
import { documentSeals, placeOf } from './document-key.ts'
import { documentBlinds } from './documents/document-seals.ts'
import { makeFetchKey } from './documents/fetch-record.ts'
import { openSnipCard } from './snips/snip-record.ts'
import { addTags } from './snips/snip-tags.ts'
import { removeUpload } from './uploads/remove-upload.ts'

const BATCH = 100

interface OlderTable {
  readonly table: 'document' | 'snip' | 'upload' | 'document_fetch' | 'activity'
  /** The document that a row tells of. */
  readonly document: string
  readonly columns: readonly string[]
  readonly where: RawBuilder<unknown>
}

const TABLES: readonly OlderTable[] = [
  { table: 'document', document: 'id', columns: ['card', 'origin'], where: sql`true` },
  { table: 'snip', document: 'document_id', columns: ['card', 'origin'], where: sql`true` },
  { table: 'upload', document: 'document_id', columns: ['card', 'origin'], where: sql`true` },
  { table: 'document_fetch', document: 'id', columns: ['card', 'origin'], where: sql`true` },
  {
    table: 'activity',
    document: 'record',
    columns: ['title', 'origin'],
    where: sql`record_kind = 'document' and subject is null`,
  },
]

export const moveSealsTask: Task = { name: 'knowledge.seal.move', permissions: [], run: moveSeals }

async function moveSeals(ctx: Ctx, job: Job): Promise<void> {
  // What is looked up stands under the key of the index from now on.
  await blindTable(ctx, job, documentBlinds, () => undefined)
  for (const table of TABLES)
    for (let after: string | null = ''; after !== null; ) {
      job.signal.throwIfAborted()
      const from: string = after
      after = await ctx.write(job.actor, (tx) => moveSome(tx, table, from))
    }
}

type Row = { readonly id: string; readonly document: string } & Readonly<Record<string, Buffer>>

/** Answers the last row; null at the end. */
async function moveSome(tx: TenantWriter, of: OlderTable, after: string): Promise<string | null> {
  const { table, document, columns, where } = of
  const { rows } = await sql<Row>`
    select id::text as id, ${sql.ref(document)}::text as document, ${sql.join(columns.map((one) => sql.ref(one)))}
    from ${sql.table(table)} where id::text > ${after} and ${where} order by id::text limit ${BATCH} for update`.execute(
    tx.db,
  )
  if (table === 'document_fetch')
    for (const { id } of rows)
      await makeFetchKey(tx, id).catch((error: unknown) => {
        // Its key was damaged: it stays as it is, and those behind it are moved.
        if (!isDamage(error)) throw error
      })
  const seals = await documentSeals(
    tx,
    rows.map((row) => row.document),
  )
  let moved = 0
  for (const row of rows) {
    const seal = seals.get(row.document)
    if (seal && (await moveRow(tx, of, row, seal))) moved++
    if (seal && table === 'snip') await tagAgain(tx, seal, row)
    // The file was here already and its own key is gone: what it was called goes as well, some hours before its time.
    if (!seal && table === 'upload') await removeUpload(tx, row.id)
  }
  tx.audit({ action: 'knowledge.seal.moved', detail: { table, rows: moved } })
  return rows.length < BATCH ? null : (rows.at(-1)?.id ?? null)
}

/** Whether there was something to move. */
async function moveRow(
  tx: TenantWriter,
  { table, columns }: OlderTable,
  row: Row,
  seal: SubjectSeal,
): Promise<boolean> {
  const changes = columns.flatMap((column) => {
    const value = row[column]
    const place = placeOf(tx, table, row.id, column)
    if (!value || opens(() => seal.open(place, value))) return []
    const older = opens(() => tx.keys.open('activity', table, row.id, column, value))
    // Under neither: it is damaged and stays as it is.
    return older ? [sql`${sql.ref(column)} = ${seal.seal(place, older.value)}`] : []
  })
  if (changes.length === 0) return false
  if (table === 'activity') changes.push(sql`subject = record`)
  await sql`update ${sql.table(table)} set ${sql.join(changes)} where id = ${row.id}::uuid`.execute(tx.db)
  return true
}

/** The words of tags were looked up under another key. */
async function tagAgain(tx: TenantWriter, seal: SubjectSeal, { id }: Row): Promise<void> {
  const row = await tx.db.selectFrom('snip').select(['id', 'card']).where('id', '=', id).executeTakeFirst()
  if (!row) return
  const card = opens(() => openSnipCard(tx, seal, row).tags)
  if (!card) return
  await tx.db.deleteFrom('snip_tag').where('snip_id', '=', id).execute()
  addTags(tx, id, card.value)
}

function opens<T>(open: () => T): { readonly value: T } | undefined {
  try {
    return { value: open() }
  } catch (error) {
    if (error instanceof SealBroken) return undefined
    throw error
  }
}
