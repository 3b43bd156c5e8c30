// What was destroyed is gone. The keeper holds no epoch that a certificate says it forgot, nothing wrapped that was destroyed is
// left, what lives lies under a living epoch, and no destruction waits for longer than it may.
import { judge } from '#core/evidence/evidence.ts'
import { type CellProbe, sampleTenants } from './cell-ground.ts'

/** How many of the newest destructions are looked at. */
const NEWEST = 200
/** From a destruction to its certificate: a quarter of an hour, and an hour at most. */
const LATE = "interval '1 hour'"

interface Row {
  readonly id: string
  readonly tenant: string
  readonly kind: string
  readonly keys: string[]
  readonly is_living: boolean
  readonly is_late: boolean
}

/** Looks at the newest destructions, at the keeper's epochs, and at the epochs of a few tenants. */
export const erasures: CellProbe = async ({ ask, liveEpochs }) => {
  const faults: string[] = []
  const live = await liveEpochs()
  const batches = await ask<{ forgets: number[] }>(
    'select forgets from cell.destruction_batch where forgotten_at is not null',
  )
  const forgotten = new Set(batches.flatMap(({ forgets }) => forgets))
  for (const epoch of live)
    if (forgotten.has(epoch)) faults.push(`the keeper holds epoch ${epoch}, which it was to have forgotten`)

  const rows = await ask<Row>(
    `select d.id, d.tenant, d.kind, d.keys || coalesce(d.index_keys, '{}') as keys, t.tenant is not null as is_living,
       d.certified_at is null and d.destroyed_at < now() - ${LATE} as is_late
     from cell.destruction d left join cell.tenant t on t.tenant = d.tenant and t.state <> 'ended'
     order by d.id desc limit ${NEWEST}`,
  )
  let keys = 0
  for (const { id, tenant, kind, keys: ids, is_living, is_late } of rows) {
    if (is_late) faults.push(`destruction ${id} (${kind}) has no certificate after an hour`)
    keys += ids.length
    if (!is_living) continue
    const [left] = await ask<{ count: number }>(
      `select count(*)::int as count from t_${tenant}.key where id = any($1) and wrapped is not null`,
      [ids],
    )
    if (left?.count !== 0) faults.push(`a key of destruction ${id} is still there`)
  }

  const tenants = await sampleTenants({ ask })
  for (const tenant of tenants) {
    const epochs = await ask<{ under: number }>(
      `select get_byte(wrapped, 1) * 16777216 + get_byte(wrapped, 2) * 65536 + get_byte(wrapped, 3) * 256 + get_byte(wrapped, 4) as under
       from t_${tenant}.key_epoch`,
    )
    for (const { under } of epochs)
      if (!live.includes(under))
        faults.push(`t_${tenant} lies under epoch ${under}, which the keeper has not`)
  }
  return judge(
    { destructions: rows.length, keys, epochs: live.length, organisations: tenants.length },
    faults,
  )
}
