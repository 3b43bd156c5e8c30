/**
 * Owns a throw-away cell for tests of the queue: a cluster with the system roles, the cell's migrations applied by `migrator`, the
 * queue prepared by `dispatcher`, and as many bare tenant logins as asked for (no schemas, no keys).
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { prepareQueue } from '#cell/prepare-queue.ts'
import type { Login } from '#core/db/lease-pools.ts'
import { migrateDatabase, readMigrations } from '#core/db/migrate.ts'
import { openQueuePool, type QueuePool } from '#core/db/queue-pool.ts'
import { connectAs } from '#core/db/system-login.ts'
import { newRoutingId } from '#core/ids.ts'
import { silentLog } from '#core/log.ts'
import { type OwnClusterOptions, startCluster } from './own-cluster.ts'

export interface OwnQueue {
  readonly tenants: readonly string[]
  login(role: string): Login
  /** A pool of the dispatcher, prepared; the caller ends it. */
  pool(): QueuePool
  /** Runs statements as a role on a connection of its own. */
  as<T>(role: string, statement: string, values?: unknown[]): Promise<T[]>
  stop(): Promise<void>
}

/** Starts it; takes about 1.5 s. */
export async function startQueue(tenantCount: number, options: OwnClusterOptions = {}): Promise<OwnQueue> {
  const cluster = await startCluster(options)
  const password = randomBytes(24).toString('base64url')
  const login = (role: string, database = 'cell'): Login => ({
    host: cluster.socketDir,
    port: cluster.port,
    database,
    user: role,
    password: async () => (role === cluster.superuser ? cluster.superuserPassword : password),
  })
  const superuser = await connectAs(login(cluster.superuser, 'postgres'))
  const tenants = Array.from({ length: tenantCount }, newRoutingId)
  await superuser.query(`create role migrator login createrole password '${password}'`)
  for (const role of ['sealer', 'dispatcher', 'router', 'registrar'])
    await superuser.query(`create role ${role} login password '${password}'`)
  await superuser.query('grant dispatcher to migrator')
  await superuser.query('create database cell owner migrator')
  await superuser.query('revoke all on database cell from public')
  await superuser.query('grant connect on database cell to sealer, dispatcher, router')
  await superuser.end()
  const migrator = await connectAs(login('migrator'))
  await migrateDatabase(migrator, readMigrations(join(import.meta.dirname, '../migrations/cell')))
  await migrator.query('grant connect on database cell to tenant')
  for (const tenant of tenants)
    for (const role of [`t_${tenant}`, `t_${tenant}_people`])
      await migrator.query(`create role ${role} login password '${password}' in role tenant`)
  await migrator.end()
  const pool = () => openQueuePool(login('dispatcher'), 6)
  const first = pool()
  await prepareQueue(first, silentLog())
  await first.end()
  return {
    tenants,
    login,
    pool,
    async as<T>(role: string, statement: string, values: unknown[] = []) {
      const client = await connectAs(login(role))
      try {
        return (await client.query(statement, values)).rows as T[]
      } finally {
        await client.end()
      }
    },
    stop: () => cluster.stop(),
  }
}
