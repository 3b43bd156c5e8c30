// The end of a tenant: what its owner asked for is noted in one transaction, and from then on it is on no list and no credential of it
// opens anything; then everything of it goes, step by step, each of which may run again. Must stay true: no step undoes an earlier one;
// the row in `cell.tenant` goes last, so that a kill leaves what the next round completes; its certificate stays with the region.

import { tenantNames } from '#core/db/migrate.ts'
import type { QueuePool } from '#core/db/queue-pool.ts'
import type { SteadyClient, SteadyConnection } from '#core/db/steady-client.ts'
import { newId } from '#core/ids.ts'

/** Ends a tenant that is in use. Answers the destruction; the one there is when it was ended before; undefined for what is no tenant in use. */
export async function noteEnd(
  client: SteadyConnection,
  tenant: string,
  organisation: string,
): Promise<string | undefined> {
  const { schema } = tenantNames(tenant)
  await client.query('begin')
  try {
    const known = await client.query<{ id: string }>(
      `select id from cell.destruction where tenant = $1 and kind = 'organisation'`,
      [tenant],
    )
    const [before] = known.rows
    const ended = await client.query(
      `update cell.tenant set state = 'ended' where tenant = $1 and state = 'active' and tenant not in (select tenant from cell.canary)`,
      [tenant],
    )
    if (before || ended.rowCount === 0) {
      await client.query('rollback')
      return before?.id
    }
    // What a process of the web believes it knows of a credential it asks again within a second.
    for (const table of ['session', 'api_key'])
      await client.query(
        `update ${schema}.${table} set revoked_at = clock_timestamp() where revoked_at is null`,
      )
    const id = newId()
    await client.query(
      `insert into cell.destruction (id, tenant, kind, subject, keys, awaits_index, destroyed_at)
       select $1, $2, 'organisation', $3, coalesce(array_agg(id order by id), '{}'), false, clock_timestamp()
       from ${schema}.key where subject is null and wrapped is not null`,
      [id, tenant, organisation],
    )
    await client.query('commit')
    return id
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

/** Where what belongs to a tenant lies. `sealer` may end connections, `directory` is the registrar's. */
export interface ClearingPlace {
  readonly client: SteadyClient
  readonly sealer: SteadyClient
  readonly directory: SteadyClient
  readonly pool: QueuePool
  /** Has the tenant's container removed; false when nobody could. */
  removeContainer(tenant: string): Promise<boolean>
}

/** Removes everything of a tenant that has ended: routes, jobs, connections, kept mail, blobs, schemas, logins. False: it is not all gone yet. */
export async function clearTenant(place: ClearingPlace, tenant: string): Promise<boolean> {
  const { client, sealer, directory, pool, removeContainer } = place
  const { schema, people, login, peopleLogin } = tenantNames(tenant)
  await directory.use(async (registrar) => {
    await registrar.query('delete from directory.domain where tenant = $1', [tenant])
    await registrar.query('delete from directory.route where tenant = $1', [tenant])
  })
  const roles = await client.use(async (migrator) => {
    const { rows } = await migrator.query<{ name: string }>(
      'select rolname as name from pg_roles where rolname = any($1)',
      [[login, peopleLogin]],
    )
    for (const { name } of rows) await migrator.query(`alter role ${name} nologin`)
    await migrator.query('delete from cell.outbox where tenant = $1', [tenant])
    await migrator.query('delete from cell.audit_due where tenant = $1', [tenant])
    return rows.map(({ name }) => name)
  })
  await pool.query(`delete from queue._private_jobs where payload ->> 'tenant' = $1 and locked_at is null`, [
    tenant,
  ])
  await sealer.use((one) =>
    one.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = any($1)', [
      [login, peopleLogin],
    ]),
  )
  if (!(await removeContainer(tenant))) return false
  await client.use(async (migrator) => {
    await migrator.query('begin')
    try {
      await migrator.query(`drop schema if exists ${people} cascade`)
      await migrator.query(`drop schema if exists ${schema} cascade`)
      for (const name of roles) await migrator.query(`drop role ${name}`)
      await migrator.query('delete from cell.tenant where tenant = $1', [tenant])
      await migrator.query('commit')
    } catch (error) {
      await migrator.query('rollback')
      throw error
    }
  })
  return true
}
