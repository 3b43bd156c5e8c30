// What is the case in the whole installation (a claim that fails), told to the administrators of an organisation when one of them looks.
// Nothing walks through all organisations: who does not look is not told. Must stay true: each administrator hears of an occurrence once.
import type { Ctx } from '../ctx.ts'
import { newId } from '../ids.ts'
import { systemActor } from '../tenancy/system-actor.ts'
import type { StandingNotice } from './notification-kind.ts'
import { notify } from './notify.ts'

/** Asks a product what is the case in a region now. */
export type StandingSource = (ctx: Ctx, region: string) => Promise<readonly StandingNotice[]>

/** How long an answer of the sources is believed, milliseconds. */
const TRUST_MS = 15_000
/** Pairs of person and occurrence that are remembered as told. */
const MOST_TOLD = 50_000

/** What stands, kept for a moment, and whom it was told. */
export class StandingNotices {
  readonly #sources: readonly StandingSource[]
  readonly #known = new Map<
    string,
    { readonly at: number; readonly notices: Promise<readonly StandingNotice[]> }
  >()
  readonly #told = new Set<string>()

  constructor(sources: readonly StandingSource[]) {
    this.#sources = sources
  }

  /** Tells these administrators what they have not heard of yet. Errors of the database pass through. */
  async tell(
    ctx: Ctx,
    where: { readonly tenant: string; readonly region: string },
    persons: readonly string[],
  ) {
    const { tenant, region } = where
    const keyOf = (person: string, { source }: StandingNotice) => `${tenant} ${person} ${source}`
    const notices = await this.#standing(ctx, region)
    const open = notices.filter((notice) => persons.some((person) => !this.#told.has(keyOf(person, notice))))
    if (open.length === 0) return
    const actor = systemActor(tenant, { region, origin: { ip: '', userAgent: '' }, requestId: newId() })
    const known = await ctx.read(actor, (tx) =>
      tx.db
        .selectFrom('notification')
        .select(['person', 'source'])
        .where('person', 'in', [...persons])
        .where(
          'source',
          'in',
          open.map(({ source }) => source),
        )
        .execute(),
    )
    const has = new Set(known.map(({ person, source }) => `${person} ${source}`))
    const missing = open.flatMap((notice) => {
      const to = persons.filter((person) => !has.has(`${person} ${notice.source}`))
      return to.length > 0 ? [{ notice, to }] : []
    })
    if (missing.length > 0)
      await ctx.write(actor, async (tx) => {
        for (const { notice, to } of missing) await notify(tx, notice.kind, { to, ...notice })
        tx.audit({ action: 'core.notification.told', detail: { count: missing.length } })
      })
    if (this.#told.size > MOST_TOLD) this.#told.clear()
    for (const notice of open) for (const person of persons) this.#told.add(keyOf(person, notice))
  }

  #standing(ctx: Ctx, region: string): Promise<readonly StandingNotice[]> {
    const at = ctx.now().getTime()
    const known = this.#known.get(region)
    if (known && at - known.at < TRUST_MS && at >= known.at) return known.notices
    const notices = Promise.all(this.#sources.map((source) => source(ctx, region))).then((all) => all.flat())
    this.#known.set(region, { at, notices })
    notices.catch(() => this.#known.delete(region))
    return notices
  }
}
