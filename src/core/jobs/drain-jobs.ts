// For tests and the demo: waiting until the queue has done everything, by its own word.
import type { CellClient } from './cell-client.ts'

/** Resolves when no job of the tenant (or, without one, of the region) is due, runs or waits for its next attempt. */
export async function drainJobs(cell: CellClient, region: string, tenant?: string): Promise<void> {
  await cell.ask('drainJobs', tenant === undefined ? { region } : { region, tenant })
}
