import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Webhook as ForeignVerifier } from 'standardwebhooks'
import { fieldsOf, type Heard, webhookHouse } from '#test/webhook-house.ts'
import { PAUSES } from './schedule.ts'
import { tellOwnersTask } from './tell-owners.job.ts'

const HOUR = 3_600_000
// biome-ignore lint/suspicious/noExplicitAny: a test reads answers by hand and fails where they differ.
type Json = any

describe('messages of webhooks', () => {
  const w = webhookHouse()
  const { heard, tenant, actor, db, ask, make, addDocument, deliver, run, pass, jobs, openCourier } = w
  const first = (): Heard => heard[0] ?? assert.fail('nothing was heard')

  it('tell of an event by a message that a foreign verifier accepts, with ids and no content', async () => {
    const hook = await make()
    assert.match(hook.secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
    const document = await addDocument()
    const queued = (await jobs()).filter(({ task }) => task === 'core.webhook.deliver')
    assert.deepEqual(
      queued.map(({ record, key }) => [record, key]),
      [[hook.uuid, `${tenant()}:core.webhook.deliver:${hook.uuid}`]],
    )
    await deliver(hook.uuid)
    assert.equal(heard.length, 1)
    const message = new ForeignVerifier(hook.secret).verify(first().body, fieldsOf(first())) as Json
    assert.equal(message.type, 'knowledge.document.added')
    assert.deepEqual(message.data.record, { kind: 'document', id: document })
    assert.deepEqual(Object.keys(message.data).sort(), ['actor', 'event', 'record'])
    const event = await ask(w.owner, 'GET', `/v1/audit?limit=200`)
    const told = event.json.items.find(({ id }: { id: string }) => id === message.data.event)
    assert.equal(told.action, 'knowledge.document.added')
    assert.equal(first().headers['webhook-id'], message.data.event)
    assert.equal(message.data.actor, told.actor.personId)
    assert.doesNotMatch(first().body, /Something|a\.pdf/)
    assert.throws(() => new ForeignVerifier(hook.secret).verify(`${first().body} `, fieldsOf(first())))
    const log = await ask(w.owner, 'GET', `${hook.path}/deliveries`)
    assert.deepEqual(
      log.json.items.map((row: Json) => [row.state, row.attempts, row.lastStatus, row.nextAt]),
      [['delivered', 1, 200, null]],
    )
    const one = await ask(w.owner, 'GET', `${hook.path}/deliveries/${log.json.items[0].id}`)
    assert.equal(one.json.body, first().body)
    assert.deepEqual([one.json.log[0].outcome, one.json.log[0].answer], ['delivered', 'thank you'])
  })

  it('are queued with the write or not at all, only of what they listen to', async () => {
    const hook = await make(['knowledge.document.added', 'knowledge.document.removed'])
    const other = await make(['core.key.created'])
    const waiting = async () =>
      (await (await db()).selectFrom('webhook_delivery').select(['webhook', 'type']).execute()).map(
        ({ webhook, type }) => [webhook, type],
      )
    const id = await addDocument()
    await ask(w.owner, 'GET', `/v1/documents/${id}`)
    await ask(w.owner, 'PATCH', `/v1/documents/${id}`, { title: 'Another' })
    assert.equal((await ask(w.owner, 'DELETE', '/v1/documents/doc_00000000000000000000000000')).status, 404)
    assert.deepEqual(await waiting(), [[hook.uuid, 'knowledge.document.added']])
    // A write that records its event and does not commit.
    await assert.rejects(
      w.house.ctx.write(actor(), async (tx) => {
        tx.audit({ action: 'knowledge.document.removed' })
        throw new Error('not after all')
      }),
    )
    await assert.rejects(
      w.house.ctx.write(actor(), async (tx) => {
        tx.audit({ action: 'knowledge.document.removed' })
        tx.send((await db()).selectFrom('nothing' as 'webhook').selectAll())
      }),
    )
    assert.equal((await waiting()).length, 1)
    // The same bytes again are no new document.
    w.turn--
    assert.equal(await addDocument(), id)
    assert.equal((await waiting()).length, 1)
    const made = await ask(w.owner, 'POST', '/v1/api-keys', { name: 'For a test' })
    assert.equal(made.status, 201)
    assert.deepEqual((await waiting()).at(-1), [other.uuid, 'core.key.created'])
  })

  it('tell of who joins, though that is written in the other store', async () => {
    const hook = await make(['core.person.joined'])
    const joined = await w.house.aResident(`second@${w.owner.email.split('@')[1]}`)
    await deliver(hook.uuid)
    const me = await ask(joined, 'GET', '/v1/me')
    assert.deepEqual(JSON.parse(first().body).data.record, { kind: 'person', id: me.json.person.id })
  })

  it('lose nothing when their courier dies with a message in its hands', async () => {
    const hook = await make()
    await addDocument()
    const reached = Promise.withResolvers<void>()
    w.answer = () => reached.resolve()
    const dying = openCourier()
    dying.deliver({ actor: actor(), region: 'eu', webhook: hook.uuid })
    await reached.promise
    await dying.stop()
    // Somebody will look again, when the claim has ended; until then it is nobody else's.
    const again = (await jobs()).filter(({ key }) => key.endsWith(':later'))
    assert.equal(again.length, 1)
    assert.ok((again[0]?.wait ?? 0) > 60)
    w.answer = (_, response) => response.end()
    await deliver(hook.uuid)
    assert.equal(heard.length, 1)
    await pass(61_000)
    await deliver(hook.uuid)
    assert.equal(heard.length, 2)
    assert.equal(heard[0]?.headers['webhook-id'], heard[1]?.headers['webhook-id'])
    assert.equal(heard[0]?.body, heard[1]?.body)
  })

  it('are sent again after growing pauses, ten times in all, and then by hand', async () => {
    const hook = await make()
    w.answer = (_, response) => response.writeHead(503).end('not now')
    await addDocument()
    await deliver(hook.uuid)
    const [row] = (await ask(w.owner, 'GET', `${hook.path}/deliveries`)).json.items
    for (const pause of PAUSES) {
      const { nextAt, attempts } = (await ask(w.owner, 'GET', `${hook.path}/deliveries/${row.id}`)).json
      const wait = (new Date(nextAt).getTime() - w.house.ctx.now().getTime()) / 1_000
      assert.ok(wait > pause * 0.85 - 5 && wait < pause * 1.15 + 1, `${attempts}: ${wait} for ${pause}`)
      const [later] = (await jobs()).filter(({ key }) => key.endsWith(':later'))
      assert.ok(Math.abs((later?.wait ?? 0) - wait) < 30, `${later?.wait} for ${wait}`)
      await deliver(hook.uuid)
      assert.equal(heard.length, attempts, 'it was sent before its time')
      await pass(wait * 1_000 + 10)
      await deliver(hook.uuid)
      assert.equal(heard.length, attempts + 1)
    }
    const spent = (await ask(w.owner, 'GET', `${hook.path}/deliveries/${row.id}`)).json
    assert.deepEqual([spent.state, spent.attempts, spent.nextAt, spent.log.length], ['failed', 10, null, 10])
    assert.deepEqual(
      [spent.log[0].outcome, spent.log[0].status, spent.log[0].answer],
      ['answered', 503, 'not now'],
    )
    assert.ok((await ask(w.owner, 'GET', hook.path)).json.failingSince)
    w.answer = (_, response) => response.writeHead(204).end()
    assert.equal((await ask(w.owner, 'POST', `${hook.path}/deliveries/${row.id}/attempts`)).status, 202)
    await deliver(hook.uuid)
    const done = (await ask(w.owner, 'GET', `${hook.path}/deliveries/${row.id}`)).json
    assert.deepEqual([done.state, done.attempts], ['delivered', 11])
    assert.equal((await ask(w.owner, 'GET', hook.path)).json.failingSince, null)
    assert.equal(new Set(heard.map(({ headers }) => headers['webhook-id'])).size, 1)
  })

  async function mailsTo(address: string) {
    const all = await w.house.ctx.mail.listAll(await w.house.ctx.mail.secret())
    return (all?.items ?? []).filter(({ to, subject }) => to === address && /webhook/.test(subject))
  }
  it('are disabled by 410, their owners told by mail, and resumed by hand', async () => {
    const hook = await make()
    w.answer = (_, response) => response.writeHead(410).end()
    await addDocument()
    await deliver(hook.uuid)
    const gone = (await ask(w.owner, 'GET', hook.path)).json
    assert.deepEqual([gone.state, gone.reason, gone.waiting], ['disabled', 'gone', 1])
    assert.equal((await jobs()).filter(({ task }) => task === 'core.webhook.tell').length, 1)
    await run(tellOwnersTask, hook.uuid)
    const [mail] = await mailsTo(w.owner.email)
    assert.match(mail?.text ?? '', /Ticket system.*disabled/)
    assert.match(mail?.text ?? '', /It sent to: localhost:\d+\n/)
    assert.doesNotMatch(`${mail?.text}${mail?.html}`, /\/hook/)
    const kept = (await ask(w.owner, 'GET', '/v1/outbox')).json.items[0]
    assert.equal(kept.text, mail?.text)
    const told = await ask(w.owner, 'GET', '/v1/notifications')
    assert.ok(told.json.items.some(({ kind }: { kind: string }) => kind === 'core.webhook.disabled'))
    // While it is disabled nothing is queued, and a test is refused.
    await addDocument()
    assert.equal((await ask(w.owner, 'GET', hook.path)).json.waiting, 1)
    assert.equal((await ask(w.owner, 'POST', `${hook.path}/tests`)).status, 409)
    w.answer = (_, response) => response.end()
    heard.length = 0
    const back = await ask(w.owner, 'PATCH', hook.path, { state: 'active' })
    assert.deepEqual([back.json.state, back.json.reason], ['active', null])
    await pass(10_000)
    await deliver(hook.uuid)
    assert.equal(heard.length, 1)
  })

  it('are disabled when nothing arrived for five days', async () => {
    const hook = await make()
    w.answer = (_, response) => response.writeHead(500).end()
    await addDocument()
    await deliver(hook.uuid)
    await pass(119 * HOUR)
    await addDocument()
    await deliver(hook.uuid)
    assert.equal((await ask(w.owner, 'GET', hook.path)).json.state, 'active')
    await pass(2 * HOUR)
    await addDocument()
    await deliver(hook.uuid)
    const { state, reason } = (await ask(w.owner, 'GET', hook.path)).json
    assert.deepEqual([state, reason], ['disabled', 'failing'])
  })

  it('hold up no other receiver, and never send more than four at once', async () => {
    const slow = await make()
    const quick = await make(['knowledge.document.removed'])
    const held: (() => void)[] = []
    const four = Promise.withResolvers<void>()
    w.answer = (_, response) => {
      const { type } = JSON.parse(heard.at(-1)?.body ?? '{}')
      if (type === 'knowledge.document.removed') return void response.end()
      held.push(() => response.end())
      if (held.length === 4) four.resolve()
    }
    const ids: string[] = []
    for (let i = 0; i < 6; i++) ids.push(await addDocument())
    w.courier.deliver({ actor: actor(), region: 'eu', webhook: slow.uuid })
    await four.promise
    await ask(w.owner, 'DELETE', `/v1/documents/${ids[0]}`)
    w.courier.deliver({ actor: actor(), region: 'eu', webhook: quick.uuid })
    const arrived = async () => (await ask(w.owner, 'GET', quick.path)).json.waiting === 0
    while (!(await arrived())) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(held.length, 4)
    w.answer = (_, response) => response.end()
    for (const end of held) end()
    await w.courier.settled()
    assert.equal((await ask(w.owner, 'GET', slow.path)).json.waiting, 0)
    assert.equal(heard.length, 7)
  })
})
