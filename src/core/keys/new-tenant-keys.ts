// The rows a tenant is born with.
import type { KeeperClient } from './keeper-client.ts'
import type { EpochRow, KeyRow } from './tenant-keys.ts'

/** First epoch and purpose keys of a tenant, wrapped, ready to be inserted into its `key_epoch` and `key`. */
export async function newTenantKeys(
  _keeper: KeeperClient,
  _region: string,
  _tenant: string,
): Promise<{ epoch: EpochRow; keys: KeyRow[] }> {
  throw new Error('not written yet')
}
