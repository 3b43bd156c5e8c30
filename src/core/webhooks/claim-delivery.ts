// Taking the next delivery that is due, for one attempt. Must stay true: a delivery is with one courier at a time; what a courier that died
// had taken is due again when its claim has ended, and a job waits that will look.
import { sql } from 'kysely'
import type { TenantReader } from '../tenancy/tenant-door.ts'
import type { Told } from './message.ts'
import { DELIVER_TASK } from './queue-deliveries.ts'

/** A claim outlives the longest attempt. */
const CLAIM_SECONDS = 60
const LOOK_AGAIN_SECONDS = 90

/** A delivery that is to be attempted now. */
export interface Claimed extends Told {
  readonly id: string
  readonly claimed_until: Date
}

/** The next delivery of an active webhook; undefined when none is due. One statement, no audit event: the attempt leaves its own. */
export async function claimDelivery(
  { db, now }: TenantReader,
  webhook: string,
): Promise<Claimed | undefined> {
  const at = now()
  const until = new Date(at.getTime() + CLAIM_SECONDS * 1_000)
  const later = JSON.stringify({ key: laterKey(webhook), delay: LOOK_AGAIN_SECONDS })
  const { rows } = await sql<Claimed>`
    with claimed as (
      update webhook_delivery set claimed_until = ${until}
      where id = (
        select delivery.id from webhook_delivery as delivery
        where delivery.webhook = ${webhook} and delivery.state = 'waiting' and delivery.next_at <= ${at}
          and (delivery.claimed_until is null or delivery.claimed_until <= ${at})
          and exists (select from webhook where webhook.id = ${webhook} and webhook.state = 'active')
        order by delivery.next_at, delivery.id limit 1 for update skip locked)
      returning id, event, type, at, record_kind, record_id, actor_kind, actor, claimed_until)
    select claimed.*, cell.enqueue(${DELIVER_TASK}, ${webhook}::uuid, ${later}::jsonb) from claimed`.execute(
    db,
  )
  return rows[0]
}

/** The key of the job that looks again; another than that of the job which tells of new ones, so that neither puts the other off. */
export function laterKey(webhook: string): string {
  return `${webhook}:later`
}
