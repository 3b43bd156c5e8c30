// PD-03: what stands in the sealed columns is ciphertext under a key of ours. Each value begins with the mark of the sealing
// and a key version that exists, and no run of readable letters that chance would not give is in it.
import { judge, untellable } from '#core/evidence/evidence.ts'
import { readableRun } from '#core/evidence/readable-run.ts'
import { type CellProbe, sampleTenants } from './cell-ground.ts'
import { readColumns, storesOf } from './column-classes.ts'

const ROWS = 40
const LONGEST = 65_536

/** Reads some values of every sealed column of some tenants, and of the cell. Values that are not sealed by us, such as blind indexes, are not text either. */
export const sealedColumns: CellProbe = async (ground) => {
  const declared = readColumns(ground.config.appFolder)
  const tenants = await sampleTenants(ground)
  const places = [['cell', 'cell'] as const, ...tenants.flatMap(storesOf)]
  const looked = { organisations: tenants.length, columns: 0, values: 0, bytes: 0 }
  const faults: string[] = []
  for (const [store, schema] of places) {
    for (const [table, columns] of Object.entries(declared[store] ?? {})) {
      for (const [column, { class: kind }] of Object.entries(columns)) {
        if (kind === 'configuration') continue
        looked.columns++
        const rows = await ground.ask<{ value: Buffer }>(
          `select substring("${column}" for ${LONGEST}) as value from "${schema}"."${table}" where "${column}" is not null limit ${ROWS}`,
        )
        for (const { value } of rows) {
          looked.values++
          looked.bytes += value.length
          const run = readableRun(value)
          if (run > 0) faults.push(`${schema}.${table}.${column} holds a run of ${run} readable letters`)
        }
      }
    }
  }
  // Columns are what is declared; only values were looked at.
  if (looked.values === 0) return untellable(looked, ['No sealed value is there to look at.'])
  return judge(looked, [...new Set(faults)])
}
