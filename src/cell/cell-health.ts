// How one cell is, in counts: settings of its server, migrations, queue, events that wait to be sealed.
// Must stay true: it reads, and names no tenant.
import { join } from 'node:path'
import { readMigrations } from '#core/db/migrate.ts'
import type { SteadyClient } from '#core/db/steady-client.ts'
import type { RegionHealth } from '#protocol/cell/caller.ts'
import { tenantsBehind } from './migrate-tenants.ts'

export interface HealthGround {
  readonly region: string
  /** The migrator on this cell. */
  readonly migrator: SteadyClient
  readonly queue: { query<Row extends object>(text: string): Promise<{ readonly rows: readonly Row[] }> }
  /** Folder of the migrations. */
  readonly folder: string
}

/** Settings that the walls and the recovery stand on. */
const SETTINGS = [
  'server_version',
  'data_checksums',
  'fsync',
  'full_page_writes',
  'synchronous_commit',
  'password_encryption',
  'max_connections',
  'log_min_messages',
  'log_statement',
  'listen_addresses',
]
/** A job that one worker holds for so long is held by nobody. */
const STUCK = "interval '4 hours'"

/** Looks. Errors of the database pass through. */
export async function cellHealth({ region, migrator, queue, folder }: HealthGround): Promise<RegionHealth> {
  const migrations = readMigrations(join(folder, 'tenant'))
  const one = async <Row extends object>(text: string, values: unknown[] = []): Promise<Row> => {
    const { rows } = await migrator.use((client) => client.query<Row>(text, values))
    const [row] = rows
    if (!row) throw new Error('a count answered nothing')
    return row
  }
  const { settings } = await one<{ settings: Record<string, string> }>(
    'select jsonb_object_agg(name, setting) as settings from pg_settings where name = any($1)',
    [SETTINGS],
  )
  const counts = await one<{ tenants: number; connections: number; megabytes: number; cell: number }>(
    `select (select count(*) from cell.tenant where state = 'active' and tenant not in (select tenant from cell.canary))::int as tenants,
       (select count(*) from pg_stat_activity where backend_type = 'client backend')::int as connections,
       (select pg_database_size(current_database()) / 1048576)::int as megabytes,
       (select count(*) from migration.applied)::int as cell`,
  )
  const unsealed = await one<{ tenants: number; oldest: number }>(
    `select count(*)::int as tenants, coalesce(extract(epoch from clock_timestamp() - min(at)), 0)::int as oldest from cell.audit_due`,
  )
  const jobs = await queue.query<{ waiting: number; stuck: number; given_up: number; oldest: number }>(
    `select count(*) filter (where locked_at is null and attempts < max_attempts)::int as waiting,
       count(*) filter (where locked_at < now() - ${STUCK})::int as stuck,
       count(*) filter (where attempts >= max_attempts and locked_at is null)::int as given_up,
       coalesce(greatest(0, extract(epoch from now() - min(run_at) filter (where locked_at is null and attempts < max_attempts))), 0)::int as oldest
     from queue._private_jobs`,
  )
  const [job] = jobs.rows
  const { tenants, connections, megabytes, cell } = counts
  return {
    region,
    settings,
    tenants,
    connections,
    megabytes,
    migrations: {
      cell,
      cellKnown: readMigrations(join(folder, 'cell')).length,
      tenantsBehind: (await tenantsBehind({ region, client: migrator, migrations })).length,
    },
    jobs: {
      waiting: job?.waiting ?? 0,
      stuck: job?.stuck ?? 0,
      givenUp: job?.given_up ?? 0,
      oldestSeconds: job?.oldest ?? 0,
    },
    unsealed: { tenants: unsealed.tenants, oldestSeconds: Math.max(0, unsealed.oldest) },
  }
}
