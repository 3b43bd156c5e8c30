// `panoply admin probe [--attempts N] [--region NAME] [--lanes N] [--home DIR] [--json]`: many attempts of the canaries at once.
// Must stay true: it runs as the worker's system user where there is one, and has the worker's rights and the canaries' credentials,
// no others. Whoever starts it could have started the worker.
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { becomeUser } from '#core/become-user.ts'
import { openBlobStore } from '#core/blobs/blob-store.ts'
import { type Config, ConfigError, keeperSocket, readConfig } from '#core/config.ts'
import { PROBE_LAYERS } from '#core/evidence/isolation-log.ts'
import { openKeeperClient } from '#core/keys/keeper-client.ts'
import { silentLog } from '#core/log.ts'
import { buildContext } from '#src/context.ts'
import { products } from '#src/products.ts'
import { openAskWeb } from '#trust/prober/ask-web.ts'
import { BURST_SHARES, openProber, type ProbeReport } from '#trust/prober/open-prober.ts'

const USAGE = `Usage: panoply admin probe [--attempts N] [--region NAME] [--lanes N] [--home DIR] [--json]
  --attempts  how many, 100000 unless said
  --region    whose cell; the first unless said
  --lanes     how many at a time, 1 to 16; 6 unless said
  --home      the installation, unless it is the usual one
  --json      one JSON object on stdout
Ends with 0 when nothing got through, with 1 when something did, with 2 when it could not be tried.
`
/** A batch; the canaries are furnished again and the counters stored after each. */
const BATCH = 5_000
/** How long the last jobs may take to run. */
const LAST_JOBS_MS = 60_000

interface Given {
  readonly attempts: number
  readonly lanes: number
  readonly region: string | undefined
  readonly isJson: boolean
}

/** Runs the command. Answers the exit code. */
export async function runProbe(argv: readonly string[]): Promise<number> {
  try {
    const given = readArguments(argv)
    const config = readConfig(['admin', ...argv])
    // Root passes every door of the home; what is tried must be tried by who tries it all day.
    if (config.hasSystemUsers && process.getuid?.() === 0) becomeUser('panoply-worker')
    const began = performance.now()
    const report = await probe(config, given)
    return say(report, { ...given, seconds: (performance.now() - began) / 1_000 })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n${USAGE}`)
    return 2
  }
}

async function probe(config: Config, { attempts, lanes, region }: Given): Promise<ProbeReport> {
  const place = region === undefined ? config.regions[0] : config.regions.find(({ name }) => name === region)
  if (!place) throw new ConfigError(`There is no region ${region} here.`)
  const ctx = buildContext(config, 'worker')
  const keeper = openKeeperClient({ socket: keeperSocket(config, 'worker') })
  const ask = openAskWeb(config)
  try {
    const behind = { reach: ctx.tenant, blobs: openBlobStore(place.blobRoot), blobRoot: place.blobRoot }
    const ground = { ctx, region: place.name, keeper, products, ask, ...behind }
    const prober = await openProber(ground, silentLog())
    if (!prober) throw new ConfigError('The cell has not made its canaries yet. Try again in a minute.')
    let sum: ProbeReport | undefined
    for (let left = attempts - (sum ? total(sum) : 0); left > 0; left = attempts - (sum ? total(sum) : 0)) {
      const batch = await prober.tryOut(Math.min(left, BATCH), { lanes, shares: BURST_SHARES })
      sum = add(sum, batch)
      process.stderr.write(`${total(sum)} of ${attempts} attempts, ${hitsOf(sum)} hits\n`)
      await prober.refurnish()
    }
    for (const end = Date.now() + LAST_JOBS_MS; prober.waiting > 0 && Date.now() < end; await pause(500))
      sum = add(sum, await prober.settle())
    return sum ?? (await prober.settle())
  } finally {
    ask[Symbol.dispose]()
    keeper.close()
    await ctx.close()
  }
}

function say(report: ProbeReport, { isJson, seconds }: Given & { seconds: number }): number {
  const hits = hitsOf(report)
  const layers = Object.fromEntries(PROBE_LAYERS.map((layer) => [layer, report[layer]]))
  const rounded = Math.round(seconds * 10) / 10
  if (isJson)
    process.stdout.write(
      `${JSON.stringify({ ok: hits === 0, attempts: total(report), hits, seconds: rounded, layers, hitNames: report.hitNames, unclearNames: report.unclearNames })}\n`,
    )
  else {
    for (const layer of PROBE_LAYERS) {
      const { attempts, hits, unclear } = report[layer]
      process.stdout.write(`${layer.padEnd(8)} ${attempts} attempts, ${hits} hits, ${unclear} not judged\n`)
    }
    for (const name of report.hitNames) process.stdout.write(`reached: ${name}\n`)
    process.stdout.write(`${total(report)} attempts in ${rounded} s, ${hits} hits\n`)
  }
  return hits === 0 ? 0 : 1
}

function total(report: ProbeReport): number {
  return PROBE_LAYERS.reduce((sum, layer) => sum + report[layer].attempts, 0)
}

function hitsOf(report: ProbeReport): number {
  return PROBE_LAYERS.reduce((sum, layer) => sum + report[layer].hits, 0)
}

function add(one: ProbeReport | undefined, other: ProbeReport): ProbeReport {
  if (!one) return other
  const sum = (layer: (typeof PROBE_LAYERS)[number]) => ({
    attempts: one[layer].attempts + other[layer].attempts,
    hits: one[layer].hits + other[layer].hits,
    unclear: one[layer].unclear + other[layer].unclear,
  })
  return {
    api: sum('api'),
    sql: sum('sql'),
    blobs: sum('blobs'),
    search: sum('search'),
    jobs: sum('jobs'),
    keys: sum('keys'),
    unclearNames: [...one.unclearNames, ...other.unclearNames].slice(0, 100),
    hitNames: [...one.hitNames, ...other.hitNames].slice(0, 100),
  }
}

function readArguments(argv: readonly string[]): Given {
  const text = { type: 'string' } as const
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { attempts: text, region: text, lanes: text, home: text, json: { type: 'boolean' } },
    })
    return {
      attempts: whole('--attempts', values.attempts ?? '100000', 10_000_000),
      lanes: whole('--lanes', values.lanes ?? '6', 16),
      region: values.region,
      isJson: values.json === true,
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new ConfigError(error.message)
  }
}

function whole(option: string, text: string, most: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1 || value > most)
    throw new ConfigError(`${option} ${text}: give a whole number from 1 to ${most}.`)
  return value
}
