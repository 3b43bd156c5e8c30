// Spare tenants of one cell, made ahead so that a new organisation waits for two rows only; and giving them out.
// Must stay true: a tenant is given to one mail domain; a claim that a kill broke off is undone at the next start.

import type { Migration } from '#core/db/migrate.ts'
import type { SteadyClient } from '#core/db/steady-client.ts'
import type { KeeperClient } from '#core/keys/keeper-client.ts'
import type { Log } from '#core/log.ts'
import { claimTenant, createSpareTenant } from '#core/tenancy/create-tenant.ts'

export interface SpareTenantsOptions {
  readonly region: string
  readonly cell: string
  readonly keeper: KeeperClient
  readonly migrations: readonly Migration[]
  /** The migrator's connections to the cell: one to make tenants, one that never waits for that. */
  readonly maker: SteadyClient
  readonly giver: SteadyClient
  readonly registrar: SteadyClient
  readonly log: Log
  /** How many are kept; 2 unless said. */
  readonly kept?: number
}

export interface SpareTenants {
  /** Undoes claims that were broken off, and makes the first spare. */
  begin(): Promise<void>
  /** The tenant of the domain: the one it has, else a spare one, else one made now. */
  claim(domainBlind: Buffer): Promise<string>
  count(): Promise<number>
  stop(): Promise<void>
}

const retryMs = 5_000

/** Keeps spares until it is stopped. */
export function keepSpareTenants(options: SpareTenantsOptions): SpareTenants {
  const { region, cell, keeper, migrations, maker, giver, registrar, log, kept = 2 } = options
  let filling: Promise<void> | undefined
  let retry: NodeJS.Timeout | undefined
  let isStopped = false

  const count = () =>
    giver.use(async (client) => {
      const { rows } = await client.query<{ count: number }>(
        `select count(*)::int as count from cell.tenant where state = 'spare'`,
      )
      return rows[0]?.count ?? 0
    })

  const make = () => maker.use((client) => createSpareTenant({ client, keeper, region, migrations }))

  async function fill(): Promise<void> {
    while (!isStopped && (await count()) < kept) await make()
  }

  function refill(): void {
    if (isStopped) return
    filling ??= fill()
      .catch((error: unknown) => {
        log.warn({ region, error }, 'a spare tenant could not be made')
        if (!isStopped) retry = setTimeout(refill, retryMs)
      })
      .finally(() => {
        filling = undefined
      })
  }

  async function undoBrokenClaims(): Promise<void> {
    const active = await giver.use(async (client) => {
      const { rows } = await client.query<{ tenant: string }>(
        `select tenant from cell.tenant where state = 'active' and tenant not in (select tenant from cell.canary)`,
      )
      return rows.map(({ tenant }) => tenant)
    })
    const routed = await registrar.use(async (client) => {
      const { rows } = await client.query<{ tenant: string }>(
        'select tenant from directory.route where tenant = any($1)',
        [active],
      )
      return new Set(rows.map(({ tenant }) => tenant))
    })
    const broken = active.filter((tenant) => !routed.has(tenant))
    if (broken.length === 0) return
    log.warn({ region, tenants: broken.length }, 'claims that were broken off are undone')
    await giver.use((client) =>
      client.query(`update cell.tenant set state = 'spare', claimed_at = null where tenant = any($1)`, [
        broken,
      ]),
    )
  }

  const take = (domainBlind: Buffer) =>
    giver.use((client) =>
      registrar.use((directory) => claimTenant({ client, registrar: directory, region, cell, domainBlind })),
    )

  return {
    async begin() {
      await undoBrokenClaims()
      if ((await count()) === 0) await make()
      refill()
    },
    async claim(domainBlind) {
      for (;;) {
        const tenant = await take(domainBlind)
        refill()
        if (tenant !== undefined) return tenant
        await make()
      }
    },
    count,
    async stop() {
      isStopped = true
      clearTimeout(retry)
      await filling
    },
  }
}
