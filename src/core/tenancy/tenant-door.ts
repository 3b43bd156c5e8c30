// What product code holds while it works on one tenant's data. Nothing else reaches a tenant.
// Must stay true: a write that recorded no audit entry does not commit; a read's entry is written before the answer.
import type { KeyObject } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { Compilable, Kysely } from 'kysely'
import type { StoredBlob } from '../blobs/blob-store.ts'
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
  /**
   * Sends a statement whose answer the work does not need, without waiting. Statements keep their order; when one fails nothing
   * commits and the write throws its error.
   */
  send(query: Compilable): void
  /** Has the open streams of this tenant look again after the commit; see src/core/notifications. A hint: it may get lost. */
  nudge(): void
  /** Queues work that starts after the commit; see src/core/jobs. Returns the id of its activity when one was asked for. */
  enqueue(task: string, record: string, options?: EnqueueOptions): Promise<string | null>
}

/** What will be staged: one blob, and the row that says so. Both run in a write of their own, and record their event. */
export interface StagePlan {
  readonly blob: string
  /** Says what will be put before it is, so that a sweep finds it after a crash. Refuses whoever may not. */
  announce(tx: TenantWriter): Promise<void>
  /** Removes the blob and takes the announcement back, unless a record has adopted it: an error may hide a commit. */
  withdraw(tx: TenantWriter): Promise<void>
}

/** Room for bytes that arrive before the record that will own them, outside any transaction. */
export interface TenantStage {
  /** Makes the first key of a record to come; the write that adopts the blob inserts its row. */
  newSubject: TenantKeys['newSubject']
  /** Stores the announced blob, see {@link TenantBlobs.put}. */
  put(key: KeyObject, source: Readable): Promise<StoredBlob>
  /** Said after the write that adopts it. Without it the announcement is withdrawn at the end. */
  keep(): void
}

/** The door: the only way to a tenant's data. */
export interface TenantDoor {
  /** Announces, then lets `work` put the blob; what it does not keep, or all when it throws, is withdrawn. */
  stage<T>(actor: Actor, plan: StagePlan, work: (stage: TenantStage) => Promise<T>): Promise<T>
  read<T>(actor: Actor, work: (tx: TenantReader) => Promise<T>, store?: Store): Promise<T>
  write<T>(actor: Actor, work: (tx: TenantWriter) => Promise<T>, store?: Store): Promise<T>
}
