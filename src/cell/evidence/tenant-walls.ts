// PX-14: each organisation has tables, logins and keys of its own, and nobody else's login enters its schemas.
import { judge } from '#core/evidence/evidence.ts'
import { type CellProbe, sampleTenants, schemasOf } from './cell-ground.ts'

/** All active tenants have both halves; of some, the doors and keys are looked at. */
export const tenantWalls: CellProbe = async (ground) => {
  const { ask } = ground
  const faults: string[] = []
  const halves = await ask<{ tenant: string; schemas: number; logins: number }>(
    `select t.tenant,
       (select count(*) from pg_namespace where nspname in ('t_' || t.tenant, 't_' || t.tenant || '_people'))::int as schemas,
       (select count(*) from pg_roles where rolcanlogin and rolname in ('t_' || t.tenant, 't_' || t.tenant || '_people'))::int as logins
     from cell.tenant t where t.state = 'active'`,
  )
  for (const { tenant, schemas, logins } of halves) {
    if (schemas !== 2) faults.push(`${tenant} has ${schemas} schemas instead of 2`)
    if (logins !== 2) faults.push(`${tenant} has ${logins} logins instead of 2`)
  }
  const tenants = await sampleTenants(ground)
  const guests = await ask<{ schema: string; role: string }>(
    `select n.nspname as schema, g.rolname as role from pg_namespace n, aclexplode(n.nspacl) x join pg_roles g on g.oid = x.grantee
     where n.nspname = any($1) and g.rolname not in ('migrator', 'sealer')
     and g.rolname <> n.nspname and g.rolname <> n.nspname || '_people'`,
    [schemasOf(tenants)],
  )
  for (const { schema, role } of guests) faults.push(`${role} may enter ${schema}`)
  const tables = await ask<{ schema: string; name: string; role: string }>(
    `select n.nspname as schema, c.relname as name, g.rolname as role from pg_class c join pg_namespace n on n.oid = c.relnamespace,
       aclexplode(c.relacl) x join pg_roles g on g.oid = x.grantee
     where n.nspname = any($1) and g.rolname ~ '^t_' and g.rolname <> n.nspname and g.rolname <> n.nspname || '_people'`,
    [schemasOf(tenants)],
  )
  for (const { schema, name, role } of tables) faults.push(`${role} has a right on ${schema}.${name}`)
  const seen = new Map<string, string>()
  let keys = 0
  for (const tenant of tenants) {
    const found = await ask<{ print: string }>(
      `select distinct encode(sha256(wrapped), 'hex') as print from "t_${tenant}".key where wrapped is not null
       union select encode(sha256(wrapped), 'hex') from "t_${tenant}".key_epoch`,
    )
    if (found.length === 0) faults.push(`${tenant} has no keys`)
    const [index] = await ask<{ tables: number }>(
      `select count(*)::int as tables from pg_class where relnamespace = $1::regnamespace and relname in ('search_segment', 'search_page')`,
      [`t_${tenant}`],
    )
    if (index?.tables !== 2) faults.push(`${tenant} has no search index of its own`)
    for (const { print } of found) {
      keys++
      const other = seen.get(print)
      if (other !== undefined && other !== tenant) faults.push(`${tenant} and ${other} share a wrapped key`)
      seen.set(print, tenant)
    }
  }
  return judge({ organisations: halves.length, lookedInto: tenants.length, keys }, faults)
}
