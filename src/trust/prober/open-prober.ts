// The two canaries of one cell trying each other: attempts are dealt layer by layer from shuffled decks, in both directions.
// Must stay true: every attempt is counted, in the cell, under its layer; the prober holds no right but those of its canaries and of the
// process it runs in.
import { PROBE_LAYERS, type ProbeCounts, type ProbeLayer } from '#core/evidence/isolation-log.ts'
import type { Log } from '#core/log.ts'
import { apiAttempts } from './api-attempts.ts'
import type { Attempt, Outcome } from './attempt.ts'
import { blobAttempts } from './blob-attempts.ts'
import { furnishCanary, refurnish } from './furnish-canary.ts'
import { openJobAttempts } from './job-attempts.ts'
import { keyAttempts } from './key-attempts.ts'
import type { Canary, ProbeGround } from './probe-ground.ts'
import { searchAttempts } from './search-attempts.ts'
import { jobStatementAttempts, sqlAttempts } from './sql-attempts.ts'

/** What came of some attempts, by layer. */
export type ProbeReport = Readonly<Record<ProbeLayer, ProbeCounts>> & {
  /** Which attempts got through, and which could not be judged: a hundred of each at the most. */
  readonly hitNames: readonly string[]
  readonly unclearNames: readonly string[]
}

/** Attempts of each layer in a hundred. Those that leave an event in a log for good are the fewer. */
export type Shares = Readonly<Record<ProbeLayer, number>>

export interface Prober {
  /** Both canaries, with what they have by now. */
  readonly canaries: readonly [Canary, Canary]
  /** Makes so many attempts, `lanes` at a time, and counts them in the cell. Stops early when `signal` aborts. */
  tryOut(attempts: number, options: TryOptions): Promise<ProbeReport>
  /** Reads again what the canaries have; products make what was missing. */
  refurnish(): Promise<void>
  /** Judges jobs that were sent; see ProbeCounts. */
  settle(): Promise<ProbeReport>
  /** Jobs that were sent and not judged yet. */
  readonly waiting: number
}

export interface TryOptions {
  readonly lanes: number
  readonly shares: Shares
  readonly signal?: AbortSignal
}

export const BURST_SHARES: Shares = { sql: 62, api: 10, blobs: 9, search: 9, keys: 8, jobs: 2 }

/** Opens the prober of a region's cell; undefined while the cell has not made its canaries. */
export async function openProber(ground: ProbeGround, log: Log): Promise<Prober | undefined> {
  const { ctx, region } = ground
  const [first, second] = await ctx.isolation(region).canaries()
  if (first === undefined || second === undefined) return undefined
  let canaries: [Canary, Canary] = [await furnishCanary(ground, first), await furnishCanary(ground, second)]
  const jobs = openJobAttempts(ground)
  let decks = new Map<ProbeLayer, Attempt[]>()
  let turn = 0

  async function deal(layer: ProbeLayer): Promise<Attempt | undefined> {
    const held = decks.get(layer)?.pop()
    if (held) return held
    const [one, two] = canaries
    const deck = shuffled([...(await deckOf(layer, one, two)), ...(await deckOf(layer, two, one))])
    decks.set(layer, deck)
    return deck.pop()
  }

  async function deckOf(layer: ProbeLayer, me: Canary, other: Canary): Promise<Attempt[]> {
    switch (layer) {
      case 'api':
        return apiAttempts(ground, me, other)
      case 'sql':
        return sqlAttempts(ground, me, other)
      case 'blobs':
        return blobAttempts(ground, me, other)
      case 'search':
        return searchAttempts(ground, me, other)
      case 'jobs':
        return jobStatementAttempts(me, other)
      case 'keys':
        return keyAttempts(ground, me, other)
    }
  }

  async function outcomeOf({ layer, name, run }: Attempt): Promise<Outcome> {
    try {
      return await run()
    } catch (error) {
      log.warn({ region, layer, attempt: name, error }, 'an attempt could not be judged')
      return 'unclear'
    }
  }

  async function store(tally: Tally): Promise<ProbeReport> {
    const at = ctx.now()
    for (const layer of PROBE_LAYERS) {
      const counts = tally.counts[layer]
      if (counts.attempts === 0) continue
      // What could not be judged is counted, and does not count as having tried now.
      const isJudged = counts.attempts > counts.unclear
      const when = isJudged ? at : await lastJudged(layer)
      if (when) await ctx.isolation(region).note(layer, counts, when, tally.hits.get(layer) ?? null)
    }
    for (const [layer, attempt] of tally.hits)
      log.error({ region, layer, attempt }, 'a canary reached the other one')
    return { ...tally.counts, hitNames: tally.names, unclearNames: tally.unclear }
  }

  async function lastJudged(layer: ProbeLayer): Promise<Date | undefined> {
    return (await ctx.isolation(region).read()).find((record) => record.layer === layer)?.lastAt
  }

  async function settleInto(tally: Tally): Promise<void> {
    const { hit, ...counts } = await jobs.settle()
    tally.add('jobs', counts, hit)
  }

  return {
    get canaries() {
      return canaries
    },
    async tryOut(attempts, { lanes, shares, signal }) {
      const tally = new Tally()
      const order = orderOf(shares)
      let left = attempts
      const lane = async () => {
        while (left > 0 && !signal?.aborted) {
          left--
          const layer = order[turn++ % order.length] ?? 'sql'
          // Every other attempt on jobs is a job; it is counted when it has run.
          if (layer === 'jobs' && turn % 2 === 0) {
            const [me, other] = turn % 4 === 0 ? canaries : [canaries[1], canaries[0]]
            await jobs.send(me, other)
            continue
          }
          const attempt = await deal(layer)
          if (!attempt) continue
          const outcome = await outcomeOf(attempt)
          const counts = {
            attempts: 1,
            hits: outcome === 'hit' ? 1 : 0,
            unclear: outcome === 'unclear' ? 1 : 0,
          }
          tally.add(layer, counts, outcome === 'hit' ? attempt.name : null)
          if (outcome === 'unclear' && tally.unclear.length < 100)
            tally.unclear.push(`${layer}: ${attempt.name}`)
        }
      }
      await Promise.all(Array.from({ length: lanes }, lane))
      if (jobs.waiting > 0) await settleInto(tally)
      return store(tally)
    },
    async refurnish() {
      canaries = [await refurnish(ground, canaries[0]), await refurnish(ground, canaries[1])]
      decks = new Map()
    },
    async settle() {
      const tally = new Tally()
      await settleInto(tally)
      return store(tally)
    },
    get waiting() {
      return jobs.waiting
    },
  }
}

class Tally {
  readonly counts: Record<ProbeLayer, ProbeCounts> = {
    api: nothing,
    sql: nothing,
    blobs: nothing,
    search: nothing,
    jobs: nothing,
    keys: nothing,
  }
  readonly hits = new Map<ProbeLayer, string>()
  readonly names: string[] = []
  readonly unclear: string[] = []

  add(layer: ProbeLayer, { attempts, hits, unclear }: ProbeCounts, hit: string | null): void {
    const known = this.counts[layer]
    this.counts[layer] = {
      attempts: known.attempts + attempts,
      hits: known.hits + hits,
      unclear: known.unclear + unclear,
    }
    if (hit === null) return
    this.hits.set(layer, hit)
    if (this.names.length < 100) this.names.push(`${layer}: ${hit}`)
  }
}

const nothing: ProbeCounts = { attempts: 0, hits: 0, unclear: 0 }

/** A hundred layers in their shares, mixed. */
function orderOf(shares: Shares): ProbeLayer[] {
  return PROBE_LAYERS.flatMap((layer) =>
    Array.from({ length: shares[layer] }, (_, index) => ({ layer, at: (index + 0.5) / shares[layer] })),
  )
    .sort((a, b) => a.at - b.at)
    .map(({ layer }) => layer)
}

function shuffled<T>(items: T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
