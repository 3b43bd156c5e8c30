// Forward-only SQL migrations with checksums: the directory, each cell, and every tenant by itself.
// Must stay true: a file that was applied and then edited refuses to run; each file is one transaction; a killed run goes on where it stopped.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { isRoutingId } from '../ids.ts'

/** One migration file. `number` orders; `checksum` is SHA-256 of the file as it stands. */
export interface Migration {
  readonly number: number
  readonly name: string
  readonly sql: string
  readonly checksum: Buffer
}

/** Reads the migrations of a scope in order. Throws when two carry the same number or a name has not the form NNNN-room-what.sql. */
export function readMigrations(folder: string): Migration[] {
  const migrations = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => {
      const match = /^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)
      if (!match) throw new Error(`migration ${name} is not named NNNN-room-what.sql`)
      const sql = readFileSync(join(folder, name), 'utf8')
      return { number: Number(match[1]), name, sql, checksum: createHash('sha256').update(sql).digest() }
    })
  migrations.forEach((migration, i) => {
    if (migrations[i - 1]?.number === migration.number)
      throw new Error(`two migrations carry ${migration.number}`)
  })
  return migrations
}

/** Brings one database (directory or cell) up to the newest migration. `client` is the migrator's. Returns how many ran. */
export async function migrateDatabase(
  client: pg.ClientBase,
  migrations: readonly Migration[],
): Promise<number> {
  await client.query(`create schema if not exists migration`)
  await client.query(
    `create table if not exists migration.applied (number integer primary key, checksum bytea not null, applied_at timestamptz not null default now())`,
  )
  const { rows } = await client.query<{ number: number; checksum: Buffer }>(
    'select number, checksum from migration.applied',
  )
  return applyMissing(client, migrations, rows, async (migration) => {
    await client.query(migration.sql)
    await client.query('insert into migration.applied (number, checksum) values ($1, $2)', [
      migration.number,
      migration.checksum,
    ])
  })
}

/** Brings one tenant's two schemas up to the newest migration. Returns how many ran. */
export async function migrateTenant(
  client: pg.ClientBase,
  tenant: string,
  migrations: readonly Migration[],
): Promise<number> {
  const { rows } = await client.query<{ number: number; checksum: Buffer }>(
    'select number, checksum from cell.tenant_migration where tenant = $1',
    [tenant],
  )
  return applyMissing(client, migrations, rows, (migration) => applyToTenant(client, tenant, migration))
}

/** Runs one migration on one tenant and notes it; the caller holds the transaction. */
export async function applyToTenant(
  client: pg.ClientBase,
  tenant: string,
  migration: Migration,
): Promise<void> {
  await client.query(forTenant(migration.sql, tenant))
  await client.query('insert into cell.tenant_migration (tenant, number, checksum) values ($1, $2, $3)', [
    tenant,
    migration.number,
    migration.checksum,
  ])
}

/** Names of a tenant's schemas and logins. Throws on anything that is not a routing id, so that no other text becomes SQL. */
export function tenantNames(tenant: string): {
  schema: string
  people: string
  login: string
  peopleLogin: string
} {
  if (!isRoutingId(tenant)) throw new Error('not a routing id')
  return {
    schema: `t_${tenant}`,
    people: `t_${tenant}_people`,
    login: `t_${tenant}`,
    peopleLogin: `t_${tenant}_people`,
  }
}

function forTenant(sql: string, tenant: string): string {
  const names = tenantNames(tenant)
  return sql.replace(/\{(schema|people|login|peopleLogin)\}/g, (_, key: keyof typeof names) => names[key])
}

async function applyMissing(
  client: pg.ClientBase,
  migrations: readonly Migration[],
  applied: readonly { number: number; checksum: Buffer }[],
  apply: (migration: Migration) => Promise<void>,
): Promise<number> {
  const done = new Map(applied.map((row) => [row.number, row.checksum]))
  let count = 0
  for (const migration of migrations) {
    const checksum = done.get(migration.number)
    if (checksum) {
      if (!checksum.equals(migration.checksum))
        throw new Error(`migration ${migration.name} was edited after it ran`)
      continue
    }
    await client.query('begin')
    try {
      await apply(migration)
      await client.query('commit')
    } catch (error) {
      await client.query('rollback')
      throw error
    }
    count++
  }
  return count
}
