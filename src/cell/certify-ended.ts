// The certificate of a tenant that ended: it has no log of its own any more, so its region's log keeps it.
// Must stay true: one certificate a tenant, found by its destruction alone; nothing is certified before it is forgotten.
import { kyselyOnLease } from '#core/db/kysely-on.ts'
import { CERTIFIED, factsOf } from '#core/destruction/certify-destruction.job.ts'
import { certificateName, type DestructionRow } from '#core/destruction/destruction-record.ts'
import { appendLeavesTo, EVIDENCE_LOG } from '#core/evidence/evidence-log.ts'
import type { KeeperClient } from '#core/keys/keeper-client.ts'
import type { Clock } from '#core/time.ts'
import { logOrigin } from '#protocol/keeper/log-origin.ts'
import { keeperSigner } from './checkpoint-signer.ts'
import type { DestroyerCell } from './destroyer.ts'

export interface RegionLog {
  readonly region: string
  /** The cell that keeps the log. */
  readonly lead: DestroyerCell
  readonly keeper: KeeperClient
  readonly now: Clock
}

/** Certifies what of this cell's ended tenants is forgotten and not certified yet. */
export async function certifyEnded(cell: DestroyerCell, log: RegionLog): Promise<void> {
  const { rows } = await cell.client.use((client) =>
    client.query<DestructionRow & { tenant: string }>(
      `select d.id, d.tenant, d.kind, d.subject, d.keys, d.index_keys, d.destroyed_at, d.awaits_index, d.certified_at,
         b.epoch, b.forgets, b.sequence, b.began_at, b.forgotten_at
       from cell.destruction d join cell.destruction_batch b on b.number = d.batch
       where d.kind = 'organisation' and d.certified_at is null and b.forgotten_at is not null order by d.id`,
    ),
  )
  for (const row of rows) {
    const position = (await positionOf(log, row.id)) ?? (await append(log, row))
    await cell.client.use((client) =>
      client.query('update cell.destruction set certified_at = $2, log = $3 where id = $1', [
        row.id,
        log.now(),
        position,
      ]),
    )
  }
}

async function positionOf({ lead }: RegionLog, destruction: string): Promise<number | undefined> {
  const { rows } = await lead.client.use((client) =>
    client.query<{ position: string }>('select position from trust.result where evidence = $1', [
      certificateName(destruction),
    ]),
  )
  return rows[0] && Number(rows[0].position)
}

function append({ lead, region, keeper, now }: RegionLog, row: DestructionRow & { tenant: string }) {
  const at = now()
  const detail = { ...factsOf(row), tenant: row.tenant }
  const leaf = JSON.stringify({ type: 'certificate', action: CERTIFIED, at: at.toISOString(), detail })
  return lead.client.use((client) =>
    appendLeavesTo(
      {
        db: kyselyOnLease<unknown>({ client, release: () => undefined }),
        origin: logOrigin(region, EVIDENCE_LOG),
        sign: keeperSigner(keeper, region),
        now,
      },
      [{ evidence: certificateName(row.id), outcome: 'pass', at, leaf }],
    ),
  )
}
