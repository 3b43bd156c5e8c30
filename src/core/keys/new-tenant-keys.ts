// The rows a tenant is born with.
import type { KeeperClient } from './keeper-client.ts'
import type { EpochRow, KeyRow } from './tenant-keys.ts'
import { epochFromWire, keyFromWire } from './wire-rows.ts'

/** First epoch and purpose keys of a tenant, wrapped, ready to be inserted into its `key_epoch` and `key`. */
export async function newTenantKeys(
  keeper: KeeperClient,
  region: string,
  tenant: string,
): Promise<{ epoch: EpochRow; keys: KeyRow[] }> {
  const { epoch, keys } = await keeper.ask('newTenant', { region, tenant })
  return { epoch: epochFromWire(epoch), keys: keys.map(keyFromWire) }
}
