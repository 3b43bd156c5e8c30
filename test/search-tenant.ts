// A tenant that has nothing but a search index: its schema and login on a real server, and real keys in versions.
import { createSecretKey, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import pg from 'pg'
import { kyselyOnPool } from '#core/db/kysely-on.ts'
import { LeasePools, type Login } from '#core/db/lease-pools.ts'
import type { TenantTables } from '#core/db/tables.gen.ts'
import { inTransaction } from '#core/db/transaction.ts'
import { newRoutingId } from '#core/ids.ts'
import { subkey } from '#core/keys/subkey.ts'
import { bindTenantSearch } from '#core/search/bind-tenant-search.ts'
import { SearchCache } from '#core/search/search-cache.ts'
import type { SearchKeys, TenantSearch } from '#core/search/tenant-search.ts'
import type { OwnCluster } from './own-cluster.ts'

/** Versioned search keys; `end` is what the end of a lease is, `rotate` adds a version. */
export class SearchTestKeys implements SearchKeys {
  readonly tenant: string
  readonly #secrets = [createSecretKey(randomBytes(32))]
  #ended = false

  constructor(tenant: string) {
    this.tenant = tenant
  }

  derive(purpose: 'search', label: string, version = this.#secrets.length) {
    const secret = this.#secrets[version - 1]
    if (this.#ended || !secret) throw new Error('keeper_unavailable')
    return subkey(secret, purpose, label)
  }

  current() {
    return { id: '00000000-0000-7000-8000-000000000000', version: this.#secrets.length }
  }

  rotate(): number {
    return this.#secrets.push(createSecretKey(randomBytes(32)))
  }

  end(): void {
    this.#ended = true
  }
}

export interface SearchTenant extends AsyncDisposable {
  readonly tenant: string
  readonly login: Login
  readonly keys: SearchTestKeys
  readonly cache: SearchCache
  /** Outside of any transaction. */
  readonly search: TenantSearch
  readonly db: Kysely<TenantTables>
  /** One transaction; `begin` may ask for another isolation. */
  write<T>(work: (search: TenantSearch, db: Kysely<TenantTables>) => Promise<T>, begin?: string): Promise<T>
  /** The same index as another process sees it: with a cache of its own. */
  elsewhere(): TenantSearch
  /** Merges until nothing is due. */
  mergeAll(): Promise<void>
}

/** Makes the schema, login and index of a new tenant on the cluster. */
export async function aSearchTenant(cluster: OwnCluster): Promise<SearchTenant> {
  const tenant = newRoutingId()
  const name = `t_${tenant}`
  const password = randomBytes(16).toString('hex')
  const admin = new pg.Client({
    host: cluster.socketDir,
    port: cluster.port,
    user: cluster.superuser,
    password: cluster.superuserPassword,
    database: 'postgres',
  })
  await admin.connect()
  await admin.query(`create schema ${name}`)
  await admin.query(`create role ${name} login password '${password}'`)
  await admin.query(`alter role ${name} set search_path = ${name}`)
  await admin.query(`grant usage on schema ${name} to ${name}`)
  const migration = readFileSync(join(import.meta.dirname, '../migrations/tenant/0003-search.sql'), 'utf8')
  await admin.query(migration.replaceAll('{schema}', name).replaceAll('{login}', name))
  await admin.end()
  const login: Login = {
    host: cluster.socketDir,
    port: cluster.port,
    database: 'postgres',
    user: name,
    password: async () => password,
  }
  const pools = new LeasePools({ cap: 20, perLogin: 20, idleMs: 60_000, waitMs: 10_000 })
  const keys = new SearchTestKeys(tenant)
  const cache = new SearchCache()
  const caches = [cache]
  const db = kyselyOnPool<TenantTables>(() => pools.lease(login))
  async function write<T>(
    work: (search: TenantSearch, db: Kysely<TenantTables>) => Promise<T>,
    begin = 'begin',
  ): Promise<T> {
    return inTransaction<TenantTables, T>(
      await pools.lease(login),
      (tx) => work(bindTenantSearch(tx, keys, cache), tx),
      async () => undefined,
      begin,
    )
  }
  return {
    tenant,
    login,
    keys,
    cache,
    db,
    search: bindTenantSearch(db, keys, cache),
    write,
    elsewhere() {
      const own = new SearchCache()
      caches.push(own)
      return bindTenantSearch(db, keys, own)
    },
    async mergeAll() {
      while ((await write((search) => search.merge())) !== 'done');
    },
    async [Symbol.asyncDispose]() {
      for (const each of caches) each.close()
      await pools.close()
    },
  }
}
