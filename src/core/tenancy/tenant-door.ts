// What product code holds while it works on one tenant's data. Nothing else reaches a tenant.
// Must stay true: a write that recorded no audit entry does not commit; a read's entry is written before the answer.
import type { Compilable, Kysely } from 'kysely'
import type { TenantBlobs } from '../blobs/tenant-blobs.ts'
import type { TenantTables } from '../db/tables.gen.ts'
import type { EnqueueOptions } from '../jobs/enqueue.ts'
import type { TenantKeys } from '../keys/tenant-keys.ts'
import type { TenantSearch } from '../search/tenant-search.ts'
import type { Actor } from './actor.ts'

/** The two database stores of a tenant (claim PD-02). 'people' also reaches membership and the audit log. */
export type Store = 'activity' | 'people'

/** One thing that happened. `detail` is of class configuration: no names, no addresses, no text of anybody. */
export interface AuditEntry {
  readonly action: string
  readonly record?: { readonly kind: string; readonly id: string }
  readonly outcome?: 'done' | 'refused' | 'failed'
  readonly detail?: Readonly<Record<string, string | number | boolean | null>>
}

/** Reading one tenant. Each statement runs by itself. */
export interface TenantReader {
  readonly actor: Actor
  readonly db: Kysely<TenantTables>
  readonly keys: TenantKeys
  readonly blobs: TenantBlobs
  readonly search: TenantSearch
  now(): Date
  /** Throws `forbidden` unless the actor has the permission. */
  require(permission: string): void
  audit(entry: AuditEntry): void
  /**
   * The rows of one query with the event of having read them, in one statement: the entry is recorded exactly when a row
   * was found. For reads that are one statement; others use `audit`.
   */
  found<Row>(query: Compilable<Row>, entry: AuditEntry): Promise<Row[]>
}

/** Writing one tenant: `db` is one open transaction. */
export interface TenantWriter extends TenantReader {
  /** Queues work that starts after the commit; see src/core/jobs. Returns the id of its activity when one was asked for. */
  enqueue(task: string, record: string, options?: EnqueueOptions): Promise<string | null>
}

/** The door: the only way to a tenant's data. */
export interface TenantDoor {
  read<T>(actor: Actor, work: (tx: TenantReader) => Promise<T>, store?: Store): Promise<T>
  write<T>(actor: Actor, work: (tx: TenantWriter) => Promise<T>, store?: Store): Promise<T>
}
