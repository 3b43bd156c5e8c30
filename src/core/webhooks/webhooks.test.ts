import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Webhook as ForeignVerifier } from 'standardwebhooks'
import { fieldsOf, type Heard, webhookHouse } from '#test/webhook-house.ts'
import { sweepDeliveriesTask } from './sweep-deliveries.job.ts'

const HOUR = 3_600_000

describe('webhooks', () => {
  const w = webhookHouse()
  const { heard, db, ask, make, addDocument, deliver, run, pass, jobs } = w
  const first = (): Heard => heard[0] ?? assert.fail('nothing was heard')

  // First: the verifiers look at the clock of the machine, and what follows moves that of the house.
  it('are verified as docs/webhooks.md says', async () => {
    const hook = await make()
    await addDocument()
    await deliver(hook.uuid)
    const guide = readFileSync(join(import.meta.dirname, '../../../docs/webhooks.md'), 'utf8')
    const script = /```sh\n(.*?)```/s.exec(guide)?.[1] ?? assert.fail('the guide has no script')
    const { headers, body } = first()
    const env = (sent: string) => ({
      PATH: process.env.PATH ?? '',
      SECRET: hook.secret,
      ID: String(headers['webhook-id']),
      TIMESTAMP: String(headers['webhook-timestamp']),
      SIGNATURES: `v1,AAAA ${headers['webhook-signature']}`,
      BODY: sent,
    })
    assert.equal(String(execFileSync('sh', ['-c', script], { env: env(body) })), 'verified\n')
    assert.throws(() => execFileSync('sh', ['-c', script], { env: env(`${body} `), stdio: 'pipe' }))
    const module = /```js\n(.*?)```/s.exec(guide)?.[1] ?? assert.fail('the guide has no module')
    const asked = `${module}\nverified(process.env.SECRET, { 'webhook-id': process.env.ID, 'webhook-timestamp': process.env.TIMESTAMP, 'webhook-signature': process.env.SIGNATURES }, process.env.BODY)\nconsole.log('verified')`
    const options = { env: env(body), cwd: join(import.meta.dirname, '../../..') }
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', asked], options)
    assert.equal(String(said), 'verified\n')
  })

  it('refuse an address inside when it is entered, and when its name turns inside later', async () => {
    for (const url of [
      'https://10.0.0.1/',
      'https://169.254.169.254/',
      'http://public.example/',
      'https://[::ffff:10.0.0.1]/',
      'https://public.example:22/',
      'file:///etc/passwd',
    ]) {
      const refused = await ask(w.owner, 'POST', '/v1/webhooks', {
        name: 'x',
        url,
        types: ['core.key.created'],
      })
      assert.deepEqual([refused.status, refused.json.code], [422, 'address_refused'], url)
    }
    const nobody = await ask(w.owner, 'POST', '/v1/webhooks', {
      name: 'x',
      url: 'https://nobody.example/',
      types: ['core.key.created'],
    })
    assert.equal(nobody.json.code, 'address_unknown')
    const hook = await make(undefined, w.base.replace('localhost', 'turning.example'))
    const changed = await ask(w.owner, 'PATCH', hook.path, { url: 'https://10.0.0.1/' })
    assert.equal(changed.json.code, 'address_refused')
    await addDocument()
    await deliver(hook.uuid)
    assert.equal(heard.length, 0)
    const [row] = (await ask(w.owner, 'GET', `${hook.path}/deliveries`)).json.items
    assert.deepEqual([row.state, row.lastOutcome], ['waiting', 'address_refused'])
  })

  it('follow no redirect, and keep no more of an answer than its beginning', async () => {
    const hook = await make()
    w.answer = (_, response) =>
      response.writeHead(302, { location: w.base }).end(`\u0000\u202e${'long '.repeat(10_000)}`)
    await addDocument()
    await deliver(hook.uuid)
    assert.equal(heard.length, 1)
    const [row] = (await ask(w.owner, 'GET', `${hook.path}/deliveries`)).json.items
    const { log } = (await ask(w.owner, 'GET', `${hook.path}/deliveries/${row.id}`)).json
    assert.deepEqual([log[0].outcome, log[0].status], ['answered', 302])
    assert.ok(log[0].answer.length <= 1_024)
    assert.match(log[0].answer, /^long long/)
  })

  it('sign with two secrets while one is rolled over, and then with the new one alone', async () => {
    const hook = await make()
    const rolled = await ask(w.owner, 'POST', `${hook.path}/secrets`, { overlapHours: 1 })
    assert.equal(rolled.status, 201)
    assert.deepEqual(
      rolled.json.secrets.map(({ endsAt }: { endsAt: string | null }) => endsAt !== null),
      [true, false],
    )
    await addDocument()
    await deliver(hook.uuid)
    for (const secret of [hook.secret, rolled.json.secret])
      new ForeignVerifier(secret).verify(first().body, fieldsOf(first()))
    assert.equal(fieldsOf(first())['webhook-signature'].split(' ').length, 2)
    heard.length = 0
    await pass(HOUR)
    await addDocument()
    await deliver(hook.uuid)
    assert.equal(fieldsOf(first())['webhook-signature'].split(' ').length, 1)
    const now = Number(fieldsOf(first())['webhook-timestamp']) * 1_000
    assert.ok(Math.abs(now - w.house.ctx.now().getTime()) < 60_000)
    // Rolled again at once: the one before the last ends.
    await ask(w.owner, 'POST', `${hook.path}/secrets`, { overlapHours: 24 })
    const last = await ask(w.owner, 'POST', `${hook.path}/secrets`, { overlapHours: 24 })
    assert.equal(last.json.secrets.length, 2)
  })

  it('keep what happens while they are paused', async () => {
    const hook = await make()
    await ask(w.owner, 'PATCH', hook.path, { state: 'paused', name: 'Renamed' })
    await addDocument()
    await deliver(hook.uuid)
    assert.equal(heard.length, 0)
    assert.equal((await ask(w.owner, 'POST', `${hook.path}/tests`)).status, 409)
    const resumed = await ask(w.owner, 'PATCH', hook.path, { state: 'active' })
    assert.deepEqual([resumed.json.waiting, resumed.json.name], [1, 'Renamed'])
    assert.equal((await jobs()).filter(({ record }) => record === hook.uuid).length > 0, true)
    await deliver(hook.uuid)
    assert.equal(heard.length, 1)
  })

  it('can be tried', async () => {
    const hook = await make()
    const tried = await ask(w.owner, 'POST', `${hook.path}/tests`)
    assert.equal(tried.status, 202)
    await deliver(hook.uuid)
    const message = JSON.parse(first().body)
    assert.deepEqual([message.type, message.data.record.id], ['core.webhook.tested', hook.id])
    assert.equal(
      (await ask(w.owner, 'GET', `${hook.path}/deliveries/${tried.json.id}`)).json.state,
      'delivered',
    )
  })

  it('are held to the events there are, and to twenty', async () => {
    const wrong = await ask(w.owner, 'POST', '/v1/webhooks', {
      name: 'x',
      url: w.base,
      types: ['knowledge.document.read'],
    })
    assert.deepEqual([wrong.status, wrong.json.details.field], [400, 'types'])
    const types = (await ask(w.owner, 'GET', '/v1/webhook-types')).json.items
    assert.ok(types.length >= 10)
    for (let i = 0; i < 20; i++) await make()
    const more = await ask(w.owner, 'POST', '/v1/webhooks', {
      name: 'x',
      url: w.base,
      types: ['core.key.created'],
    })
    assert.equal(more.json.code, 'conflict')
  })

  it('leave nothing when they are deleted, and their log ends after 30 days', async () => {
    const hook = await make()
    await addDocument()
    await deliver(hook.uuid)
    const count = async (table: 'webhook' | 'webhook_secret' | 'webhook_delivery' | 'webhook_attempt') =>
      (await (await db()).selectFrom(table).select('id').execute()).length
    await pass(30 * 24 * HOUR + 1_000)
    await run(sweepDeliveriesTask, hook.uuid)
    assert.deepEqual([await count('webhook_delivery'), await count('webhook_attempt')], [0, 0])
    assert.equal((await ask(w.owner, 'DELETE', hook.path)).status, 204)
    assert.equal((await ask(w.owner, 'GET', hook.path)).status, 404)
    assert.deepEqual([await count('webhook'), await count('webhook_secret')], [0, 0])
  })

  it('store address, name, secrets and answers sealed', async () => {
    w.answer = (_, response) => response.end('a telling answer')
    const hook = await make()
    await addDocument()
    await deliver(hook.uuid)
    const tables = await db()
    const rows = [
      ...(await tables.selectFrom('webhook').selectAll().execute()),
      ...(await tables.selectFrom('webhook_secret').selectAll().execute()),
      ...(await tables.selectFrom('webhook_attempt').selectAll().execute()),
      ...(await tables.selectFrom('webhook_delivery').selectAll().execute()),
    ]
    const all = rows
      .flatMap((row) => Object.values(row))
      .map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : JSON.stringify(value)))
      .join('\n')
    assert.doesNotMatch(all, /localhost|Ticket|telling/)
    assert.ok(!all.includes(hook.secret.slice(6)))
    assert.ok(!all.includes(Buffer.from(hook.secret.slice(6), 'base64').toString('latin1')))
  })
})
