// Says to the courier of this process that a webhook has deliveries due. Must stay true: takes no time; what the courier takes on is safe without the job;
// it carries in nobody's name, for who sent one message again has not sent the others.
import type { Task } from '../jobs/job.ts'
import { DELIVER_TASK } from './queue-deliveries.ts'

export const deliverWebhookTask: Task = {
  name: DELIVER_TASK,
  permissions: [],
  async run(ctx, { actor, region, record }) {
    if (!ctx.courier) throw new Error('this process has no courier')
    ctx.courier.deliver({ actor: { ...actor, onBehalfOf: null }, region, webhook: record })
  },
}
