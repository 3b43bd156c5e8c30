// Tells the owners by mail that a webhook was disabled. Runs again after a failure: an owner may hear of it twice, and never not at all.
import { openPersonCard } from '../access/person-card.ts'
import type { Ctx } from '../ctx.ts'
import type { Job, Task } from '../jobs/job.ts'
import { webhookMessage } from '../mail/webhook-message.ts'
import { openCard } from './webhook-record.ts'

export const TELL_TASK = 'core.webhook.tell'

export const tellOwnersTask: Task = { name: TELL_TASK, permissions: [], run: tellOwners }

async function tellOwners(ctx: Ctx, { actor, record, region, tenant }: Job): Promise<void> {
  const webhook = await ctx.read(actor, async (tx) => {
    const row = await tx.db
      .selectFrom('webhook')
      .select(['card', 'reason'])
      .where('id', '=', record)
      .where('state', '=', 'disabled')
      .executeTakeFirst()
    return row && { ...openCard(tx, record, row.card), reason: row.reason }
  })
  if (!webhook) return
  const owners = await ctx.read(
    actor,
    async (tx) => {
      const rows = await tx.db
        .selectFrom('person')
        .innerJoin('member', 'member.person', 'person.id')
        .select(['person.id', 'person.card'])
        .where('member.role', '=', 'owner')
        .where('member.state', '=', 'active')
        .execute()
      tx.audit({
        action: 'core.webhook.told',
        record: { kind: 'webhook', id: record },
        detail: { owners: rows.length },
      })
      const cards = await Promise.all(rows.map(({ id, card }) => openPersonCard(tx, id, card)))
      return cards.map(({ email }) => email)
    },
    'people',
  )
  const reason = webhook.reason === 'gone' ? 'gone' : 'failing'
  const message = webhookMessage({ name: webhook.name, host: new URL(webhook.url).host, reason })
  for (const to of owners) await ctx.mail.sendNotice({ region, tenant, to, message })
}
