/** Load on an address from a process of its own, so that the client's work is not the server's. */
import { join } from 'node:path'
import { runCommand } from '../scripts/run-command.ts'

export interface Load {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface LoadResult {
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

const AUTOCANNON = join(import.meta.dirname, '../node_modules/autocannon/autocannon.js')

/** Loads an address; throws when any answer was not a 2xx. */
export async function loadOf(load: Load): Promise<LoadResult> {
  const headers = Object.entries(load.headers ?? {}).flatMap(([name, value]) => ['-H', `${name}=${value}`])
  const body = load.body === undefined ? [] : ['-b', load.body]
  const { url, connections, seconds, method = 'GET' } = load
  const args = [
    '--json',
    '-c',
    String(connections),
    '-d',
    String(seconds),
    '-m',
    method,
    ...headers,
    ...body,
    url,
  ]
  const ended = await runCommand(process.execPath, [AUTOCANNON, ...args])
  const line = ended.output.split('\n').find((text) => text.startsWith('{'))
  if (line === undefined) throw new Error(`autocannon said: ${ended.output}`)
  const result = JSON.parse(line)
  if (result.non2xx > 0 || result.errors > 0 || result['2xx'] === 0) {
    throw new Error(`${url}: ${result['2xx']} good, ${result.non2xx} bad, ${result.errors} broken`)
  }
  return { perSecond: result.requests.average, p50: result.latency.p50, p99: result.latency.p99 }
}

/** The middle value of an odd number of figures. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** A server runs for weeks, so both sides are measured after their code is compiled. */
const WARM_SECONDS = 5

/** Measures two loads in turn, so that a slow moment of the machine falls on both. Answers the medians. */
export async function inTurn(
  rounds: number,
  baseline: Load,
  ours: Load,
): Promise<{ baseline: LoadResult; ours: LoadResult }> {
  const results: { baseline: LoadResult; ours: LoadResult }[] = []
  await loadOf({ ...baseline, connections: 16, seconds: WARM_SECONDS })
  await loadOf({ ...ours, connections: 16, seconds: WARM_SECONDS })
  for (let round = 0; round < rounds; round++) {
    results.push({ baseline: await loadOf(baseline), ours: await loadOf(ours) })
  }
  const middle = (pick: (result: { baseline: LoadResult; ours: LoadResult }) => LoadResult): LoadResult => ({
    perSecond: median(results.map((result) => pick(result).perSecond)),
    p50: median(results.map((result) => pick(result).p50)),
    p99: median(results.map((result) => pick(result).p99)),
  })
  return { baseline: middle((result) => result.baseline), ours: middle((result) => result.ours) }
}
