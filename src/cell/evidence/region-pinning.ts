// PD-04: who is at home in a region lies there and nowhere else. The directory and the cell name the same organisations, the
// region has a database server of its own, and its originals lie in its own place.
import { judge } from '#core/evidence/evidence.ts'
import type { CellProbe } from './cell-ground.ts'

/** All routing ids of the region, there and here; at most a cell's. */
export const regionPinning: CellProbe = async ({ ask, askDirectory, region, config }) => {
  const faults: string[] = []
  const routes = await askDirectory<{ tenant: string; region: string }>(
    'select tenant, region from directory.route',
  )
  const here = await ask<{ tenant: string; state: string }>('select tenant, state from cell.tenant')
  const stored = new Set(here.map(({ tenant }) => tenant))
  for (const { tenant, region: home } of routes) {
    if (home === region.name && !stored.has(tenant))
      faults.push(`${tenant} is at home in ${home} and is not stored there`)
    if (home !== region.name && stored.has(tenant))
      faults.push(`${tenant} is at home in ${home} and is stored in ${region.name}`)
  }
  const homes = new Map(routes.map(({ tenant, region: home }) => [tenant, home]))
  for (const { tenant, state } of here)
    if (state === 'active' && homes.get(tenant) !== region.name)
      faults.push(`${tenant} lies here and the directory does not say so`)
  for (const other of config.regions) {
    if (other.name === region.name) continue
    if (other.blobRoot === region.blobRoot || other.blobRoot.startsWith(`${region.blobRoot}/`))
      faults.push(`originals of ${other.name} lie in the place of ${region.name}`)
    const shared = other.cells.find((cell) =>
      region.cells.some(({ host, port }) => cell.host === host && cell.port === port),
    )
    if (shared) faults.push(`${other.name} and ${region.name} share a database server`)
  }
  return judge({ organisations: here.length, routes: routes.length, regions: config.regions.length }, faults)
}
