// What the seal of a record shows, from two facts: since when its key lives, and whether the signed log holds it.
// Must stay true: the drawer and every list judge by the same rule; what nobody looked up is unknown, never in order.
import { sql } from 'kysely'
import type { TenantReader } from '../tenancy/tenant-door.ts'
import type { SealState } from './seal.schema.ts'

/** A key older than this is due for rotation. */
const KEY_LIFE_MS = 365 * 24 * 3_600_000

/** A record as far as its seal needs it. `subject` is whose key seals it: a UUID, or null for the key of the tenant's fields. */
export interface SealedThing {
  readonly id: string
  readonly subject: string | null
}

/** The state that follows. `keySince` is null when the record has no living key; lists that open what they show say themselves where it is not whole. */
export function sealStateOf(
  facts: { keySince: Date | null; isLogged: boolean; isWhole?: boolean },
  now: Date,
): SealState {
  if (facts.keySince === null || facts.isWhole === false) return 'failed'
  if (now.getTime() - facts.keySince.getTime() > KEY_LIFE_MS) return 'due'
  return facts.isLogged ? 'in-order' : 'unknown'
}

/**
 * The seals of a list of records (UUIDs) in one statement, whatever their number; `purpose` is that of the keys of their
 * subjects. The answer knows exactly the records asked for.
 */
export async function readSealStates(
  tx: TenantReader,
  purpose: 'document' | 'person',
  things: readonly SealedThing[],
): Promise<ReadonlyMap<string, SealState>> {
  if (things.length === 0) return new Map()
  const { rows } = await sql<{ id: string; key_since: Date | null; is_logged: boolean }>`
    select r.id,
      case when r.subject is null
        then (select k.created_at from key k where k.purpose = 'field' and k.subject is null and k.state = 'live'
          order by k.version desc limit 1)
        else (select k.created_at from key k where k.purpose = ${purpose} and k.subject = r.subject and k.state = 'live'
          order by k.version desc limit 1)
      end as key_since,
      exists (select 1 from audit a join audit_leaf l on l.event = a.id where a.record_id = r.id) as is_logged
    from unnest(${things.map(({ id }) => id)}::uuid[], ${things.map(({ subject }) => subject)}::uuid[])
      as r (id, subject)`.execute(tx.db)
  const now = tx.now()
  return new Map(
    rows.map((row) => [row.id, sealStateOf({ keySince: row.key_since, isLogged: row.is_logged }, now)]),
  )
}
