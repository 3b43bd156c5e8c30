// Carries the deliveries of a worker process. A job only says that a webhook has something due; what waits for receivers waits here, outside of
// any job, so that a slow receiver takes no worker's place. Must stay true: a bound for each webhook, organisation and process; what is out when
// the process ends is attempted again by whoever comes next.
import type { Ctx } from '../ctx.ts'
import { toApi } from '../ids.ts'
import { FairLine } from '../limits/fair-line.ts'
import type { Actor } from '../tenancy/actor.ts'
import { attemptDelivery } from './attempt-delivery.ts'
import { type Claimed, claimDelivery } from './claim-delivery.ts'
import { messageBody, type PrefixOf } from './message.ts'
import { recordAttempt } from './record-attempt.ts'
import { openWebhook } from './webhook-record.ts'

/** Attempts at once: of one webhook while it works, of one organisation, of all. While a webhook fails, one. */
const BOUNDS = {
  perWebhook: 4,
  turnsPerParty: 32,
  turns: 128,
  waiting: 100_000,
  waitingPerParty: 10_000,
} as const

interface Lane {
  running: number
  /** Something became due while the last look was under way. */
  isDueAgain: boolean
  isFailing: boolean
}

export interface CourierOptions {
  readonly ctx: Pick<Ctx, 'read' | 'write' | 'outbound' | 'records' | 'now'>
  /** What nobody waits for, told to the log. */
  readonly onError: (error: unknown) => void
}

/** Where one webhook is, and in whose name it is looked after. */
export interface Round {
  readonly actor: Actor
  readonly region: string
  readonly webhook: string
}

export class Courier {
  readonly #options: CourierOptions
  readonly #prefixOf: PrefixOf
  readonly #lanes = new Map<string, Lane>()
  readonly #line = new FairLine(BOUNDS)
  readonly #stopping = new AbortController()
  readonly #underWay = new Set<Promise<void>>()

  constructor(options: CourierOptions) {
    this.#options = options
    const { records } = options.ctx
    this.#prefixOf = (kind) => records.find((record) => record.kind === kind)?.prefix
  }

  /** Begins to deliver what is due of a webhook; does not wait for it. */
  deliver(round: Round): void {
    if (this.#stopping.signal.aborted) return
    const key = `${round.actor.tenant}/${round.webhook}`
    const lane = this.#lanes.get(key) ?? { running: 0, isDueAgain: false, isFailing: false }
    this.#lanes.set(key, lane)
    if (lane.running > 0) lane.isDueAgain = true
    if (lane.running < (lane.isFailing ? 1 : BOUNDS.perWebhook)) this.#begin(key, lane, round)
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  /** Begins nothing more, waits so many milliseconds for what is out, then breaks it off. */
  async stop(grace = 0): Promise<void> {
    const late = setTimeout(() => this.#stopping.abort(new Error('the courier stops')), grace)
    for (const lane of this.#lanes.values()) lane.isDueAgain = false
    this.#lanes.clear()
    await this.settled()
    clearTimeout(late)
    this.#stopping.abort(new Error('the courier stopped'))
  }

  #begin(key: string, lane: Lane, round: Round): void {
    lane.running++
    const run = this.#walk(key, lane, round)
      .catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) this.#options.onError(error)
      })
      .finally(() => {
        lane.running--
        this.#underWay.delete(run)
        if (lane.running > 0 || this.#lanes.get(key) !== lane) return
        this.#lanes.delete(key)
        if (lane.isDueAgain) this.deliver(round)
      })
    this.#underWay.add(run)
  }

  /** One delivery after the other until none is due. */
  async #walk(key: string, lane: Lane, round: Round): Promise<void> {
    const { ctx } = this.#options
    const { actor, webhook } = round
    while (this.#lanes.get(key) === lane) {
      const leave = await this.#line.enter({ party: actor.tenant, member: webhook })
      try {
        lane.isDueAgain = false
        const claimed = await ctx.read(actor, (tx) => claimDelivery(tx, webhook))
        if (!claimed) return
        // There may be more: another one walks beside this one, within the bound.
        if (!lane.isFailing && lane.running < BOUNDS.perWebhook && this.#lanes.get(key) === lane)
          this.#begin(key, lane, round)
        lane.isFailing = await this.#attempt(round, claimed)
      } finally {
        leave()
      }
      if (lane.isFailing && lane.running > 1) return
    }
  }

  async #attempt({ actor, region, webhook }: Round, claimed: Claimed): Promise<boolean> {
    const { ctx } = this.#options
    const opened = await ctx.read(actor, (tx) => openWebhook(tx, webhook))
    if (!opened) return false
    const end = await attemptDelivery(ctx.outbound, {
      region,
      url: opened.url,
      secrets: opened.secrets,
      id: toApi('evt', claimed.event),
      body: messageBody(claimed, this.#prefixOf),
      at: ctx.now(),
      signal: this.#stopping.signal,
    })
    return ctx.write(actor, (tx) => recordAttempt(tx, webhook, claimed, end))
  }
}
