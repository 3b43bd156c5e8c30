/** From the command to the first page over HTTPS: the first start ever, and the start of a home that exists. */
import { startInstallation } from '#test/installation.ts'
import { median } from './median.ts'
import type { Bench, Row } from './row.ts'

const FIRST_MS = 15_000
const AGAIN_MS = 5_000
const ROUNDS = 3

export const bench: Bench = { name: 'start', run: benchStarts }

async function benchStarts(): Promise<Row[]> {
  const first = await timed({ demo: false })
  await first.house.stop('keep')
  const again: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const { house, milliseconds } = await timed({ demo: false, folder: first.house.folder })
    again.push(milliseconds)
    await house.stop(round === ROUNDS - 1 ? undefined : 'keep')
  }
  return [
    row('first start ever to first page', first.milliseconds, FIRST_MS),
    row('start of an initialised home to first page', median(again), AGAIN_MS),
  ]
}

async function timed(options: Parameters<typeof startInstallation>[0]) {
  const started = performance.now()
  const house = await startInstallation(options)
  const page = await house.ask(`${house.url}/`, { headers: { accept: 'text/html' } })
  if (page.status !== 200 || !String(page.bytes).includes('<div id="root"')) {
    throw new Error(`the first page answered ${page.status}: ${page.bytes.subarray(0, 200)}`)
  }
  return { house, milliseconds: performance.now() - started }
}

function row(name: string, milliseconds: number, reach: number): Row {
  return {
    name,
    baseline: '-',
    baselineValue: null,
    ours: milliseconds / 1000,
    unit: 's',
    ratio: null,
    reach: `<= ${reach / 1000} s`,
    pass: milliseconds <= reach,
  }
}
