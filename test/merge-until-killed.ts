// Child process of a test: begins a merge in a transaction, reports, and waits to be killed with the transaction open.
import { createSecretKey } from 'node:crypto'
import { kyselyOnLease } from '#core/db/kysely-on.ts'
import { LeasePools } from '#core/db/lease-pools.ts'
import type { TenantTables } from '#core/db/tables.gen.ts'
import { mergeSegments } from '#core/search/merge-segments.ts'
import { SearchTestKeys } from './search-tenant.ts'

interface Order {
  login: { host: string; port: number; database: string; user: string; password: string }
  secrets: Uint8Array[]
  tenant: string
}

process.once('message', async ({ login, secrets, tenant }: Order) => {
  const pools = new LeasePools({ cap: 2, perLogin: 2, idleMs: 60_000, waitMs: 10_000 })
  const lease = await pools.lease({ ...login, password: async () => login.password })
  await lease.client.query('begin')
  const keys = new SearchTestKeys(
    tenant,
    secrets.map((secret) => createSecretKey(secret)),
  )
  process.send?.(await mergeSegments(kyselyOnLease<TenantTables>(lease), keys))
})
