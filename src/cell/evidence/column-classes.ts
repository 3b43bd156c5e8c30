// P9-19 and PD-03: every column that exists is declared with its class, and what is metadata or content lies in it sealed.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { judge } from '#core/evidence/evidence.ts'
import { type CellProbe, sampleTenants } from './cell-ground.ts'

interface Declared {
  readonly type: string
  readonly class: 'configuration' | 'metadata' | 'content'
  readonly blind?: boolean
}
type Columns = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Declared>>>>>>

/** What the migrations declare, as `npm run gen` wrote it down: store, table, column. */
export function readColumns(appFolder: string): Columns {
  return JSON.parse(readFileSync(join(appFolder, 'generated/columns.json'), 'utf8'))
}

/** Where each store lies, for one tenant. */
export function storesOf(tenant: string): readonly (readonly [store: string, schema: string])[] {
  return [
    ['activity', `t_${tenant}`],
    ['people', `t_${tenant}_people`],
  ]
}

/** The catalogs of the cell and of some tenants against the declaration. */
export const columnClasses: CellProbe = async (ground) => {
  const declared = readColumns(ground.config.appFolder)
  const tenants = await sampleTenants(ground)
  const places = [['cell', 'cell'], ['trust', 'trust'], ...tenants.flatMap(storesOf)] as const
  const faults: string[] = []
  let columns = 0
  for (const [store, schema] of places) {
    const rows = await ground.ask<{ name: string; column: string; type: string }>(
      `select c.relname as name, a.attname as column, format_type(a.atttypid, null) as type
       from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = $1 and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped`,
      [schema],
    )
    for (const { name, column, type } of rows) {
      columns++
      const known = declared[store]?.[name]?.[column]
      if (!known) faults.push(`${schema}.${name}.${column} has no class`)
      else if (known.class !== 'configuration' && type !== 'bytea')
        faults.push(`${schema}.${name}.${column} is ${known.class} and lies open as ${type}`)
    }
  }
  return judge({ organisations: tenants.length, columns }, faults)
}
