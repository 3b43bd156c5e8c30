// PX-11: the hashes of passwords, that of today and former ones, lie with their person alone, sealed, where no login of staff or system reads them.
import { judge } from '#core/evidence/evidence.ts'
import { readableRun } from '#core/evidence/readable-run.ts'
import { type CellProbe, sampleTenants, schemasOf } from './cell-ground.ts'

const HELD = ['password', 'former_passwords'] as const
/** The rule of an organisation is named like what it is about. */
const RULE = ['password_minimum_length', 'password_strength', 'password_history']

/** Column names of some tenants and of the cell; rights on `person`; what stands in it. */
export const passwordPlace: CellProbe = async (ground) => {
  const tenants = await sampleTenants(ground)
  const faults: string[] = []
  const named = await ground.ask<{ schema: string; name: string; column: string; type: string }>(
    `select n.nspname as schema, c.relname as name, a.attname as column, format_type(a.atttypid, null) as type
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where (n.nspname = any($1) or n.nspname in ('cell', 'trust')) and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
     and a.attname ~* 'passw|passphrase|pin_code' and not (c.relname = 'organisation' and a.attname = any($2))`,
    [schemasOf(tenants), RULE],
  )
  for (const { schema, name, column, type } of named)
    if (
      !schema.endsWith('_people') ||
      name !== 'person' ||
      !HELD.some((held) => held === column) ||
      type !== 'bytea'
    )
      faults.push(`${schema}.${name}.${column} (${type}) is a second place for passwords`)
  const readers = await ground.ask<{ role: string; schema: string; column: string }>(
    `select r.rolname as role, n.nspname as schema, held as column
     from pg_namespace n cross join pg_roles r cross join unnest($2::text[]) as held
     where n.nspname = any($1) and r.rolcanlogin and r.rolname <> n.nspname and r.rolname <> 'migrator'
     and has_schema_privilege(r.oid, n.oid, 'usage') and has_column_privilege(r.oid, (n.nspname || '.person')::regclass, held, 'select')`,
    [tenants.map((tenant) => `t_${tenant}_people`), [...HELD]],
  )
  for (const { role, schema, column } of readers) faults.push(`${role} reads ${schema}.person.${column}`)
  let passwords = 0
  for (const tenant of tenants) {
    const rows = await ground.ask<Record<(typeof HELD)[number], Buffer | null>>(
      `select ${HELD.join(', ')} from "t_${tenant}_people".person limit 40`,
    )
    for (const sealed of rows.flatMap((row) => HELD.map((column) => row[column]))) {
      if (sealed === null) continue
      passwords++
      if (readableRun(sealed) > 0 || sealed.includes('$argon2'))
        faults.push(`t_${tenant}_people.person holds a password that is not sealed`)
    }
  }
  return judge({ organisations: tenants.length, columns: named.length, passwords }, [...new Set(faults)])
}
