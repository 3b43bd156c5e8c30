// The keys of one tenant, as its code uses them. Sealing and opening are synchronous; lending happens before, in tenant-keyring.ts.
// Must stay true: no raw key leaves this room except as a KeyObject, and every ciphertext is bound to tenant, store, table, row and column.
import type { KeyObject } from 'node:crypto'
import type { KeyPurpose, SubjectPurpose, TenantPurpose } from '#protocol/keeper/keeper.schema.ts'

export type Store = 'activity' | 'people'

/** A row of `key_epoch`; can be inserted as it is. */
export interface EpochRow {
  epoch: number
  wrapped: Buffer
}

/** A row of `key`; can be inserted as it is. `wrapped` is null once destroyed. */
export interface KeyRow {
  id: string
  purpose: KeyPurpose
  version: number
  subject: string | null
  epoch: number
  wrapped: Buffer | null
  state: 'live' | 'retired' | 'destroyed'
}

/** Reads a tenant's wrapped keys on the tenant's own login. */
export interface KeyRowSource {
  /** All epochs, and the keys whose subject is null. */
  loadKeyRows(): Promise<{ epochs: EpochRow[]; keys: KeyRow[] }>
  /** Every version of one subject's key, destroyed ones too. */
  loadSubjectKey(purpose: SubjectPurpose, id: string): Promise<KeyRow[]>
}

/** Lent working keys of a tenant. Valid while the keyring refreshes them; afterwards every call throws `keeper_unavailable`. */
export interface TenantKeys {
  readonly tenant: string
  /** Seals a JSON value for one place. `undefined` is refused. */
  seal(store: Store, table: string, row: string, column: string, value: unknown): Buffer
  /** The value sealed for exactly this place, by any live or retired version. Throws SealBroken otherwise. */
  open<T>(store: Store, table: string, row: string, column: string, sealed: Uint8Array): T
  /** HMAC-SHA256 (32 bytes) of a value under the newest blind key, separate per column; for equality look-ups. */
  blind(column: string, value: string): Buffer
  /** A 256-bit subkey of the search key (HKDF-SHA256); the same label and version give the same key. Newest version by default. */
  derive(purpose: 'search', label: string, version?: number): KeyObject
  /** The newest version of a purpose, e.g. to decide whether a field needs sealing again. */
  current(purpose: TenantPurpose): { id: string; version: number }
  /** The newest live key of a document or person. Throws `gone` when it was destroyed or never was. */
  subject(purpose: SubjectPurpose, id: string): Promise<KeyObject>
  /** Makes the first key of a document or person; the caller inserts `row` in its transaction. */
  newSubject(purpose: SubjectPurpose, id: string): Promise<{ row: KeyRow; key: KeyObject }>
  /** Makes the next version of a tenant key; the caller inserts `row` and then drops the tenant from the keyring. */
  newVersion(purpose: TenantPurpose): Promise<KeyRow>
  /** Forgets a subject's lent key at once, after its destruction. */
  forgetSubject(purpose: SubjectPurpose, id: string): void
}
