/**
 * Owns a throw-away cell for tests and benches of the audit log: system roles, the cell's migrations, bare tenants with their
 * tables, a log key and lent keys that live in memory. No keeper and no web.
 */
import {
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import { join } from 'node:path'
import { appendAudit, type NewAuditEvent } from '#core/audit/append-audit.ts'
import { encodeVerifierKey, type SignCheckpoint } from '#core/audit/checkpoint.ts'
import { exportAudit } from '#core/audit/export-audit.ts'
import type { AuditFilter } from '#core/audit/list-audit.ts'
import type { AuditKeys } from '#core/audit/personal-part.ts'
import { sealAudit } from '#core/audit/seal-audit.ts'
import { type DirectKysely, kyselyOnLease } from '#core/db/kysely-on.ts'
import type { Login } from '#core/db/lease-pools.ts'
import { applyToTenant, migrateDatabase, readMigrations } from '#core/db/migrate.ts'
import { connectAs } from '#core/db/system-login.ts'
import { PublicError } from '#core/errors.ts'
import { newId, newRoutingId } from '#core/ids.ts'
import { openBytes, sealBytes } from '#core/keys/aead.ts'
import { wallClock } from '#core/time.ts'
import { logOrigin } from '#protocol/keeper/log-origin.ts'
import { type OwnClusterOptions, startCluster } from './own-cluster.ts'

const MIGRATIONS = join(import.meta.dirname, '../migrations')

/** Kysely on one connection of its own. */
export interface OwnConnection {
  readonly db: DirectKysely<unknown>
  readonly pid: number
  close(): Promise<void>
}

export interface OwnAudit {
  readonly region: 'eu'
  readonly sign: SignCheckpoint
  login(role: string): Login
  connect(role: string): Promise<OwnConnection>
  /** Statements as superuser in the cell: the tamperer of the tests. */
  superuser<T>(statement: string, values?: unknown[]): Promise<T[]>
  /** A new tenant, active, with the tables of its schemas. */
  newTenant(): Promise<string>
  /** Vkeys of a tenant's log. */
  logKeys(tenant: string): string[]
  stop(): Promise<void>
}

/** Starts it; takes about 1 s. */
export async function startAudit(options: OwnClusterOptions = {}): Promise<OwnAudit> {
  const cluster = await startCluster(options)
  const password = randomBytes(24).toString('base64url')
  const login = (role: string, database = 'cell'): Login => ({
    host: cluster.socketDir,
    port: cluster.port,
    database,
    user: role,
    password: async () => (role === cluster.superuser ? cluster.superuserPassword : password),
  })
  const first = await connectAs(login(cluster.superuser, 'postgres'))
  await first.query(`create role migrator login createrole password '${password}'`)
  for (const role of ['sealer', 'dispatcher', 'router', 'registrar'])
    await first.query(`create role ${role} login password '${password}'`)
  await first.query('grant pg_signal_backend to sealer')
  await first.query('grant dispatcher to migrator')
  await first.query('create database cell owner migrator')
  await first.end()
  const migrator = await connectAs(login('migrator'))
  await migrateDatabase(migrator, readMigrations(join(MIGRATIONS, 'cell')))
  const tenantMigrations = readMigrations(join(MIGRATIONS, 'tenant'))
  const superuser = await connectAs(login(cluster.superuser))
  const pair = generateKeyPairSync('ed25519')
  const publicKey = createPublicKey(pair.privateKey).export({ format: 'der', type: 'spki' }).subarray(-32)
  return {
    region: 'eu',
    sign: async (_tenant, text) => ({ signature: sign(null, Buffer.from(text), pair.privateKey), publicKey }),
    login,
    async connect(role) {
      const client = await connectAs(login(role))
      client.on('error', () => undefined)
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
      return {
        db: kyselyOnLease<unknown>({ client, release: () => undefined }),
        pid: rows[0]?.pid ?? 0,
        close: () => client.end(),
      }
    },
    async superuser<T>(statement: string, values: unknown[] = []) {
      return (await superuser.query(statement, values)).rows as T[]
    },
    async newTenant() {
      const tenant = newRoutingId()
      const [schema, people] = [`t_${tenant}`, `t_${tenant}_people`]
      await migrator.query(`insert into cell.tenant (tenant, state) values ($1, 'active')`, [tenant])
      for (const [role, path] of [
        [schema, schema],
        [people, `${people}, ${schema}`],
      ]) {
        await migrator.query(`create role ${role} login password '${password}' in role tenant`)
        await migrator.query(`alter role ${role} set search_path = ${path}`)
        await migrator.query(`create schema ${role}`)
      }
      for (const migration of tenantMigrations) await applyToTenant(migrator, tenant, migration)
      return tenant
    },
    logKeys: (tenant) => [encodeVerifierKey(logOrigin('eu', tenant), publicKey)],
    async stop() {
      await superuser.end()
      await migrator.end()
      await cluster.stop()
    },
  }
}

/** Lent keys of a tenant, in memory. A person has a key from the first use until `erase`. */
export interface OwnKeys extends AuditKeys {
  erase(person: string): void
}

/** Keys for one tenant. */
export function ownKeys(tenant: string): OwnKeys {
  const field = createSecretKey(randomBytes(32))
  const persons = new Map<string, KeyObject | null>()
  const place = (table: string, row: string, column: string) =>
    `${tenant}\0activity.${table}\0${row}\0${column}`
  return {
    tenant,
    seal: (_store, table, row, column, value) =>
      sealBytes(field, 1, place(table, row, column), JSON.stringify(value)),
    open: (_store, table, row, column, sealed) =>
      JSON.parse(openBytes(field, place(table, row, column), sealed).toString()),
    async subject(_purpose, person) {
      const known = persons.get(person)
      if (known === null) throw new PublicError('gone')
      const key = known ?? createSecretKey(randomBytes(32))
      persons.set(person, key)
      const current = { id: person, version: 1, key, isRetired: false }
      return { versions: [current], current }
    },
    erase(person) {
      persons.set(person, null)
    },
  }
}

/** An event as the door makes it. */
export function anEvent(overrides: Partial<NewAuditEvent> = {}): NewAuditEvent {
  return {
    at: new Date(),
    action: 'knowledge.document.read',
    outcome: 'done',
    actorKind: 'person',
    actor: newId(),
    credential: newId(),
    onBehalf: null,
    record: { kind: 'document', id: newId() },
    requestId: newId(),
    detail: null,
    personal: { ip: '192.0.2.7', userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/142.0' },
    ...overrides,
  }
}

/** A tenant's log with everything needed to write, seal and export it. */
export interface OwnLog {
  tenant: string
  keys: OwnKeys
  db: OwnConnection['db']
  logKeys: string[]
  person: string
  ids: string[]
  /** Appends that many events, one transaction each. */
  append(count: number): Promise<void>
  seal(limit?: number): Promise<number>
  export(filter?: AuditFilter): Promise<string>
  close(): Promise<void>
}

/** A new tenant with `count` events, every other one of one person. `sealer` seals them. */
export async function openLog(audit: OwnAudit, sealer: OwnConnection, count: number): Promise<OwnLog> {
  const tenant = await audit.newTenant()
  const connection = await audit.connect(`t_${tenant}`)
  const keys = ownKeys(tenant)
  const person = newId()
  const log: OwnLog = {
    tenant,
    keys,
    db: connection.db,
    logKeys: audit.logKeys(tenant),
    person,
    ids: [],
    async append(more) {
      for (let at = 0; at < more; at++)
        log.ids.push(
          ...(await appendAudit(log.db, keys, [
            anEvent(
              log.ids.length % 2
                ? { detail: { at: log.ids.length } }
                : { actor: person, action: 'core.session.opened' },
            ),
          ])),
        )
    },
    async seal(limit) {
      const origin = logOrigin('eu', tenant)
      const options = { db: sealer.db, tenant, origin, sign: audit.sign, now: wallClock }
      return (await sealAudit({ ...options, ...(limit !== undefined && { limit }) })).sealed
    },
    async export(filter) {
      const lines = []
      const options = { db: log.db, keys, logKeys: log.logKeys }
      for await (const line of exportAudit({ ...options, ...(filter && { filter }) })) lines.push(line)
      return lines.join('')
    },
    close: () => connection.close(),
  }
  await log.append(count)
  return log
}
