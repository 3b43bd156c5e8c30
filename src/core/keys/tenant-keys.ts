// The keys of one tenant, as its code uses them. Sealing and opening are synchronous; lending happens before, in tenant-keyring.ts.
// Must stay true: no raw key leaves this room except as a KeyObject, and every ciphertext is bound to tenant, store, table, row and column.
import { createHmac, type KeyObject } from 'node:crypto'
import type { KeyPurpose, SubjectPurpose, TenantPurpose } from '#protocol/keeper/keeper.schema.ts'
import { openBytes, sealBytes, sealedVersion } from './aead.ts'
import { SealBroken } from './seal-broken.ts'
import type { SubjectKey } from './subject-key.ts'
import { subkey } from './subkey.ts'
import { type VersionedKey, versionInUse } from './version-in-use.ts'

export type Store = 'activity' | 'people'

/** Whose versions make look-up values: those of `blind` stay until a rotation, those of `search` end with every destruction. */
export type BlindPurpose = 'blind' | 'search'

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

/** Wrapped keys with the epochs they lie under, as one moment shows them. */
export interface WrappedKeys {
  readonly epochs: EpochRow[]
  readonly keys: KeyRow[]
}

/** Reads a tenant's wrapped keys on the tenant's own login, each time in one statement: epochs end while others read. */
export interface KeyRowSource {
  /** All epochs, and the keys whose subject is null. */
  loadKeyRows(): Promise<WrappedKeys>
  /** All epochs, and every version of the keys of these subjects, destroyed ones too. */
  loadSubjectKeys(purpose: SubjectPurpose, ids: readonly string[]): Promise<WrappedKeys>
}

/** Lent working keys of a tenant. Valid while the keyring refreshes them; afterwards every call throws `keeper_unavailable`. */
export interface TenantKeys {
  readonly tenant: string
  /** Seals a JSON value for one place. `undefined` is refused. */
  seal(store: Store, table: string, row: string, column: string, value: unknown): Buffer
  /** The value sealed for exactly this place, by any live or retired version. Throws SealBroken otherwise. */
  open<T>(store: Store, table: string, row: string, column: string, sealed: Uint8Array): T
  /** HMAC-SHA256 (32 bytes) of a value under the current blind key, or a subkey of the search key, separate per column: what to store. See blind-values.ts. */
  blind(column: string, value: string, purpose?: BlindPurpose): Buffer
  /** The same under every version that is not retired, the current one first: what to look for while a rotation is under way. */
  blinds(column: string, value: string, purpose?: BlindPurpose): [Buffer, ...Buffer[]]
  /** A 256-bit subkey of the search key (HKDF-SHA256); the same label and version give the same key. The current version by default. */
  derive(purpose: 'search', label: string, version?: number): KeyObject
  /** The version that seals now, e.g. to decide whether a field needs sealing again. */
  current(purpose: TenantPurpose): { id: string; version: number }
  /** The key of a document or person in all its versions. Throws `gone` when it was destroyed or never was. */
  subject(purpose: SubjectPurpose, id: string): Promise<SubjectKey>
  /** The same of many documents or persons, some hundreds lent at a time; what was destroyed, or does not open, is not in it. */
  subjects(purpose: SubjectPurpose, ids: Iterable<string>): Promise<ReadonlyMap<string, SubjectKey>>
  /** Makes the first key of a document or person; the caller inserts `row` in its transaction. */
  newSubject(purpose: SubjectPurpose, id: string): Promise<{ row: KeyRow; key: KeyObject }>
  /**
   * Makes the next version of a tenant key; the caller inserts the row and then renews the tenant in the keyring.
   * It seals only after eleven minutes, when every process has it.
   */
  newVersion(purpose: TenantPurpose): Promise<KeyRow>
  /**
   * The same key wrapped under the newest epoch, for a row made here whose own epoch ended before it was stored (see add-key.ts).
   * Throws `conflict` for any other row.
   */
  wrapAgain(row: KeyRow): Promise<KeyRow>
  /** Makes a further version of a subject's key; the caller inserts the row. It seals only after eleven minutes, too. */
  newSubjectVersion(purpose: SubjectPurpose, id: string, version: number): Promise<KeyRow>
  /** Forgets a subject's lent key at once, after its destruction. */
  forgetSubject(purpose: SubjectPurpose, id: string): void
}

/** What one lend gave: every version of every purpose, newest last. */
export type PurposeKeys = Map<TenantPurpose, VersionedKey[]>

/** What TenantKeys stands on; the keyring gives it. */
export interface TenantKeyParts {
  tenant: string
  /** Milliseconds since 1970. */
  now(): number
  /** Throws `keeper_unavailable` once the keys have ended. */
  purposes(): PurposeKeys
  subject: TenantKeys['subject']
  subjects: TenantKeys['subjects']
  newKey(
    purpose: KeyPurpose,
    subject: string | null,
    version: number,
  ): Promise<{ row: KeyRow; key: KeyObject }>
  wrapAgain(row: KeyRow): Promise<KeyRow>
  forgetSubject(purpose: SubjectPurpose, id: string): void
}

/** TenantKeys over keys that come and go. */
export function tenantKeys({
  tenant,
  now,
  purposes,
  subject,
  subjects,
  newKey,
  wrapAgain,
  forgetSubject,
}: TenantKeyParts): TenantKeys {
  const derived = new WeakMap<KeyObject, Map<string, KeyObject>>()

  function versions(purpose: TenantPurpose): VersionedKey[] {
    const keys = purposes().get(purpose)
    if (!keys) throw new Error(`Tenant ${tenant} has no ${purpose} key.`)
    return keys
  }
  function current(purpose: TenantPurpose): VersionedKey {
    return versionInUse(versions(purpose), now())
  }
  function ofVersion(purpose: TenantPurpose, version: number): VersionedKey {
    const found = versions(purpose).find((key) => key.version === version)
    if (!found) throw new SealBroken(`There is no ${purpose} key of version ${version}.`)
    return found
  }
  function derivedOf(key: KeyObject, label: string): KeyObject {
    const known = derived.get(key) ?? new Map<string, KeyObject>()
    derived.set(key, known)
    const found = known.get(label) ?? subkey(key, 'derive', label)
    known.set(label, found)
    return found
  }
  function blindKey(purpose: BlindPurpose, { key }: VersionedKey): KeyObject {
    return purpose === 'blind' ? key : derivedOf(key, 'blind')
  }
  function place(store: Store, table: string, row: string, column: string): string {
    if (row.includes('\0')) throw new TypeError('A row id holds a NUL.')
    return `${tenant}\0${store}.${table}\0${row}\0${column}`
  }

  return {
    tenant,
    seal(store, table, row, column, value) {
      const text = JSON.stringify(value)
      if (text === undefined) throw new TypeError(`Nothing to seal for ${table}.${column}.`)
      const { key, version } = current(purposeOf(store))
      return sealBytes(key, version, place(store, table, row, column), text)
    },
    open(store, table, row, column, sealed) {
      const { key } = ofVersion(purposeOf(store), sealedVersion(sealed))
      return JSON.parse(openBytes(key, place(store, table, row, column), sealed).toString())
    },
    blind: (column, value, purpose = 'blind') => hmac(blindKey(purpose, current(purpose)), column, value),
    blinds(column, value, purpose = 'blind') {
      const first = current(purpose)
      const others = versions(purpose).filter((key) => key !== first && !key.isRetired)
      return [
        hmac(blindKey(purpose, first), column, value),
        ...others.map((key) => hmac(blindKey(purpose, key), column, value)),
      ]
    },
    derive(purpose, label, version) {
      const { key } = version === undefined ? current(purpose) : ofVersion(purpose, version)
      return derivedOf(key, label)
    },
    current(purpose) {
      const { id, version } = current(purpose)
      return { id, version }
    },
    subject,
    subjects,
    newSubject: (purpose, id) => newKey(purpose, id, 1),
    async newVersion(purpose) {
      const newest = versions(purpose).at(-1)
      const { row } = await newKey(purpose, null, (newest?.version ?? 0) + 1)
      return row
    },
    wrapAgain,
    async newSubjectVersion(purpose, id, version) {
      const { row } = await newKey(purpose, id, version)
      return row
    },
    forgetSubject,
  }
}

function hmac(key: KeyObject, column: string, value: string): Buffer {
  return createHmac('sha256', key).update(`${column}\0${value}`).digest()
}

function purposeOf(store: Store): TenantPurpose {
  return store === 'people' ? 'people' : 'field'
}
