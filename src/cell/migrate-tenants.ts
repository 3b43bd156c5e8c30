// Bringing the tenants of a cell up to the newest migration while everything runs. Must stay true: a kill loses one tenant's one file
// at most, and the next start goes on from there; one tenant's trouble keeps no other behind.
import { type Migration, migrateTenant } from '#core/db/migrate.ts'
import type { SteadyClient } from '#core/db/steady-client.ts'
import type { Log } from '#core/log.ts'

export interface TenantMigrations {
  readonly region: string
  readonly client: SteadyClient
  readonly migrations: readonly Migration[]
  readonly log: Log
}

/** Tenants that have not all migrations. */
export function tenantsBehind({ client, migrations }: Omit<TenantMigrations, 'log'>): Promise<string[]> {
  return client.use(async (connection) => {
    const { rows } = await connection.query<{ tenant: string }>(
      `select tenant from cell.tenant
       where state in ('spare', 'active')
         and (select count(*) from cell.tenant_migration where tenant_migration.tenant = tenant.tenant) < $1
       order by state, created_at`,
      [migrations.length],
    )
    return rows.map(({ tenant }) => tenant)
  })
}

/** Migrates them one by one; active ones first. Resolves to how many could not be migrated; stops early when `signal` aborts. */
export async function migrateTenants(work: TenantMigrations, signal: AbortSignal): Promise<number> {
  const { region, client, migrations, log } = work
  const behind = await tenantsBehind(work)
  if (behind.length === 0) return 0
  log.info({ region, tenants: behind.length }, 'migrating tenants')
  let failed = 0
  for (const [index, tenant] of behind.entries()) {
    if (signal.aborted) return failed
    try {
      await client.use((connection) => migrateTenant(connection, tenant, migrations))
    } catch (error) {
      failed++
      log.error({ region, tenant, error }, 'a tenant could not be migrated')
    }
    if ((index + 1) % 100 === 0)
      log.info({ region, done: index + 1, total: behind.length }, 'migrating tenants')
  }
  log.info({ region, done: behind.length - failed, failed }, 'tenants migrated')
  return failed
}
