// Seals everything of a tenant under its newest keys: look-up values, search, columns, then what documents seal with their own keys;
// and lets the older versions rest. Must stay true: running it again does no harm and goes on where a kill left it; it does not begin
// before every process seals with the newest keys; it ends only when everything was done that opens, and says what does not.
import type { Ctx } from '../ctx.ts'
import { PublicError } from '../errors.ts'
import type { Job, Task } from '../jobs/job.ts'
import { keysRotated } from '../notifications/core-notifications.ts'
import { notify } from '../notifications/notify.ts'
import type { BlindTable } from './blind-values.ts'
import { isDamage } from './is-damage.ts'
import { countUnresealed, type Resealed, resealSubject } from './reseal-subject.ts'
import {
  countRows,
  isNewestInUse,
  ROTATE_TASK,
  resealRows,
  retireKeys,
  type SealedTable,
} from './rotate-keys.ts'
import { areSubjectsInUse, findUnresealed, retirePersons } from './subject-versions.ts'
import type { BlindPurpose } from './tenant-keys.ts'

/** Rows blinded anew in one transaction: whoever adds a value waits for it. */
const BLINDS = 100

export const rotateKeysTask: Task = {
  name: ROTATE_TASK,
  permissions: [],
  async run(ctx, job) {
    await ctx.renewKeys(job.tenant)
    const isReady = await ctx.read(
      job.actor,
      async (tx) => (await isNewestInUse(tx)) && (await areSubjectsInUse(tx)),
    )
    if (!isReady) throw new Error('the newest keys are not in use yet')
    const tally = await startTally(ctx, job)
    let blindly = 0
    const kept = new Set<BlindPurpose>()
    for (const table of ctx.blindTables) {
      const left = await blindTable(ctx, job, table, tally.add)
      if (left > 0) kept.add(table.purpose)
      blindly += left
    }
    const isIndexWhole = await rewriteSearch(ctx, job, tally)
    let [rows, damaged] = [0, blindly + (isIndexWhole ? 0 : 1)]
    for (const table of ctx.sealedTables) {
      const sealed = await sealTable(ctx, job, table, tally)
      rows += sealed.rows
      damaged += sealed.damaged
    }
    const subjects = await sealSubjects(ctx, job, tally)
    damaged += subjects.damaged
    await ctx.write(job.actor, async (tx) => {
      // A value that could not be blinded anew is looked for under the version it has.
      await retireKeys(tx, kept)
      const persons = await retirePersons(tx)
      const { blobs } = subjects
      await notify(tx, keysRotated, {
        to: 'administrators',
        record: { kind: 'organisation', id: job.record },
        detail: {},
        source: `rotation:${job.activity ?? job.id}`,
      })
      tx.audit({
        action: 'core.key.retired',
        outcome: damaged === 0 ? 'done' : 'failed',
        detail: { rows: rows + subjects.rows, blobs, damaged, persons },
      })
    })
    // Said where whoever asked looks: trying again would find the same.
    if (damaged > 0) throw new PublicError('seals_damaged')
  },
}

/** Counts parts: rows blinded, rows sealed, entries of the index, blobs. */
interface Tally {
  add(count: number): void
  /** More is to be done than was known. */
  expect(count: number): void
}

async function startTally(ctx: Ctx, job: Job): Promise<Tally> {
  let total = await ctx.read(job.actor, (tx) => countUnresealed(tx, ctx.subjectSealed))
  for (const table of [...ctx.blindTables, ...ctx.sealedTables])
    total += await ctx.read(job.actor, (tx) => countRows(tx, table), table.store)
  let done = 0
  return {
    add(count) {
      done += count
      // Rows that were added meanwhile are done, too.
      job.progress(done, Math.max(total, done))
    },
    expect(count) {
      total += count
    },
  }
}

/** What an event says of rows that do not open: how many, and the first of them. */
function damageOf(rows: readonly string[]) {
  const [first] = rows
  return first === undefined
    ? ({ outcome: 'done', detail: {} } as const)
    : ({ outcome: 'failed', detail: { damaged: rows.length, first } } as const)
}

/** Blinds a whole table anew; `onRows` hears of the rows that were read. Answers how many do not open. */
export async function blindTable(
  ctx: Ctx,
  job: Job,
  table: BlindTable,
  onRows: (count: number) => void,
): Promise<number> {
  let damaged = 0
  for (let after: string | null = ''; after !== null; ) {
    job.signal.throwIfAborted()
    const from: string = after
    const step = await ctx.write(
      job.actor,
      async (tx) => {
        const result = await table.reblind(tx, from, BLINDS)
        const { outcome, detail } = damageOf(result.damaged)
        const told = { table: table.table, rows: result.changed, ...detail }
        tx.audit({ action: 'core.key.reblinded', outcome, detail: told })
        return result
      },
      table.store,
    )
    after = step.last
    damaged += step.damaged.length
    onRows(step.read)
  }
  return damaged
}

/** Answers whether all of the index opened. */
async function rewriteSearch(ctx: Ctx, job: Job, tally: Tally): Promise<boolean> {
  try {
    await rewriteAll(ctx, job, tally)
    return true
  } catch (error) {
    if (!isDamage(error)) throw error
    await ctx.write(job.actor, async (tx) =>
      tx.audit({ action: 'core.key.resealed', outcome: 'failed', detail: { table: 'search', damaged: 1 } }),
    )
    return false
  }
}

async function rewriteAll(ctx: Ctx, job: Job, tally: Tally): Promise<void> {
  let [done, total] = [0, 0]
  for (;;) {
    job.signal.throwIfAborted()
    const progress = await ctx.write(job.actor, async (tx) => {
      tx.audit({ action: 'core.key.resealed', detail: { table: 'search' } })
      return tx.search.rewrite(tx.keys.current('search').version)
    })
    tally.expect(Math.max(0, progress.total - total))
    tally.add(Math.max(0, progress.done - done))
    total = Math.max(total, progress.total)
    done = Math.max(done, progress.done)
    if (progress.done >= progress.total) return
  }
}

async function sealTable(
  ctx: Ctx,
  job: Job,
  table: SealedTable,
  tally: Tally,
): Promise<{ rows: number; damaged: number }> {
  let [rows, damaged] = [0, 0]
  for (let after: string | null = ''; after !== null; ) {
    job.signal.throwIfAborted()
    const from: string = after
    const step = await ctx.write(
      job.actor,
      async (tx) => {
        const result = await resealRows(tx, table, from)
        const { outcome, detail } = damageOf(result.damaged)
        const told = { table: table.table, rows: result.resealed, ...detail }
        tx.audit({ action: 'core.key.resealed', outcome, detail: told })
        return result
      },
      table.store,
    )
    after = step.last
    rows += step.resealed
    damaged += step.damaged.length
    tally.add(step.read)
  }
  return { rows, damaged }
}

async function sealSubjects(ctx: Ctx, job: Job, tally: Tally): Promise<Resealed> {
  const all: Resealed = { rows: 0, blobs: 0, damaged: 0 }
  for (let after = ''; ; ) {
    const from = after
    const subjects = await ctx.read(job.actor, (tx) => findUnresealed(tx, from))
    for (const subject of subjects) {
      const one = await resealSubject(ctx, job, subject, tally.add)
      all.rows += one.rows
      all.blobs += one.blobs
      all.damaged += one.damaged
    }
    const last = subjects.at(-1)
    if (last === undefined) return all
    after = last
  }
}
