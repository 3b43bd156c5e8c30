// P9-23: the queue knows ids and no content, and every organisation said at its founding what may be stored for which product.
import { judge } from '#core/evidence/evidence.ts'
import { type CellProbe, sampleTenants } from './cell-ground.ts'

const KNOWN = new Set(['task', 'tenant', 'record', 'activity', 'by'])
const ID = /^[0-9a-z.-]{1,64}$/i

/** Jobs that wait, run or failed for good; the storage agreement of some tenants. */
export const jobPayloads: CellProbe = async (ground) => {
  const faults: string[] = []
  const jobs = await ground.askQueue<{ payload: Record<string, unknown>; age: number }>(
    `select payload, extract(epoch from now() - created_at)::int as age from queue._private_jobs limit 1000`,
  )
  for (const { payload } of jobs) {
    for (const [key, value] of Object.entries(payload)) {
      const isId = value === null || (typeof value === 'string' && ID.test(value))
      if (!KNOWN.has(key) || !isId) faults.push(`a job carries ${key}, which is no id`)
    }
  }
  const tenants = await sampleTenants(ground)
  let agreements = 0
  for (const tenant of tenants) {
    const [row] = await ground.ask<{ storage: Record<string, unknown> | null }>(
      `select storage from "t_${tenant}".organisation limit 1`,
    )
    if (!row) continue
    agreements++
    for (const product of ['knowledge', 'agreements', 'fleet'])
      if (typeof row.storage?.[product] !== 'boolean')
        faults.push(`${tenant} neither accepted nor declined storage for ${product}`)
  }
  return judge({ jobs: jobs.length, agreements }, [...new Set(faults)])
}
