/** Two servers under the same load in turn, from a client of its own process, and what each request cost them. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { median } from './median.ts'
import { processorTime } from './processor-time.ts'

export interface Load {
  readonly url: string
  readonly connections: number
  /** Ends after so many requests, or so many seconds where that is earlier. */
  readonly requests: number
  readonly seconds: number
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface LoadResult {
  readonly requests: number
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

/** A server, what to ask of it, and the processes that answer. */
export interface Side extends Pick<Load, 'url' | 'method' | 'headers' | 'body'> {
  /** Process of the server. */
  readonly server: number
  /** Process of its database; those of its connections are its children. */
  readonly database: number
}

export interface Measured extends LoadResult {
  /** Microseconds of processor a request; undefined where the system does not say. */
  readonly serverCost: number | undefined
  readonly databaseCost: number | undefined
}

export interface Comparison {
  /** Medians over the rounds. */
  readonly baseline: Measured
  readonly ours: Measured
  /** The middle one of the rounds' own ratios. */
  readonly ratio: number
}

/** A server runs for weeks, so both sides are measured after their code is compiled. */
const WARM = { connections: 16, requests: 20_000, seconds: 45 }
const ROUNDS = 11
const LONGEST_SECONDS = 3

/**
 * Loads two sides in turn, in short rounds, so that a slow moment of the machine falls on both; every round has a ratio of its own,
 * and the middle one counts. Throws when any answer was not a 2xx.
 */
export async function inTurn(
  baseline: Side,
  ours: Side,
  { connections, requests }: { readonly connections: number; readonly requests: number },
): Promise<Comparison> {
  const client = fork(join(import.meta.dirname, 'load-client.ts'), {
    execArgv: [],
    serialization: 'advanced',
  })
  try {
    const measure = async (side: Side) =>
      measured(client, side, { connections, requests, seconds: LONGEST_SECONDS })
    for (const side of [baseline, ours]) await measured(client, side, WARM)
    const rounds: { baseline: Measured; ours: Measured }[] = []
    for (let round = 0; round < ROUNDS; round++) {
      // Each goes first as often as the other.
      if (round % 2 === 0) rounds.push({ baseline: await measure(baseline), ours: await measure(ours) })
      else {
        const first = await measure(ours)
        rounds.push({ baseline: await measure(baseline), ours: first })
      }
    }
    return {
      baseline: middleOf(rounds.map((round) => round.baseline)),
      ours: middleOf(rounds.map((round) => round.ours)),
      ratio: median(rounds.map((round) => round.ours.perSecond / round.baseline.perSecond)),
    }
  } finally {
    client.kill()
  }
}

/** What a row says beside its ratio: how long one took, and what it cost of the processor. */
export function noteOf({ baseline, ours }: Comparison): string {
  const time = (value: number) => value.toFixed(2)
  const cost = ({ serverCost, databaseCost }: Measured) =>
    serverCost === undefined || databaseCost === undefined
      ? 'unknown'
      : `${serverCost.toFixed(0)}+${databaseCost.toFixed(0)}`
  return `p50 ${time(ours.p50)} ms, p99 ${time(ours.p99)}, cpu ${cost(ours)} us (server+database); baseline ${time(baseline.p50)}, ${time(baseline.p99)}, ${cost(baseline)}`
}

/** The process of the cluster whose socket lies in this folder. */
export function databaseProcess(socketFolder: string): number {
  return Number(readFileSync(join(socketFolder, 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
}

async function measured(
  client: ChildProcess,
  { server, database, ...asked }: Side,
  size: Pick<Load, 'connections' | 'requests' | 'seconds'>,
): Promise<Measured> {
  const before = [processorTime([server], false), processorTime([database], true)] as const
  const load: Load = { ...asked, ...size }
  client.send(load)
  const [answer]: { result?: LoadResult; error?: string }[] = await once(client, 'message')
  if (!answer?.result) throw new Error(answer?.error ?? 'the client said nothing')
  const { result } = answer
  const after = [processorTime([server], false), processorTime([database], true)] as const
  const costOf = (which: 0 | 1) => {
    const [from, to] = [before[which], after[which]]
    return from === undefined || to === undefined ? undefined : (to - from) / 1000 / result.requests
  }
  return { ...result, serverCost: costOf(0), databaseCost: costOf(1) }
}

function middleOf(results: readonly Measured[]): Measured {
  const costs = (pick: (result: Measured) => number | undefined) => {
    const known = results.map(pick).filter((cost) => cost !== undefined)
    return known.length === results.length ? median(known) : undefined
  }
  return {
    requests: results.reduce((sum, result) => sum + result.requests, 0),
    perSecond: median(results.map((result) => result.perSecond)),
    p50: median(results.map((result) => result.p50)),
    p99: median(results.map((result) => result.p99)),
    serverCost: costs((result) => result.serverCost),
    databaseCost: costs((result) => result.databaseCost),
  }
}
