// PD-02: structure and activity, customer data, and originals are kept apart: two schemas with a login each, and a folder outside
// the database that the database's user does not own.
import { statSync } from 'node:fs'
import { judge } from '#core/evidence/evidence.ts'
import { type CellProbe, sampleTenants } from './cell-ground.ts'

/** The stores of some tenants, and where originals lie. */
export const separateStores: CellProbe = async ({ ask, region }) => {
  const faults: string[] = []
  const tenants = await sampleTenants({ ask })
  const crossing = await ask<{ role: string; name: string }>(
    `select g.rolname as role, n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace,
       aclexplode(c.relacl) x join pg_roles g on g.oid = x.grantee
     where n.nspname = any($1) and g.rolname not in ('migrator', n.nspname)`,
    [tenants.map((tenant) => `t_${tenant}_people`)],
  )
  for (const { role, name } of crossing) faults.push(`${role} reaches the people store: ${name}`)
  for (const tenant of tenants) {
    const [row] = await ask<{ people: number; activity: number }>(
      `select (select count(*) from pg_class c where c.relkind = 'r' and c.relnamespace = to_regnamespace($1))::int as people,
         (select count(*) from pg_class c where c.relkind = 'r' and c.relnamespace = to_regnamespace($2))::int as activity`,
      [`t_${tenant}_people`, `t_${tenant}`],
    )
    if (!row?.people) faults.push(`${tenant} has no people store`)
    if (!row?.activity) faults.push(`${tenant} has no activity store`)
  }
  const large = await ask<{ count: number }>(`select count(*)::int as count from pg_largeobject_metadata`)
  if ((large[0]?.count ?? 0) > 0) faults.push(`${large[0]?.count} files lie inside the database`)
  const inside = region.cells.some(
    ({ clusterFolder }) => clusterFolder !== null && region.blobRoot.startsWith(`${clusterFolder}/`),
  )
  if (inside) faults.push('originals lie in the folder of the database')
  const originals = statSync(region.blobRoot, { throwIfNoEntry: false })
  if (!originals?.isDirectory()) faults.push('there is no folder for originals')
  return judge({ organisations: tenants.length, stores: tenants.length * 2 + (originals ? 1 : 0) }, faults)
}
