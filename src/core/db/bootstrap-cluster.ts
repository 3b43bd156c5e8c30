// Owns: what a fresh cluster needs before any migration: databases, system logins, and what PUBLIC loses.
// Must stay true: every step can be repeated, so a killed set-up converges; the last step closes the superuser.
// All statements are fixed texts; the few names and verifiers put into them are checked or quoted here.
import pg from 'pg'

export const systemLogins = ['migrator', 'sealer', 'dispatcher', 'router', 'registrar', 'replicator'] as const
export type SystemLogin = (typeof systemLogins)[number]

export interface BootstrapPlan {
  /** Socket folder or host of the cluster. */
  readonly host: string
  readonly port: number
  readonly superuserPassword: string
  /** `cell`, and `directory` too in the first cell of the first region. */
  readonly databases: readonly ('cell' | 'directory')[]
  /** SCRAM-SHA-256 verifiers from the keeper. */
  readonly verifiers: Readonly<Record<SystemLogin, string>>
}

const attributes: Readonly<Record<SystemLogin, string>> = {
  migrator: 'login createrole noinherit',
  sealer: 'login',
  dispatcher: 'login',
  router: 'login',
  registrar: 'login',
  replicator: 'login replication',
}

/** Who may connect where; migrator may also let tenants in and make schemas. */
const connects: Readonly<Record<'cell' | 'directory', readonly SystemLogin[]>> = {
  cell: ['sealer', 'dispatcher', 'router'],
  directory: ['router', 'registrar'],
}

/** Brings the cluster to its set-up state and ends the superuser's log-in. Errors of PostgreSQL pass through. */
export async function bootstrapCluster(plan: BootstrapPlan): Promise<void> {
  await asSuperuser(plan, 'postgres', async (client) => {
    for (const login of systemLogins) await makeLogin(client, login, plan.verifiers[login])
    const { rows } = await client.query<{ version: number }>(
      `select current_setting('server_version_num')::int / 10000 as version`,
    )
    // Migrations hand the queue's schema to dispatcher, for which migrator must be able to act as it.
    const limits = (rows[0]?.version ?? 0) >= 16 ? ' with inherit false, set true' : ''
    await client.query(`grant dispatcher to migrator${limits}`)
    // The sealer ends tenants' transactions that hold its positions up.
    await client.query('grant pg_signal_backend to sealer')
  })
  // First the template: databases made from it are born closed.
  for (const database of ['template1', 'postgres']) await closeDatabase(plan, database)
  for (const database of plan.databases) {
    await makeDatabase(plan, database)
    await closeDatabase(plan, database)
    await openDatabase(plan, database)
  }
  await asSuperuser(plan, 'postgres', (client) => client.query('alter role postgres nologin password null'))
}

async function makeLogin(client: pg.Client, login: SystemLogin, verifier: string): Promise<void> {
  if (!/^SCRAM-SHA-256\$\d+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$/.test(verifier))
    throw new Error(`the verifier of ${login} is not a SCRAM-SHA-256 verifier`)
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [login])
  if (rowCount === 0) await client.query(`create role ${login} nologin`)
  await client.query(`alter role ${login} ${attributes[login]} password '${verifier}'`)
}

async function makeDatabase(plan: BootstrapPlan, database: 'cell' | 'directory'): Promise<void> {
  await asSuperuser(plan, 'postgres', async (client) => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database])
    if (rowCount === 0) await client.query(`create database ${database}`)
  })
}

/** Takes from PUBLIC what one tenant could use to reach, watch or disturb another. */
async function closeDatabase(plan: BootstrapPlan, database: string): Promise<void> {
  await asSuperuser(plan, database, async (client) => {
    await client.query(`revoke all on database ${database} from public`)
    await client.query('revoke all on schema public from public')
    // Large objects know no schema; advisory locks and notifications are seen by the whole database; a logical
    // message would write a tenant's words to the write-ahead log unsealed. Statistics and sizes tell how much a
    // neighbour has and when it works.
    await client.query(`do $$
      declare routine regprocedure;
      begin
        for routine in
          select oid::regprocedure from pg_proc
          where pronamespace = 'pg_catalog'::regnamespace and prokind = 'f' and (
            proname ~ '^(pg_(try_)?advisory_|lo_|lo(read|write)$|pg_stat_get_|pg_(relation|table|indexes|total_relation|database|tablespace)_size$)'
            or proname in ('pg_notify', 'pg_logical_emit_message', 'pg_export_snapshot', 'pg_lock_status', 'pg_blocking_pids'))
        loop
          execute format('revoke all on function %s from public', routine);
        end loop;
      end $$`)
    // Nobody writes programs here but migrations.
    await client.query('revoke usage on language plpgsql from public')
    await client.query(`do $$
      declare shown text;
      begin
        select string_agg(quote_ident(attname), ', ') into shown from pg_attribute where attrelid = 'pg_class'::regclass
          and attnum > 0 and attname not in ('relpages', 'reltuples', 'relallvisible', 'relallfrozen');
        revoke select on pg_class from public;
        execute format('grant select (%s) on pg_class to public', shown);
      end $$`)
  })
}

async function openDatabase(plan: BootstrapPlan, database: 'cell' | 'directory'): Promise<void> {
  await asSuperuser(plan, database, async (client) => {
    await client.query(`grant connect on database ${database} to ${connects[database].join(', ')}`)
    await client.query(`grant create on database ${database} to migrator`)
    await client.query(`grant connect on database ${database} to migrator with grant option`)
    // What migrator makes is nobody's until a migration says whose it is.
    await client.query('alter default privileges for role migrator revoke execute on functions from public')
    await client.query('grant execute on function pg_notify(text, text) to migrator, dispatcher')
    await client.query('grant usage on language plpgsql to migrator, dispatcher')
    // Who ends what holds a log up, and who looks whether connections and copies are as they should be.
    await client.query(
      'grant execute on function pg_stat_get_activity(int) to migrator, sealer, dispatcher, registrar',
    )
    await client.query(
      'grant execute on function pg_stat_get_subscription(oid), pg_database_size(name) to migrator',
    )
  })
}

async function asSuperuser<T>(
  plan: BootstrapPlan,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    host: plan.host,
    port: plan.port,
    user: 'postgres',
    password: plan.superuserPassword,
    database,
  })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
