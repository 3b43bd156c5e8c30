// PD-10: nobody holds a right that is not needed. Catalogs: attributes of roles, memberships, definer functions, what system
// roles and tenants' logins may do; processes: no capability, none is root.
import { absent, judge, untellable } from '#core/evidence/evidence.ts'
import { type CellGround, type CellProbe, sampleTenants, schemasOf } from './cell-ground.ts'
import { SHARED_USER } from './process-walls.ts'
import { readProcesses, UNSEEN_PROCESSES } from './read-processes.ts'

interface Rule {
  /** What a row means. */
  readonly fault: string
  /** Answers what is wrong, in a column `what`; $1 are names of schemas. */
  readonly sql: string
}

const GRANTS = `pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) x join pg_roles g on g.oid = x.grantee`

const RULES: readonly Rule[] = [
  {
    fault: 'a superuser can log in',
    sql: `select rolname as what from pg_roles where rolsuper and rolcanlogin`,
  },
  {
    fault: 'a role has an attribute it does not need',
    sql: `select rolname as what from pg_roles where not rolsuper and (rolbypassrls or rolcreatedb
      or (rolcreaterole and rolname <> 'migrator') or (rolreplication and rolname <> 'replicator'))`,
  },
  {
    fault: 'a login that nobody knows',
    sql: `select rolname as what from pg_roles where rolcanlogin and rolname !~ '^t_[a-z2-7]{13}(_people)?$'
      and rolname not in ('migrator', 'sealer', 'dispatcher', 'router', 'registrar', 'replicator')`,
  },
  {
    fault: 'a definer function without a fixed search path, or open to PUBLIC',
    sql: `select p.oid::regprocedure::text as what from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname in ('cell', 'directory') and p.prosecdef
      and (not coalesce(array_to_string(p.proconfig, ' ') ~ 'search_path=.*pg_temp', false)
        or p.proacl is null or array_to_string(p.proacl, ' ') ~ '(^| )=X')`,
  },
  {
    fault: 'a membership that lets one act as another',
    sql: `select m.rolname || ' of ' || r.rolname as what from pg_auth_members a
      join pg_roles m on m.oid = a.member join pg_roles r on r.oid = a.roleid
      where (m.rolname = any($1) and r.rolname <> 'tenant')
      or (r.rolname = any($1) and coalesce((to_jsonb(a) ->> 'set_option')::boolean or (to_jsonb(a) ->> 'inherit_option')::boolean, true))`,
  },
  {
    fault: 'a tenant may do more with its log than append and read',
    sql: `select n.nspname || '.' || c.relname || ' ' || x.privilege_type as what from ${GRANTS}
      where n.nspname = any($1) and g.rolname ~ '^t_' and c.relname ~ '^audit'
      and not (x.privilege_type = 'SELECT' or (x.privilege_type = 'INSERT' and c.relname = 'audit'))`,
  },
  {
    fault: 'a table of a tenant belongs to somebody else than the migrator',
    sql: `select n.nspname || '.' || c.relname as what from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_roles o on o.oid = c.relowner where n.nspname = any($1) and c.relkind = 'r' and o.rolname <> 'migrator'`,
  },
  {
    fault: 'the sealer sees more of a tenant than its log',
    sql: `select n.nspname || '.' || c.relname || ' ' || x.privilege_type as what from ${GRANTS}
      where n.nspname = any($1) and g.rolname = 'sealer' and c.relname !~ '^audit'`,
  },
  {
    fault: 'a system login reaches a table of a tenant',
    sql: `select g.rolname || ' ' || n.nspname || '.' || c.relname as what from ${GRANTS}
      where n.nspname = any($1) and g.rolname in ('dispatcher', 'router', 'registrar', 'replicator')`,
  },
  {
    fault: 'a right is given to everybody',
    sql: `select n.nspname || '.' || c.relname as what from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) x
      where x.grantee = 0 and n.nspname !~ '^(pg_|information_schema)'`,
  },
]

/** What is wrong in the catalogs, for some tenants. */
export async function wrongRights(
  ground: Pick<CellGround, 'ask'>,
  tenants: readonly string[],
): Promise<string[]> {
  const faults: string[] = []
  for (const { fault, sql } of RULES) {
    const values = sql.includes('$1') ? [schemasOf(tenants)] : []
    for (const { what } of await ground.ask<{ what: string }>(sql, values)) faults.push(`${fault}: ${what}`)
  }
  return faults
}

/** Catalogs first: what is wrong there is wrong whoever started the processes. */
export const leastPrivilege: CellProbe = async (ground) => {
  const tenants = await sampleTenants(ground)
  const faults = await wrongRights(ground, tenants)
  const processes = readProcesses(ground.config.home, ground.proc)
  const looked = { rules: RULES.length, organisations: tenants.length, processes: processes.length }
  if (ground.config.hasSystemUsers) {
    for (const { role, uid, hasCapabilities } of processes) {
      if (hasCapabilities) faults.push(`${role} holds capabilities`)
      if (uid === 0) faults.push(`${role} runs as root`)
    }
  }
  if (faults.length === 0 && ground.config.hasSystemUsers && processes.length === 0)
    return untellable(looked, [UNSEEN_PROCESSES])
  if (faults.length > 0 || ground.config.hasSystemUsers) return judge(looked, faults)
  return absent(looked, [SHARED_USER])
}
