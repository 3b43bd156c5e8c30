// The two canaries of a cell: tenants like any other, but of no mail domain, so that no person can find, join or sign in to them.
// Must stay true: a kill at any moment leaves what the next start completes; a canary is never given to a customer.
import type { SteadyClient } from '#core/db/steady-client.ts'
import { createSpareTenant, type TenantMaker } from '#core/tenancy/create-tenant.ts'

export interface CanariesOptions extends Omit<TenantMaker, 'client'> {
  readonly cell: string
  /** The migrator's connections to the cell: one to make tenants, one that never waits for that. */
  readonly maker: SteadyClient
  readonly giver: SteadyClient
  readonly registrar: SteadyClient
}

/** Makes what is missing of the two and of their routes. Answers their routing ids. */
export async function makeCanaries(options: CanariesOptions): Promise<string[]> {
  const canaries: string[] = []
  for (const number of [1, 2]) {
    const tenant = (await findCanary(options, number)) ?? (await makeCanary(options, number))
    await options.registrar.use((client) =>
      client.query(
        'insert into directory.route (tenant, region, cell) values ($1, $2, $3) on conflict (tenant) do nothing',
        [tenant, options.region, options.cell],
      ),
    )
    canaries.push(tenant)
  }
  return canaries
}

function findCanary({ giver }: CanariesOptions, number: number): Promise<string | undefined> {
  return giver.use(async (client) => {
    const { rows } = await client.query<{ tenant: string }>(
      'select tenant from cell.canary where number = $1',
      [number],
    )
    return rows[0]?.tenant
  })
}

async function makeCanary(options: CanariesOptions, number: number): Promise<string> {
  const { maker, giver, keeper, region, migrations } = options
  for (;;) {
    const made = await maker.use((client) => createSpareTenant({ client, keeper, region, migrations }))
    const marked = await giver.use((client) =>
      client.query<{ tenant: string }>(
        `with taken as (
           update cell.tenant set state = 'active', claimed_at = now() where tenant = $1 and state = 'spare' returning tenant)
         insert into cell.canary (tenant, number) select tenant, $2 from taken returning tenant`,
        [made, number],
      ),
    )
    // A founder who came in between was given it as the spare it was.
    if (marked.rows[0]) return made
  }
}
