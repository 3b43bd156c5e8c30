import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { webhookHouse } from '#test/webhook-house.ts'
import { fromApi, newId } from '../ids.ts'
import { deliverWebhookTask } from './deliver-webhook.job.ts'
import { nextDue } from './record-attempt.ts'
import { sweepDeliveriesTask } from './sweep-deliveries.job.ts'

const HOUR = 3_600_000

describe('messages of webhooks that overlap with something', () => {
  const w = webhookHouse()
  const { heard, actor, ask, make, addDocument, deliver, pass, jobs, run, db, openCourier } = w

  /** Carries what is due to a receiver that keeps it waiting; answers how to let it go. */
  async function hold(uuid: string) {
    const reached = Promise.withResolvers<ServerResponse>()
    w.answer = (_, response) => reached.resolve(response)
    const slow = openCourier()
    slow.deliver({ actor: actor(), region: 'eu', webhook: uuid })
    const response = await reached.promise
    w.answer = (_, next) => next.end()
    return async (status: number) => {
      response.writeHead(status).end()
      await slow.settled()
      await slow.stop()
    }
  }

  it('have arrived when one attempt of two did, though the other ends later and badly', async () => {
    const hook = await make()
    await addDocument()
    const end = await hold(hook.uuid)
    const [row] = (await ask(w.owner, 'GET', `${hook.path}/deliveries`)).json.items
    assert.equal((await ask(w.owner, 'POST', `${hook.path}/deliveries/${row.id}/attempts`)).status, 202)
    await deliver(hook.uuid)
    const read = async () => (await ask(w.owner, 'GET', `${hook.path}/deliveries/${row.id}`)).json
    assert.deepEqual([(await read()).state, (await read()).attempts], ['delivered', 1])
    await end(503)
    const { state, attempts, nextAt, log } = await read()
    assert.deepEqual([state, attempts, nextAt, log.length], ['delivered', 2, null, 2])
    await pass(HOUR)
    await deliver(hook.uuid)
    assert.equal(heard.length, 2)
  })

  it('say nothing of an address that the webhook has no more', async () => {
    const hook = await make()
    await addDocument()
    const end = await hold(hook.uuid)
    await ask(w.owner, 'PATCH', hook.path, { url: `${w.base}/new` })
    await end(410)
    const { state, failingSince } = (await ask(w.owner, 'GET', hook.path)).json
    assert.deepEqual([state, failingSince], ['active', null])
  })

  it('arrive by their status, though the answer is packed in a way that nobody here knows', async () => {
    const hook = await make()
    w.answer = (_, response) => response.writeHead(202, { 'content-encoding': 'zstd' }).end('x')
    await addDocument()
    await deliver(hook.uuid)
    const [row] = (await ask(w.owner, 'GET', `${hook.path}/deliveries`)).json.items
    assert.deepEqual([row.state, row.lastStatus], ['delivered', 202])
  })

  it('are the system’s to carry, whoever sent one again', async () => {
    const hook = await make()
    await addDocument()
    await addDocument()
    const { person } = (await ask(w.owner, 'GET', '/v1/me')).json
    const job = {
      id: newId(),
      region: 'eu',
      tenant: actor().tenant,
      task: deliverWebhookTask.name,
      record: hook.uuid,
      activity: null,
      attempt: 1,
      isLastAttempt: true,
      actor: { ...actor(), onBehalfOf: fromApi('per', person.id) },
      signal: new AbortController().signal,
      progress: () => undefined,
    }
    await deliverWebhookTask.run({ ...w.house.ctx, courier: w.courier }, job)
    await w.courier.settled()
    assert.equal(heard.length, 2)
    const { items } = (await ask(w.owner, 'GET', '/v1/audit?limit=200')).json
    const attempts = items.filter(({ action }: { action: string }) => action === 'core.webhook.attempted')
    assert.equal(attempts.length, 2)
    for (const event of attempts) assert.equal(event.onBehalfOf, null)
  })

  it('name the person for whom a key acted as a person, and a key that acts for nobody as a key', async () => {
    const hook = await make(['knowledge.document.removed'])
    const { person } = (await ask(w.owner, 'GET', '/v1/me')).json
    const [maker, key] = [fromApi('per', person.id), newId()]
    for (const onBehalfOf of [maker, null])
      await w.house.ctx.write(
        { ...actor(), kind: 'key', personId: maker, credentialId: key, onBehalfOf },
        async (tx) => tx.audit({ action: 'knowledge.document.removed' }),
      )
    await deliver(hook.uuid)
    const actors = heard.map(({ body }) => JSON.parse(body).data.actor)
    assert.deepEqual(actors.map((id) => id.slice(0, 4)).sort(), ['key_', 'per_'])
    assert.ok(actors.includes(person.id))
    // A test says so, too.
    const made = await ask(w.owner, 'POST', '/v1/api-keys', {
      name: 'For a test',
    })
    assert.equal(made.status, 201, made.text)
    heard.length = 0
    const tried = await w.house.app.inject({
      method: 'POST',
      url: `${hook.path}/tests`,
      headers: { authorization: `API-Key ${made.json.key}` },
    })
    assert.equal(tried.statusCode, 202, tried.body)
    await deliver(hook.uuid)
    assert.equal(JSON.parse(heard[0]?.body ?? '{}').data.actor, made.json.id)
  })

  it('are swept every day, though somebody makes webhooks every day', async () => {
    await make()
    const sweeps = async () => (await jobs()).filter(({ task }) => task === 'core.webhook.sweep')
    const [first] = await sweeps()
    await pass(24 * HOUR)
    await make()
    const wait = Math.min(...(await sweeps()).map((job) => job.wait))
    assert.ok(wait <= (first?.wait ?? 0), String(wait))
  })

  it('are swept in many small transactions', async () => {
    const hook = await make()
    const tables = await db()
    await sql`insert into webhook_delivery (id, webhook, event, type, at, actor_kind, next_at)
      select gen_random_uuid(), ${hook.uuid}::uuid, gen_random_uuid(), 'core.key.created', '2020-01-01', 'system', now()
      from generate_series(1, 4500)`.execute(tables)
    await run(sweepDeliveriesTask, hook.uuid)
    assert.equal((await tables.selectFrom('webhook_delivery').select('id').execute()).length, 0)
    const { items } = (await ask(w.owner, 'GET', '/v1/audit?limit=200')).json
    const counts = items
      .filter(({ action }: { action: string }) => action === 'core.webhook.swept')
      .map(({ detail }: { detail: { deliveries: number } }) => detail.deliveries)
    assert.deepEqual(counts.sort(), [2000, 2000, 500])
  })

  it('are removed with their webhook in many small transactions', async () => {
    const hook = await make()
    const tables = await db()
    await sql`insert into webhook_delivery (id, webhook, event, type, at, actor_kind, next_at)
      select gen_random_uuid(), ${hook.uuid}::uuid, gen_random_uuid(), 'core.key.created', now(), 'system', now()
      from generate_series(1, 4500)`.execute(tables)
    assert.equal((await ask(w.owner, 'DELETE', hook.path)).status, 204)
    const left = tables.selectFrom('webhook_delivery').select('id').where('webhook', '=', hook.uuid)
    assert.equal((await left.execute()).length, 0)
    assert.equal((await ask(w.owner, 'GET', hook.path)).status, 404)
    const { items } = (await ask(w.owner, 'GET', '/v1/audit?limit=20')).json
    const gone = items
      .filter(({ record }: { record: { id: string } | null }) => record?.id === hook.path.split('/').at(-1))
      .filter(({ action }: { action: string }) => /emptied|removed/.test(action))
      .map(({ action, detail }: { action: string; detail: object }) => [action, detail])
    assert.deepEqual(gone.reverse(), [
      ['core.webhook.emptied', { deliveries: 2000 }],
      ['core.webhook.emptied', { deliveries: 2000 }],
      ['core.webhook.removed', { deliveries: 500 }],
    ])
  })

  it('are looked for at the same cost however many wait', async () => {
    const hook = await make()
    const tables = await db()
    await sql`insert into webhook_delivery (id, webhook, event, type, at, actor_kind, next_at, claimed_until)
      select gen_random_uuid(), ${hook.uuid}::uuid, gen_random_uuid(), 'core.key.created', now(), 'system',
        now() + n * interval '1 minute', case when n < 3 then now() + interval '1 hour' end
      from generate_series(1, 5000) as n`.execute(tables)
    const { rows } = await sql<{
      'QUERY PLAN': unknown
    }>`explain (analyze, format json) ${nextDue(hook.uuid)}`.execute(tables)
    const read = [...JSON.stringify(rows).matchAll(/"Actual Rows":(\d+)/g)].map(([, count]) => Number(count))
    assert.ok(read.length > 1 && Math.max(...read) <= 100, String(read))
    const [due] = (await nextDue(hook.uuid).execute(tables)).rows
    assert.ok(Math.abs((due?.next?.getTime() ?? 0) - Date.now() - 180_000) < 30_000, String(due?.next))
  })
})
