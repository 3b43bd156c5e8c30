import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type pg from 'pg'
import { connectAsRole } from '../as-role.ts'
import { type Installation, theInstallation } from '../installation.ts'

interface Classed {
  readonly type: string
  readonly class: 'configuration' | 'metadata' | 'content'
}
type Columns = Record<string, Record<string, Record<string, Classed>>>

const COLUMNS: Columns = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../generated/columns.json'), 'utf8'),
)
const SYSTEM = ['migrator', 'sealer', 'dispatcher', 'router', 'registrar', 'replicator']
const SPELLINGS: Readonly<Record<string, string>> = {
  'timestamp with time zone': 'timestamptz',
  int: 'integer',
  int4: 'integer',
  int8: 'bigint',
  int2: 'smallint',
  bool: 'boolean',
  float4: 'real',
  float8: 'double precision',
}

describe('the catalogs of a living cell', () => {
  let house: Installation
  let client: pg.Client
  let tenant: string

  before(async () => {
    house = await theInstallation()
    tenant = `t_${house.tenants[0].rid}`
    client = await connectAsRole(house, 'eu', 'migrator')
  })
  after(() => client?.end())

  async function texts(sql: string, values: readonly unknown[] = []): Promise<string[]> {
    const { rows } = await client.query({ text: sql, values: [...values], rowMode: 'array' })
    return rows.map((row: unknown[]) => row.join(' '))
  }

  it('hold exactly the columns that the migrations declare, in sealed types where they are sealed', async () => {
    for (const [store, schema] of [
      ['activity', tenant],
      ['people', `${tenant}_people`],
      ['cell', 'cell'],
    ] as const) {
      const found = await texts(
        `select c.relname, a.attname, format_type(a.atttypid, null) from pg_attribute a join pg_class c on c.oid = a.attrelid
         where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped`,
        [schema],
      )
      const declared = Object.entries(COLUMNS[store] ?? {}).flatMap(([table, columns]) =>
        Object.entries(columns).map(([column, { type }]) => `${table} ${column} ${type}`),
      )
      const spelled = (line: string) => {
        const [table, column, ...type] = line.split(' ')
        return `${table} ${column} ${SPELLINGS[type.join(' ')] ?? type.join(' ')}`
      }
      assert.deepEqual(found.map(spelled).sort(), declared.map(spelled).sort(), store)
    }
  })

  it('hold no other schema, view, trigger or function of ours than the migrations make', async () => {
    const schemas = await texts(
      `select nspname from pg_namespace where nspname !~ '^(pg_|t_[a-z2-7]{13}(_people)?$)'`,
    )
    assert.deepEqual(schemas.sort(), ['cell', 'information_schema', 'migration', 'public', 'queue', 'trust'])
    assert.deepEqual(
      await texts(`select relname from pg_class where relnamespace = 'public'::regnamespace`),
      [],
    )
    const odd = `select n.nspname, c.relname, c.relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname ~ '^t_' and c.relkind not in ('r', 'i', 't', 'S')`
    assert.deepEqual(await texts(odd), [])
    const functions = `select n.nspname, p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname ~ '^t_'`
    assert.deepEqual(await texts(functions), [])
    const triggers = `select tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid
      where c.relnamespace::regnamespace::text ~ '^t_' and not tgisinternal`
    assert.deepEqual(await texts(triggers), [])
  })

  it('give every definer function a fixed search path and take it from PUBLIC', async () => {
    const open = `select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname in ('cell', 'directory') and p.prosecdef
      and (not coalesce(array_to_string(p.proconfig, ' ') ~ 'search_path=.*pg_temp', false)
        or p.proacl is null or array_to_string(p.proacl, ' ') ~ '(^| )=X')`
    assert.deepEqual(await texts(open), [])
  })

  it('name no superuser that can log in, and no right to more than a role needs', async () => {
    assert.deepEqual(await texts('select rolname from pg_roles where rolsuper and rolcanlogin'), [])
    assert.deepEqual(await texts('select rolname from pg_roles where rolbypassrls and not rolsuper'), [])
    assert.deepEqual(await texts('select rolname from pg_roles where rolcreatedb and not rolsuper'), [])
    assert.deepEqual(await texts('select rolname from pg_roles where rolcreaterole and not rolsuper'), [
      'migrator',
    ])
    assert.deepEqual(await texts('select rolname from pg_roles where rolreplication and not rolsuper'), [
      'replicator',
    ])
  })

  it('name no login but the system roles and the pairs of tenants', async () => {
    const logins = await texts(
      `select rolname from pg_roles where rolcanlogin and rolname !~ '^t_[a-z2-7]{13}(_people)?$'`,
    )
    assert.deepEqual(logins.sort(), [...SYSTEM].sort())
    const halves = `select rolname from pg_roles r where rolname ~ '^t_[a-z2-7]{13}$'
      and not exists (select from pg_roles p where p.rolname = r.rolname || '_people')`
    assert.deepEqual(await texts(halves), [])
  })

  it('make a tenant a member of `tenant` and of nothing else, and nobody a member of a tenant who could act as it', async () => {
    const { rows } = await client.query<{ member: string; of: string; can: boolean }>(
      `select m.rolname as member, r.rolname as of,
         coalesce((to_jsonb(a) ->> 'set_option')::boolean or (to_jsonb(a) ->> 'inherit_option')::boolean, true) as can
       from pg_auth_members a join pg_roles m on m.oid = a.member join pg_roles r on r.oid = a.roleid where r.rolname !~ '^pg_' or m.rolname !~ '^pg_'`,
    )
    const wrong = rows.filter(({ member, of, can }) => {
      if (/^t_/.test(member)) return of !== 'tenant'
      if (/^t_/.test(of)) return can
      return ![
        'migrator dispatcher',
        'migrator tenant',
        'sealer pg_signal_backend',
        'sealer pg_read_all_stats',
      ].includes(`${member} ${of}`)
    })
    assert.deepEqual(wrong, [])
  })

  it('let tenants change nothing in their log and own nothing', async () => {
    const owned = `select c.oid::regclass, r.rolname from pg_class c join pg_roles r on r.oid = c.relowner
      join pg_namespace n on n.oid = c.relnamespace where n.nspname ~ '^t_' and c.relkind = 'r' and r.rolname <> 'migrator'`
    assert.deepEqual(await texts(owned), [])
    const rights = `select c.relname, x.privilege_type from pg_class c, aclexplode(c.relacl) x join pg_roles g on g.oid = x.grantee
      where c.relnamespace = $1::regnamespace and g.rolname ~ '^t_' and c.relname ~ '^audit'
      and not (x.privilege_type = 'SELECT' or (x.privilege_type = 'INSERT' and c.relname = 'audit'))`
    assert.deepEqual(await texts(rights, [tenant]), [])
  })

  it('let the sealer see of a tenant nothing but its log', async () => {
    const rights = `select c.relname, x.privilege_type from pg_class c, aclexplode(c.relacl) x join pg_roles g on g.oid = x.grantee
      where c.relnamespace in ($1::regnamespace, ($1 || '_people')::regnamespace) and g.rolname = 'sealer' and c.relname !~ '^audit'`
    assert.deepEqual(await texts(rights, [tenant]), [])
    const personal = `select has_column_privilege('sealer', c.oid, 'personal', 'select')::text, c.relname from pg_class c
      where c.relnamespace = $1::regnamespace and c.relname = 'audit' and has_column_privilege('sealer', c.oid, 'personal', 'select')`
    assert.deepEqual(await texts(personal, [tenant]), [])
  })

  it('let dispatcher, router, registrar and replicator see nothing of a tenant', async () => {
    const rights = `select c.relname, g.rolname from pg_class c, aclexplode(c.relacl) x join pg_roles g on g.oid = x.grantee
      where c.relnamespace::regnamespace::text ~ '^t_' and g.rolname in ('dispatcher', 'router', 'registrar', 'replicator')`
    assert.deepEqual(await texts(rights), [])
    const schemas = `select n.nspname, g.rolname from pg_namespace n, aclexplode(n.nspacl) x join pg_roles g on g.oid = x.grantee
      where n.nspname ~ '^t_' and g.rolname not in ('migrator', 'sealer') and g.rolname !~ '^t_'`
    assert.deepEqual(await texts(schemas), [])
  })

  it('show no living connection of a superuser', async () => {
    const sealer = await connectAsRole(house, 'eu', 'sealer')
    // What kind of backend it is, PostgreSQL tells of one's own alone; one that works for nobody is in no database.
    const { rows } = await sealer.query<{ usename: string; rolsuper: boolean }>(
      `select a.usename, r.rolsuper from pg_stat_activity a join pg_roles r on r.rolname = a.usename where a.datname is not null`,
    )
    await sealer.end()
    // This very test is connected as migrator: what cannot be seen could not be found.
    assert.ok(rows.some(({ usename }) => usename === 'migrator'))
    assert.deepEqual(
      rows.filter(({ rolsuper }) => rolsuper),
      [],
    )
  })

  it('leave room for every process below the connections of the server', async () => {
    const { rows } = await client.query<{ room: number }>(
      `select current_setting('max_connections')::int as room`,
    )
    assert.ok((rows[0]?.room ?? 0) >= 300)
  })
})
