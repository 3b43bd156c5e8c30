// Asks the keeper to sign checkpoints. The log key itself never leaves the keeper.
import type { SignCheckpoint } from '#core/audit/checkpoint.ts'
import type { KeeperClient } from '#core/keys/keeper-client.ts'

/** Signs for the tenants of one region. Throws `keeper_unavailable` when the keeper does not answer. */
export function keeperSigner(keeper: KeeperClient, region: string): SignCheckpoint {
  const known = new Map<string, Uint8Array>()
  return async (tenant, text) => {
    const { signature, version } = await keeper.ask('sign', { region, tenant, note: text })
    const name = `${tenant} ${version}`
    let publicKey = known.get(name)
    if (!publicKey) {
      const { keys } = await keeper.ask('logKey', { region, tenant })
      const named = keys.find((key) => key.version === version)
      if (!named)
        throw new Error(`the keeper signed with version ${version} and does not name its public key`)
      publicKey = Buffer.from(named.publicKey, 'base64')
      if (known.size >= 2_000) known.clear()
      known.set(name, publicKey)
    }
    return { signature: Buffer.from(signature, 'base64'), publicKey }
  }
}
