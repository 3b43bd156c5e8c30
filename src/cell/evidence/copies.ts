// P9-22: copies for redundancy stay inside the region. Whatever would carry a database elsewhere is looked for: standbys, slots,
// publications, foreign servers, archiving.
import { judge } from '#core/evidence/evidence.ts'
import type { CellProbe } from './cell-ground.ts'

const COPIERS = [
  [
    'a replication slot',
    `select slot_name::text as what from pg_replication_slots where slot_name !~ '^panoply_'`,
  ],
  ['a publication', 'select pubname::text as what from pg_publication'],
  [
    'a subscription',
    `select count(*)::text as what from pg_stat_subscription where pid is not null having count(*) > 0`,
  ],
  ['a foreign server', 'select srvname::text as what from pg_foreign_server'],
  [
    'archiving to a place that the registry does not know',
    `select current_setting('archive_mode') as what where current_setting('archive_mode') <> 'off'`,
  ],
  [
    'a standby that is waited for',
    `select current_setting('synchronous_standby_names') as what where current_setting('synchronous_standby_names') <> ''`,
  ],
] as const

/** Settings and catalogs of the region's database, and where its originals lie. */
export const copies: CellProbe = async ({ ask, region, config }) => {
  const faults: string[] = []
  for (const [fault, sql] of COPIERS)
    for (const { what } of await ask<{ what: string }>(sql))
      faults.push(`${region.name} has ${fault}: ${what}`)
  const [settings] = await ask<{ listens: string }>(`select current_setting('listen_addresses') as listens`)
  const isOwn = region.cells.every(({ clusterFolder }) => clusterFolder !== null)
  if (isOwn && settings?.listens !== '')
    faults.push(`a standby could connect from another machine, to ${settings?.listens}`)
  for (const other of config.regions)
    if (other.name !== region.name && region.blobRoot.startsWith(`${other.blobRoot}/`))
      faults.push(`originals lie in ${other.name}`)
  return judge({ ways: COPIERS.length + 2, databases: region.cells.length }, faults)
}
