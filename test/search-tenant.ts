// A tenant that has nothing but a search index: its schema and login on a real server, and real keys in versions.
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Kysely, KyselyPlugin } from 'kysely'
import pg from 'pg'
import { kyselyOnPool } from '#core/db/kysely-on.ts'
import { LeasePools, type Login } from '#core/db/lease-pools.ts'
import type { TenantTables } from '#core/db/tables.gen.ts'
import { inTransaction } from '#core/db/transaction.ts'
import { newId, newRoutingId } from '#core/ids.ts'
import { subkey } from '#core/keys/subkey.ts'
import { bindTenantSearch } from '#core/search/bind-tenant-search.ts'
import { SearchCache } from '#core/search/search-cache.ts'
import type { SearchEntry, SearchKeys, TenantSearch } from '#core/search/tenant-search.ts'
import type { OwnCluster } from './own-cluster.ts'

/** Versioned search keys; `end` is what the end of a lease is, `rotate` adds a version. */
export class SearchTestKeys implements SearchKeys {
  readonly tenant: string
  readonly #secrets: (KeyObject | null)[]
  #ended = false

  constructor(tenant: string, secrets: readonly KeyObject[] = [createSecretKey(randomBytes(32))]) {
    this.tenant = tenant
    this.#secrets = [...secrets]
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

  /** Destroys a version. */
  forget(version: number): void {
    this.#secrets[version - 1] = null
  }

  /** For another process of the same test. */
  secrets(): Uint8Array[] {
    return this.#secrets.flatMap((secret) => (secret ? [secret.export()] : []))
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
  /** The same index as another process sees it: with a cache of its own. `after` runs after each of its statements. */
  elsewhere(after?: () => Promise<void>): TenantSearch
  /** Merges until nothing is due. */
  mergeAll(): Promise<void>
}

/** An entry of one English text. */
export function anEntry(text: string, overrides: Partial<SearchEntry> = {}): SearchEntry {
  const fields = [{ text, weight: 1 }]
  return { id: newId(), kind: 'page', owner: newId(), part: 1, language: 'en', fields, ...overrides }
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
    elsewhere(after) {
      const own = new SearchCache()
      caches.push(own)
      return bindTenantSearch(after ? db.withPlugin(runAfter(after)) : db, keys, own)
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

function runAfter(work: () => Promise<void>): KyselyPlugin {
  return {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      await work()
      return result
    },
  }
}
