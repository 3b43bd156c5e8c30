/**
 * `npm run bench [NAME …]`: runs the benchmarks beside this file one after another and prints one table. A module
 * of this folder that exports `bench` takes part. Fails when a row misses its reach, a benchmark throws or none ran.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Bench, Row } from './row.ts'

/** Every benchmark of the folder, by name. */
export async function findBenches(folder: string): Promise<Bench[]> {
  const files = readdirSync(folder).filter((file) => /^[a-z][a-z-]*\.ts$/.test(file) && file !== 'run.ts')
  const found: Bench[] = []
  for (const file of files.sort()) {
    const module: { readonly bench?: Bench } = await import(pathToFileURL(join(folder, file)).href)
    if (module.bench) found.push(module.bench)
  }
  return found
}

/** The table for a terminal. */
export function renderRows(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.pass ? 'ok' : 'MISS',
    row.name,
    `${figure(row.ours)} ${row.unit}`,
    row.baselineValue === null ? '-' : `${figure(row.baselineValue)} ${row.unit}`,
    row.baseline,
    row.ratio === null ? '-' : row.ratio.toFixed(2),
    row.reach,
    row.note ?? '',
  ])
  const head = ['', 'what', 'ours', 'baseline', 'held against', 'ratio', 'reach', '']
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)),
  )
  return [head, ...cells]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (Math.abs(value) >= 100) return value.toFixed(0)
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(3)
}

if (import.meta.main) {
  const wanted = process.argv.slice(2)
  const benches = (await findBenches(import.meta.dirname)).filter(
    (bench) => wanted.length === 0 || wanted.some((word) => bench.name.startsWith(word)),
  )
  const rows: Row[] = []
  const broken: string[] = []
  for (const bench of benches) {
    console.error(`${bench.name} …`)
    try {
      rows.push(...(await bench.run()))
    } catch (error) {
      broken.push(bench.name)
      console.error(error)
    }
  }
  console.log(renderRows(rows))
  const missed = rows.filter((row) => !row.pass).length
  for (const name of broken) console.log(`${name} broke off; its error is above`)
  console.log(`${rows.length} rows, ${missed} missed, ${broken.length} benchmarks broken`)
  if (rows.length === 0) console.log('nothing was measured')
  // Servers that a benchmark leaves behind end with this process.
  process.exit(missed + broken.length === 0 && rows.length > 0 ? 0 : 1)
}
