// Everything sealed under the key of one document, sealed again under its newest version: columns in place, blobs beside themselves
// and then swapped. Must stay true: a blob is swapped only while its record is held, so nothing comes back of what was removed;
// memory is constant whatever the size; running again changes nothing.
import { sql } from 'kysely'
import type { ResealedBlob } from '../blobs/blob-store.ts'
import type { Ctx } from '../ctx.ts'
import { PublicError } from '../errors.ts'
import type { Job } from '../jobs/job.ts'
import type { TenantReader, TenantWriter } from '../tenancy/tenant-door.ts'
import { isDamage } from './is-damage.ts'
import { SealBroken } from './seal-broken.ts'
import { subjectSeal } from './subject-seal.ts'
import { retireSubject } from './subject-versions.ts'

/** A column sealed by `subjectSeal`. `row` is the SQL expression whose text the seal is bound to; `subject` the column that names the key. */
export interface SubjectColumn {
  readonly table: string
  readonly column: string
  readonly row: string
  readonly subject: string
}

/** Blobs under keys of subjects. `blob` and `subject` are columns, `isStored` is the SQL condition of rows that have their blob. */
export interface SubjectBlobs {
  readonly table: string
  readonly blob: string
  readonly subject: string
  readonly isStored: string
  /** Locks the record of a blob so that it is not removed before the end of the transaction; false when it is gone. */
  hold(tx: TenantWriter, blob: string): Promise<boolean>
}

/** What a room seals under document keys; rotation seals it again. */
export interface SubjectSealed {
  readonly columns: readonly SubjectColumn[]
  readonly blobs: readonly SubjectBlobs[]
}

/** What was done; `damaged` did not open under any version and stays as it is. */
export interface Resealed {
  rows: number
  blobs: number
  damaged: number
}

const ROWS = 50
const BLOBS = 16

/** Rows and blobs of subjects that still have an older live version, for progress. */
export async function countUnresealed(tx: TenantReader, sealed: readonly SubjectSealed[]): Promise<number> {
  const due = sql`(select subject from key where purpose = 'document' and state = 'live' group by subject having count(*) > 1)`
  const counts = sealed.flatMap(({ columns, blobs }) => [
    ...columns.map(
      ({ table, subject }) =>
        sql`select count(*) as count from ${sql.table(table)} where ${sql.ref(subject)} in ${due}`,
    ),
    ...blobs.map(
      ({ table, subject, isStored }) =>
        sql`select count(*) as count from ${sql.table(table)} where ${sql.ref(subject)} in ${due} and ${sql.raw(isStored)}`,
    ),
  ])
  if (counts.length === 0) return 0
  const { rows } = await sql<{ total: string }>`
    select sum(count) as total from (${sql.join(counts, sql` union all `)}) as counts`.execute(tx.db)
  return Number(rows[0]?.total ?? 0)
}

/**
 * Seals all of one subject again and lets its older versions rest, unless something was damaged. `onPart` hears of every row and blob.
 * What is removed meanwhile is left out.
 */
export async function resealSubject(
  ctx: Ctx,
  job: Job,
  subject: string,
  onPart: (count: number) => void,
): Promise<Resealed> {
  const result: Resealed = { rows: 0, blobs: 0, damaged: 0 }
  try {
    await resealParts(ctx, job, { subject, result, onPart }).catch((error: unknown) => {
      if (!isDamage(error)) throw error
      // Its own key does not open.
      result.damaged++
    })
    await ctx.write(job.actor, async (tx) => {
      if (result.damaged === 0) await retireSubject(tx, subject)
      tx.audit({
        action: 'core.key.subjectResealed',
        outcome: result.damaged === 0 ? 'done' : 'failed',
        detail: { subject, ...result },
      })
    })
  } catch (error) {
    // Destroyed in the middle: there is nothing left to seal.
    if (!(error instanceof PublicError && error.code === 'gone')) throw error
  }
  return result
}

interface Part {
  readonly subject: string
  readonly result: Resealed
  onPart(count: number): void
}

async function resealParts(ctx: Ctx, job: Job, part: Part): Promise<void> {
  for (const { columns, blobs } of ctx.subjectSealed) {
    for (const column of columns) await resealColumn(ctx, job, { ...part, column })
    for (const of of blobs) await resealBlobs(ctx, job, { ...part, of })
  }
}

async function resealColumn(
  ctx: Ctx,
  job: Job,
  { subject, column, result, onPart }: Part & { column: SubjectColumn },
): Promise<void> {
  for (let after: string | null = ''; after !== null; ) {
    job.signal.throwIfAborted()
    const from: string = after
    const first = await ctx.read(job.actor, (tx) => nextRows(tx, column, subject, from))
    if (first.length === 0) return
    const step = await ctx.write(job.actor, async (tx) => {
      const done = await resealRowsOf(tx, column, subject, first)
      tx.audit({ action: 'core.key.resealed', detail: { table: column.table, rows: done.resealed } })
      return done
    })
    result.rows += step.resealed
    result.damaged += step.damaged
    onPart(first.length)
    after = first.length < ROWS ? null : (first.at(-1) ?? null)
  }
}

async function nextRows(
  tx: TenantReader,
  { table, row, subject }: SubjectColumn,
  id: string,
  after: string,
): Promise<string[]> {
  const { rows } = await sql<{ row: string }>`
    select (${sql.raw(row)})::text as row from ${sql.table(table)}
    where ${sql.ref(subject)} = ${id}::uuid and (${sql.raw(row)})::text > ${after} order by 1 limit ${ROWS}`.execute(
    tx.db,
  )
  return rows.map((one) => one.row)
}

async function resealRowsOf(
  tx: TenantWriter,
  { table, column, row, subject }: SubjectColumn,
  id: string,
  ids: readonly string[],
): Promise<{ resealed: number; damaged: number }> {
  const seal = subjectSeal(await tx.keys.subject('document', id))
  const { rows } = await sql<{ row: string; sealed: Buffer }>`
    select (${sql.raw(row)})::text as row, ${sql.ref(column)} as sealed from ${sql.table(table)}
    where ${sql.ref(subject)} = ${id}::uuid and (${sql.raw(row)})::text in (${sql.join(ids)})
    order by 1 for update`.execute(tx.db)
  let [resealed, damaged] = [0, 0]
  for (const { row: name, sealed } of rows) {
    const place = { tenant: tx.actor.tenant, store: 'activity', table, row: name, column } as const
    try {
      const fresh = seal.reseal(place, sealed)
      if (fresh === null) continue
      await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${fresh}
        where ${sql.ref(subject)} = ${id}::uuid and (${sql.raw(row)})::text = ${name}`.execute(tx.db)
      resealed++
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error
      damaged++
    }
  }
  return { resealed, damaged }
}

/** A blob sealed again; null when it was already; undefined when it does not open or is not there. */
type Attempt = readonly [blob: string, resealed: ResealedBlob | null | undefined]

async function resealBlobs(
  ctx: Ctx,
  job: Job,
  { subject, of, result, onPart }: Part & { of: SubjectBlobs },
): Promise<void> {
  for (let after: string | null = ''; after !== null; ) {
    const from: string = after
    const attempts: Attempt[] = []
    try {
      const blobs = await ctx.read(job.actor, async (tx) => {
        const ids = await nextBlobs(tx, of, subject, from)
        for (const id of ids) {
          job.signal.throwIfAborted()
          attempts.push([id, await resealBlob(tx, subject, id)])
        }
        return ids
      })
      if (attempts.some(([, resealed]) => resealed !== null))
        await ctx.write(job.actor, (tx) => swapBlobs(tx, of, attempts, result))
      onPart(blobs.length)
      after = blobs.length < BLOBS ? null : (blobs.at(-1) ?? null)
    } finally {
      for (const [, resealed] of attempts) await resealed?.discard()
    }
  }
}

async function nextBlobs(tx: TenantReader, of: SubjectBlobs, id: string, after: string): Promise<string[]> {
  const { rows } = await sql<{ blob: string }>`
    select ${sql.ref(of.blob)}::text as blob from ${sql.table(of.table)}
    where ${sql.ref(of.subject)} = ${id}::uuid and ${sql.raw(of.isStored)} and ${sql.ref(of.blob)}::text > ${after}
    order by 1 limit ${BLOBS}`.execute(tx.db)
  return rows.map(({ blob }) => blob)
}

async function resealBlob(
  tx: TenantReader,
  subject: string,
  blob: string,
): Promise<ResealedBlob | null | undefined> {
  try {
    return await tx.blobs.reseal(blob, await tx.keys.subject('document', subject))
  } catch (error) {
    if (error instanceof SealBroken) return undefined
    if (error instanceof PublicError && error.code === 'not_found') return undefined
    throw error
  }
}

async function swapBlobs(
  tx: TenantWriter,
  of: SubjectBlobs,
  attempts: readonly Attempt[],
  result: Resealed,
): Promise<void> {
  let [blobs, damaged] = [0, 0]
  for (const [blob, resealed] of attempts) {
    if (resealed === null || !(await of.hold(tx, blob))) continue
    if (resealed === undefined) damaged++
    else {
      await resealed.swap()
      blobs++
    }
  }
  tx.audit({ action: 'core.key.resealed', detail: { table: of.table, blobs } })
  result.blobs += blobs
  result.damaged += damaged
}
