// PX-11: passwords lie in one column only, sealed, where no login of staff or system reads it.
import { judge } from '#core/evidence/evidence.ts'
import { readableRun } from '#core/evidence/readable-run.ts'
import { type CellProbe, sampleTenants, schemasOf } from './cell-ground.ts'

/** Column names of some tenants and of the cell; rights on `person`; what stands in it. */
export const passwordPlace: CellProbe = async (ground) => {
  const tenants = await sampleTenants(ground)
  const faults: string[] = []
  const named = await ground.ask<{ schema: string; name: string; column: string; type: string }>(
    `select n.nspname as schema, c.relname as name, a.attname as column, format_type(a.atttypid, null) as type
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where (n.nspname = any($1) or n.nspname in ('cell', 'trust')) and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
     and a.attname ~* 'passw|passphrase|pin_code' and a.attname <> 'password_minimum_length'`,
    [schemasOf(tenants)],
  )
  for (const { schema, name, column, type } of named)
    if (!schema.endsWith('_people') || name !== 'person' || column !== 'password' || type !== 'bytea')
      faults.push(`${schema}.${name}.${column} (${type}) is a second place for passwords`)
  const readers = await ground.ask<{ role: string; schema: string }>(
    `select r.rolname as role, n.nspname as schema from pg_namespace n cross join pg_roles r
     where n.nspname = any($1) and r.rolcanlogin and r.rolname <> n.nspname and r.rolname <> 'migrator'
     and has_schema_privilege(r.oid, n.oid, 'usage') and has_column_privilege(r.oid, (n.nspname || '.person')::regclass, 'password', 'select')`,
    [tenants.map((tenant) => `t_${tenant}_people`)],
  )
  for (const { role, schema } of readers) faults.push(`${role} reads ${schema}.person.password`)
  let passwords = 0
  for (const tenant of tenants) {
    const rows = await ground.ask<{ password: Buffer }>(
      `select password from "t_${tenant}_people".person limit 40`,
    )
    for (const { password } of rows) {
      passwords++
      if (readableRun(password) > 0 || password.includes('$argon2'))
        faults.push(`t_${tenant}_people.person holds a password that is not sealed`)
    }
  }
  return judge({ organisations: tenants.length, columns: named.length, passwords }, [...new Set(faults)])
}
