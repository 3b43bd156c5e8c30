// A tenant's own connections and keys: who it is decides which login is used; nobody switches roles on a connection.
// Must stay true: nothing here takes a schema name from a caller; the login's search path is the only way to a table.
import { type RawBuilder, sql } from 'kysely'
import { type DirectKysely, kyselyOnPool } from '../db/kysely-on.ts'
import type { Lease, LeasePools } from '../db/lease-pools.ts'
import { tenantNames } from '../db/migrate.ts'
import { loginOf } from '../db/system-login.ts'
import type { TenantTables } from '../db/tables.gen.ts'
import { PublicError } from '../errors.ts'
import type { KeeperClient } from '../keys/keeper-client.ts'
import type { TenantKeyring } from '../keys/tenant-keyring.ts'
import type { EpochRow, KeyRow, KeyRowSource, TenantKeys, WrappedKeys } from '../keys/tenant-keys.ts'
import type { Directory, TenantPlace } from '../regions/directory.ts'
import type { Store } from './tenant-door.ts'

/** One tenant, reachable. `db` runs single statements; `lease` is for transactions. */
export interface OpenTenant {
  readonly place: TenantPlace
  db(store: Store): DirectKysely<TenantTables>
  lease(store: Store): Promise<Lease>
  keys(): Promise<TenantKeys>
}

export interface TenantConnectionsOptions {
  readonly pools: LeasePools
  readonly keeper: KeeperClient
  readonly keyring: TenantKeyring
  readonly directory: Directory
}

/** Opens tenants. Throws `not_found` for one that is not in the directory. */
export class TenantConnections {
  readonly #options: TenantConnectionsOptions
  readonly #open = new Map<string, OpenTenant>()

  constructor(options: TenantConnectionsOptions) {
    this.#options = options
  }

  async of(tenant: string): Promise<OpenTenant> {
    const known = this.#open.get(tenant)
    if (known) return known
    const place = await this.#options.directory.find(tenant)
    if (!place) throw new PublicError('not_found')
    const opened = this.#reach(place)
    if (this.#open.size >= 2_000) this.#open.clear()
    this.#open.set(tenant, opened)
    return opened
  }

  /** Forgets a tenant that has ended: it is found again only where the directory still has it. */
  forget(tenant: string): void {
    this.#open.delete(tenant)
    this.#options.directory.forget(tenant)
  }

  #reach(place: TenantPlace): OpenTenant {
    const { pools, keeper, keyring, directory } = this.#options
    const names = tenantNames(place.tenant)
    const logins = {
      activity: loginOf(keeper, place.cell, 'cell', names.login),
      people: loginOf(keeper, place.cell, 'cell', names.peopleLogin),
    }
    const lease = async (store: Store) => {
      try {
        return await pools.lease(logins[store])
      } catch (error) {
        // A login that is not there any more: the tenant has ended, or the database is another one.
        if (!isUnknownLogin(error)) throw error
        this.forget(place.tenant)
        throw (await directory.find(place.tenant)) ? error : new PublicError('not_found')
      }
    }
    const dbs = {
      activity: kyselyOnPool<TenantTables>(() => lease('activity')),
      people: kyselyOnPool<TenantTables>(() => lease('people')),
    }
    // A transaction that meets a key it does not know asks for it while it holds its own connection.
    const rows = keyRowsOf(kyselyOnPool(() => pools.lease(logins.activity, 'within')))
    return {
      place,
      db: (store) => dbs[store],
      lease,
      keys: () => keyring.keysOf(place.region.name, place.tenant, rows),
    }
  }
}

function isUnknownLogin(error: unknown): boolean {
  const { cause } = error instanceof PublicError ? error : { cause: undefined }
  return cause instanceof Error && 'code' in cause && (cause.code === '28P01' || cause.code === '28000')
}

/** Epochs and keys come in one statement: a key moves to another epoch, and the old one goes, while others read. */
function keyRowsOf(db: DirectKysely<TenantTables>): KeyRowSource {
  async function load(which: RawBuilder<unknown>): Promise<WrappedKeys> {
    const { rows } = await sql<KeyRow & { of: number | null; epoch_wrapped: Buffer | null }>`
      select e.epoch as of, e.wrapped as epoch_wrapped, k.id, k.purpose, k.version, k.subject, k.epoch, k.wrapped, k.state
      from key_epoch e full join (select * from key where ${which}) k on k.epoch = e.epoch
      order by e.epoch, k.version`.execute(db)
    const epochs = new Map<number, EpochRow>()
    const keys: KeyRow[] = []
    for (const { of, epoch_wrapped, ...key } of rows) {
      if (of !== null && epoch_wrapped !== null) epochs.set(of, { epoch: of, wrapped: epoch_wrapped })
      if (key.id !== null) keys.push(key)
    }
    return { epochs: [...epochs.values()], keys: keys.toSorted((a, b) => a.version - b.version) }
  }
  return {
    loadKeyRows: () => load(sql`subject is null`),
    loadSubjectKeys: (purpose, ids) => load(sql`purpose = ${purpose} and subject = any(${[...ids]}::uuid[])`),
  }
}
