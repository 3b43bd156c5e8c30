// Seals everything of a tenant under its newest keys: look-up values, search, columns, then what documents seal with their own keys;
// and lets the older versions rest. Must stay true: running it again does no harm and goes on where a kill left it; it does not begin
// before every process seals with the newest keys; it ends only when everything was done.
import type { Ctx } from '../ctx.ts'
import type { Job, Task } from '../jobs/job.ts'
import { keysRotated } from '../notifications/core-notifications.ts'
import { notify } from '../notifications/notify.ts'
import type { BlindTable } from './blind-values.ts'
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
    for (const table of ctx.blindTables) await blindTable(ctx, job, table, tally)
    await rewriteSearch(ctx, job, tally)
    let rows = 0
    for (const table of ctx.sealedTables) rows += await sealTable(ctx, job, table, tally)
    const subjects = await sealSubjects(ctx, job, tally)
    await ctx.write(job.actor, async (tx) => {
      await retireKeys(tx)
      const persons = await retirePersons(tx)
      const { blobs, damaged } = subjects
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

async function blindTable(ctx: Ctx, job: Job, table: BlindTable, tally: Tally): Promise<void> {
  for (let after: string | null = ''; after !== null; ) {
    job.signal.throwIfAborted()
    const from: string = after
    const step = await ctx.write(
      job.actor,
      async (tx) => {
        const result = await table.reblind(tx, from, BLINDS)
        tx.audit({ action: 'core.key.reblinded', detail: { table: table.table, rows: result.changed } })
        return result
      },
      table.store,
    )
    after = step.last
    tally.add(step.read)
  }
}

async function rewriteSearch(ctx: Ctx, job: Job, tally: Tally): Promise<void> {
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

async function sealTable(ctx: Ctx, job: Job, table: SealedTable, tally: Tally): Promise<number> {
  let resealed = 0
  for (let after: string | null = ''; after !== null; ) {
    job.signal.throwIfAborted()
    const from: string = after
    const step = await ctx.write(
      job.actor,
      async (tx) => {
        const result = await resealRows(tx, table, from)
        tx.audit({ action: 'core.key.resealed', detail: { table: table.table, rows: result.resealed } })
        return result
      },
      table.store,
    )
    after = step.last
    resealed += step.resealed
    tally.add(step.read)
  }
  return resealed
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
