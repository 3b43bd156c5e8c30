/** Waiting for the truth: until an installation has done the work that was asked of it. */
import { buildConfig, cellSocket } from '#core/config.ts'
import { openCellClient } from '#core/jobs/cell-client.ts'
import { drainJobs } from '#core/jobs/drain-jobs.ts'
import type { DemoTenant, Installation } from './installation.ts'

/** Resolves when no job of the tenant waits or runs. */
export async function drained(installation: Installation, tenant: DemoTenant): Promise<void> {
  const config = buildConfig({ role: 'web', home: installation.home })
  const cell = openCellClient({ socket: cellSocket(config, 'up') })
  try {
    await drainJobs(cell, tenant.region, tenant.rid)
  } finally {
    cell.close()
  }
}

/** Asks until `look` answers something; throws after `limit` milliseconds. For what no process can announce. */
export async function until<T>(look: () => Promise<T | undefined>, what: string, limit = 20_000): Promise<T> {
  const end = performance.now() + limit
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > end) throw new Error(`waited ${limit / 1000} s for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
