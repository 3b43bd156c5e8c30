// Lent keys of many tenants, each for at most the time the keeper gave.
// Must stay true: no key outlives its `until`; keys in use are refreshed ahead of it in the background.
import type { KeeperClient } from './keeper-client.ts'
import type { KeyRowSource, TenantKeys } from './tenant-keys.ts'

export interface TenantKeyring {
  /** The tenant's keys, lent now if they are not already. Throws `keeper_unavailable`. */
  keysOf(region: string, tenant: string, rows: KeyRowSource): Promise<TenantKeys>
  /** Forgets a tenant's keys, e.g. after a rotation or an eviction. */
  drop(tenant: string): void
  close(): void
}

export interface KeyringOptions {
  keeper: KeeperClient
  clock?: KeyClock
}

/** Time as the keyring needs it; replaced in tests. */
export interface KeyClock {
  /** Milliseconds since 1970. */
  now(): number
  /** Runs once after so many milliseconds without keeping the process alive; returns its cancellation. */
  after(milliseconds: number, run: () => void): () => void
}

export function openTenantKeyring(_options: KeyringOptions): TenantKeyring {
  throw new Error('not written yet')
}
