/** Every right that the catalogs of one database give to anybody but the owner, as sorted lines with tenants' names put back to {login} and the like. */
import type pg from 'pg'

/** Kinds of object that carry rights: a label, their catalog, and what PostgreSQL gives by itself. */
const KINDS = [
  `select 'database ' || d.datname, d.datacl, acldefault('d', d.datdba), d.datdba from pg_database d`,
  `select 'schema ' || n.nspname, n.nspacl, acldefault('n', n.nspowner), n.nspowner from pg_namespace n where {own}`,
  `select case c.relkind when 'S' then 'sequence ' else 'table ' end || n.nspname || '.' || c.relname, c.relacl,
     acldefault(case c.relkind when 'S' then 's'::"char" else 'r'::"char" end, c.relowner), c.relowner
   from pg_class c join pg_namespace n on n.oid = c.relnamespace where {own} and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')`,
  `select 'column ' || n.nspname || '.' || c.relname || '.' || a.attname, a.attacl, acldefault('c', c.relowner), c.relowner
   from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace where {own} and a.attacl is not null`,
  `select 'function ' || n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')'
     || case when p.prosecdef then ' definer' else '' end, p.proacl, acldefault('f', p.proowner), p.proowner
   from pg_proc p join pg_namespace n on n.oid = p.pronamespace where {own}`,
  `select 'large object', m.lomacl, acldefault('L', m.lomowner), m.lomowner from pg_largeobject_metadata m`,
  `select 'parameter ' || parname, paracl, null::aclitem[], 10::oid from pg_parameter_acl`,
  `select 'tablespace ' || spcname, spcacl, acldefault('t', spcowner), spcowner from pg_tablespace`,
  `select 'foreign server ' || srvname, srvacl, acldefault('S', srvowner), srvowner from pg_foreign_server`,
  `select 'language ' || lanname, lanacl, acldefault('l', lanowner), lanowner from pg_language where lanname not in ('sql', 'plpgsql')`,
]
const OWN = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`

/** Rights on our own objects: `what: grantee right, right`. PUBLIC stands for everybody. Types follow their tables and are left out. */
export async function readRights(client: pg.Client): Promise<string[]> {
  const found: string[] = []
  for (const kind of KINDS)
    found.push(
      ...(await lines(
        client,
        `select k.what || ': ' || coalesce(g.rolname, 'PUBLIC') || ' ' || string_agg(lower(x.privilege_type)
           || case when x.is_grantable then ' with grant option' else '' end, ', ' order by x.privilege_type)
         from (${kind.replaceAll('{own}', OWN)}) as k (what, acl, by_itself, owner), aclexplode(coalesce(k.acl, k.by_itself)) x
         left join pg_roles g on g.oid = x.grantee where x.grantee <> k.owner group by k.what, g.rolname`,
      )),
    )
  const defaults = `select 'default in ' || coalesce(n.nspname, 'every schema') || ' for ' || r.rolname || ' on ' || d.defaclobjtype::text || ': '
      || coalesce(g.rolname, case when x.grantee = 0 then 'PUBLIC' end, 'nobody') || ' ' || string_agg(lower(x.privilege_type), ', ')
    from pg_default_acl d join pg_roles r on r.oid = d.defaclrole left join pg_namespace n on n.oid = d.defaclnamespace
    left join lateral aclexplode(d.defaclacl) x on true left join pg_roles g on g.oid = x.grantee group by n.nspname, r.rolname, d.defaclobjtype, g.rolname, x.grantee`
  found.push(...(await lines(client, defaults)))
  return normal(found)
}

/** Rights on the server's own objects beyond those it is born with; nothing where only something was taken away. */
export async function readAddedRights(client: pg.Client): Promise<string[]> {
  const kinds = [
    [`pg_proc`, 'proacl', `'f'`, 'proowner', `'function ' || o.proname`, 'pronamespace'],
    [`pg_class`, 'relacl', `'r'`, 'relowner', `'table ' || o.relname`, 'relnamespace'],
  ] as const
  const found: string[] = []
  for (const [catalog, acl, letter, owner, what, schema] of kinds)
    found.push(
      ...(await lines(
        client,
        `select distinct ${what} || ': ' || coalesce(g.rolname, 'PUBLIC') || ' ' || lower(x.privilege_type)
         from ${catalog} o join pg_namespace n on n.oid = o.${schema}
         left join pg_init_privs i on i.objoid = o.oid and i.classoid = '${catalog}'::regclass and i.objsubid = 0,
         aclexplode(o.${acl}) x left join pg_roles g on g.oid = x.grantee
         where n.nspname = 'pg_catalog' and x.grantee <> o.${owner} and not exists (
           select from aclexplode(coalesce(i.initprivs, acldefault(${letter}, o.${owner}))) y
           where y.grantee = x.grantee and y.privilege_type = x.privilege_type)`,
      )),
    )
  return found.sort()
}

/** Every role that is not the server's own: attributes, connection limit, settings; and who is a member of whom. */
export async function readRoles(client: pg.Client): Promise<string[]> {
  const roles = `select 'role ' || rolname || ':' || case when rolcanlogin then ' login' else '' end || case when rolsuper then ' superuser' else '' end
      || case when rolcreaterole then ' createrole' else '' end || case when rolcreatedb then ' createdb' else '' end
      || case when rolreplication then ' replication' else '' end || case when rolbypassrls then ' bypassrls' else '' end
      || case when rolinherit then '' else ' noinherit' end || case when rolconnlimit >= 0 then ' limit ' || rolconnlimit else '' end
      || coalesce(' set ' || array_to_string(rolconfig, '; '), '')
    from pg_roles where rolname !~ '^pg_'`
  const members = `select distinct 'member ' || m.rolname || ' of ' || r.rolname
    from pg_auth_members a join pg_roles m on m.oid = a.member join pg_roles r on r.oid = a.roleid where m.rolname !~ '^pg_'`
  const settings = `select 'setting of ' || coalesce(r.rolname, 'everybody') || ' in ' || coalesce(d.datname, 'every database') || ': ' || array_to_string(s.setconfig, '; ')
    from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole left join pg_database d on d.oid = s.setdatabase where s.setdatabase <> 0`
  return normal([
    ...(await lines(client, roles)),
    ...(await lines(client, members)),
    ...(await lines(client, settings)),
  ])
}

/** Tenants by number, so that each must have what the table says of one: a line that only some have keeps its tenant's number. */
function normal(found: readonly string[]): string[] {
  const tenants = [...new Set(found.flatMap((line) => line.match(/\bt_[a-z2-7]{13}/g) ?? []))].sort()
  const general = new Map<string, Set<string>>()
  const plain: string[] = []
  for (const line of found) {
    const [own] = line.match(/\bt_[a-z2-7]{13}/) ?? []
    if (own === undefined) plain.push(line)
    else {
      const of = line.replaceAll(own, '{tenant}')
      general.set(of, (general.get(of) ?? new Set()).add(own))
    }
  }
  const lines = [...general].flatMap(([line, of]) => {
    if (/\bt_[a-z2-7]{13}/.test(line)) return [`TWO TENANTS IN ONE RIGHT ${line}`]
    return of.size === tenants.length ? [line] : [`ONLY ${of.size} of ${tenants.length} tenants: ${line}`]
  })
  return [...plain, ...lines].sort()
}

async function lines(client: pg.Client, sql: string): Promise<string[]> {
  const { rows } = await client.query<[string]>({ text: sql, rowMode: 'array' })
  return rows.map(([line]) => line)
}
