// What a probe of the cell process stands on. Must stay true: a probe reads; it changes nothing and walks no tenants, it looks
// at a few of them, others every time.
import type { Config, RegionPlace } from '#core/config.ts'
import type { Finding } from '#core/evidence/evidence.ts'

/** Rows of one statement. */
export type Ask = <Row extends object>(text: string, values?: readonly unknown[]) => Promise<Row[]>

export interface CellGround {
  readonly region: RegionPlace
  readonly config: Pick<
    Config,
    | 'home'
    | 'appFolder'
    | 'keeperFolder'
    | 'rootKeyFile'
    | 'httpPort'
    | 'caCertificateFile'
    | 'allowsLoopback'
    | 'smtpUrl'
    | 'regions'
    | 'hasSystemUsers'
  >
  /** Where processes are seen; /proc unless said. */
  readonly proc?: string
  /** As migrator in the cell. */
  readonly ask: Ask
  /** As registrar in the directory. */
  readonly askDirectory: Ask
  /** As dispatcher in the cell. */
  readonly askQueue: Ask
  /** Epochs of the region that the keeper holds. */
  readonly liveEpochs: () => Promise<readonly number[]>
}

export type CellProbe = (ground: CellGround) => Promise<Finding>

const SAMPLED = 12

/** Routing ids of some active tenants. */
export async function sampleTenants({ ask }: Pick<CellGround, 'ask'>): Promise<string[]> {
  const rows = await ask<{ tenant: string }>(
    `select tenant from cell.tenant where state = 'active' order by random() limit ${SAMPLED}`,
  )
  return rows.map(({ tenant }) => tenant)
}

/** Names of both schemas of each, and of both logins, which are called the same. */
export function schemasOf(tenants: readonly string[]): string[] {
  return tenants.flatMap((tenant) => [`t_${tenant}`, `t_${tenant}_people`])
}
