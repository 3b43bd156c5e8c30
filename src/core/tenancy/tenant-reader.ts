// What the door hands to product code. What a piece of work does not touch is not made: most touch one statement.
import type { Compilable } from 'kysely'
import type { BlobStore } from '../blobs/blob-store.ts'
import { type TenantBlobs, tenantBlobs } from '../blobs/tenant-blobs.ts'
import type { DirectKysely } from '../db/kysely-on.ts'
import type { TenantTables } from '../db/tables.gen.ts'
import type { SendStatement } from '../db/transaction.ts'
import { PublicError } from '../errors.ts'
import { type EnqueueOptions, enqueue } from '../jobs/enqueue.ts'
import type { TenantKeys } from '../keys/tenant-keys.ts'
import { bindTenantSearch } from '../search/bind-tenant-search.ts'
import type { SearchCache } from '../search/search-cache.ts'
import type { TenantSearch } from '../search/tenant-search.ts'
import type { Clock } from '../time.ts'
import type { Actor } from './actor.ts'
import type { OpenTenant } from './tenant-connections.ts'
import type { AuditEntry, TenantReader, TenantWriter } from './tenant-door.ts'

export interface Reading {
  readonly blobs: (region: string) => BlobStore
  readonly searchCache: SearchCache
  readonly now: Clock
  readonly actor: Actor
  readonly tenant: OpenTenant
  readonly keys: TenantKeys
  readonly db: DirectKysely<TenantTables>
  /** Takes what is audited. */
  readonly entries: AuditEntry[]
  readonly found: TenantReader['found']
}

/** One reading of one tenant. */
export class Reader implements TenantReader {
  readonly actor: Actor
  readonly db: DirectKysely<TenantTables>
  readonly keys: TenantKeys
  readonly now: Clock
  readonly found: TenantReader['found']
  readonly #given: Reading
  readonly #send: SendStatement | undefined

  constructor(given: Reading, send?: SendStatement) {
    this.actor = given.actor
    this.db = given.db
    this.keys = given.keys
    this.now = given.now
    this.found = given.found
    this.#given = given
    this.#send = send
  }

  get blobs(): TenantBlobs {
    return tenantBlobs(this.#given.blobs(this.#given.tenant.place.region.name), this.keys)
  }

  get search(): TenantSearch {
    return bindTenantSearch(this.db, this.keys, this.#given.searchCache, this.#send)
  }

  require(permission: string): void {
    if (!this.actor.permissions.has(permission))
      throw new PublicError('forbidden', undefined, { details: { permission } })
  }

  audit(entry: AuditEntry): void {
    this.#given.entries.push(entry)
  }
}

/** One writing of one tenant. */
export class Writer extends Reader implements TenantWriter {
  readonly nudge: TenantWriter['nudge']
  readonly #send: SendStatement

  constructor({
    send,
    nudge,
    ...given
  }: Reading & Pick<TenantWriter, 'nudge'> & { readonly send: SendStatement }) {
    super(given, send)
    this.nudge = nudge
    this.#send = send
  }

  send(query: Compilable): void {
    this.#send(query.compile())
  }

  enqueue(task: string, record: string, options?: EnqueueOptions): Promise<string | null> {
    return enqueue(this, task, record, options)
  }
}
