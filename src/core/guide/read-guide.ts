// The guide of one person: which first steps they have taken, and whether they have put it away.
// Must stay true: what was taken once stays taken, and is not asked for again.
import type { Ctx } from '../ctx.ts'
import { PublicError } from '../errors.ts'
import type { Actor } from '../tenancy/actor.ts'
import type { TenantReader, TenantWriter } from '../tenancy/tenant-door.ts'
import type { Guide } from './guide.schema.ts'

/** Kept beside the steps of a person who wants to see them no more. */
export const DISMISSED = 'core.guide.dismissed'

/** Reads it, and keeps what was taken since. Throws `not_found` for whoever is no person. */
export async function readGuide(ctx: Ctx, actor: Actor): Promise<Guide> {
  const { personId } = actor
  if (personId === null) throw new PublicError('not_found')
  const { guide, fresh } = await ctx.read(actor, (tx) => find(ctx, tx, personId))
  if (fresh.length > 0) await ctx.write(actor, (tx) => keep(tx, personId, fresh))
  return guide
}

async function find(ctx: Ctx, tx: TenantReader, person: string) {
  const rows = await tx.db.selectFrom('first_step').select('step').where('person', '=', person).execute()
  const kept = new Set(rows.map(({ step }) => step))
  const isDismissed = kept.has(DISMISSED)
  const steps: Guide['steps'] = []
  const fresh: string[] = []
  for (const { name, isFor, isTaken } of ctx.firstSteps) {
    if (!isFor(tx.actor)) continue
    const isFresh = !isDismissed && !kept.has(name) && (await isTaken(tx, ctx))
    if (isFresh) fresh.push(name)
    steps.push({ name, isTaken: isFresh || kept.has(name) })
  }
  tx.audit({ action: 'core.guide.read', detail: { steps: steps.length } })
  return { guide: { steps, isDismissed }, fresh }
}

async function keep(tx: TenantWriter, person: string, steps: readonly string[]): Promise<void> {
  await tx.db
    .insertInto('first_step')
    .values(steps.map((step) => ({ person, step, at: tx.now() })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  tx.audit({ action: 'core.guide.stepTaken', detail: { count: steps.length } })
}
