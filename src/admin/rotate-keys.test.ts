import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { buildConfig, type Config } from '#core/config.ts'
import { fromApi } from '#core/ids.ts'
import type { Task } from '#core/jobs/job.ts'
import { prepareRotationTask } from '#core/keys/prepare-rotation.job.ts'
import { rotateKeysTask } from '#core/keys/rotate-keys.job.ts'
import { silentLog } from '#core/log.ts'
import { until } from '#test/drained.ts'
import { type OwnHouse, openHouse, type Resident } from '#test/own-house.ts'
import { ensureCertificates } from '#up/certificates.ts'
import { runJob } from '#worker/run-job.ts'
import { runRotateKeys } from './rotate-keys.ts'

let house: OwnHouse
let owner: Resident
let member: Resident
let server: Server
let config: Config
let home = ''
const domain = 'admin-rotation.example'

before(async () => {
  home = mkdtempSync(join(tmpdir(), 'panoply-admin-'))
  mkdirSync(join(home, 'tls'))
  house = await openHouse()
  owner = await house.aResident(`owner@${domain}`)
  member = await house.aResident(`member@${domain}`)
  const { key } = (await house.ask(owner, 'POST', '/v1/api-keys', { name: 'Rotation' })).json
  const planned = buildConfig({ role: 'up', home })
  await ensureCertificates(planned, null)
  const [region] = planned.regions
  server = createServer(
    { cert: readFileSync(region.certificateFile), key: readFileSync(region.certificateKeyFile) },
    (incoming, outgoing) => house.app.routing(incoming, outgoing),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  config = { ...planned, apiKey: key, regions: [{ ...region, url: `https://127.0.0.1:${port}` }] }
})
after(async () => {
  server.close()
  await house.stop()
  rmSync(home, { recursive: true })
})

async function run(argv: readonly string[], settings: { config?: Config; isTerminal?: true } = {}) {
  const said = { out: '', err: '' }
  const code = await runRotateKeys(argv, {
    config: settings.config ?? config,
    out(text) {
      said.out += text
    },
    err(text) {
      said.err += text
    },
    isTerminal: settings.isTerminal ?? false,
    pause: 20,
  })
  return { code, ...said }
}

/** One job as the worker runs it, Activity included. */
async function work(task: Task, record: string, activity: string | null) {
  return runJob(
    { ctx: house.ctx, tasks: new Map([[task.name, task]]), log: silentLog() },
    {
      order: {
        type: 'job',
        job: '1',
        region: 'eu',
        tenant: owner.token.split('.')[0] ?? '',
        task: task.name,
        record,
        activity,
        by: null,
        attempt: 1,
        isLastAttempt: false,
        order: 'run',
      },
      signal: new AbortController().signal,
      progress: () => undefined,
    },
  )
}

async function underWay(): Promise<string> {
  const { id } = await until(async () => {
    const { items } = (await house.ask(owner, 'GET', '/v1/activity?state=waiting')).json
    return items.find(({ kind }: { kind: string }) => kind === 'core.key.rotating')
  }, 'the rotation in Activity')
  return fromApi('act', id)
}

async function organisation(): Promise<{ uuid: string; id: string }> {
  const { id } = (await house.ask(owner, 'GET', '/v1/organisation')).json
  return { uuid: fromApi('org', id), id }
}

test('the command begins a rotation, shows how far it is and ends with it', async () => {
  const { uuid, id } = await organisation()
  const asJson = run(['--json', '--tenant', domain.toUpperCase()])
  const atTerminal = run(['--tenant', id], { isTerminal: true })
  const activity = await underWay()
  await until(async () => {
    const asked = await house.ask(owner, 'GET', '/v1/audit?action=core.key.rotated')
    return asked.json.items.length === 2 ? true : undefined
  }, 'both commands')
  assert.deepEqual(await work(prepareRotationTask, activity, null), { end: 'done' })
  house.passTime(12 * 60_000)
  assert.deepEqual(await work(rotateKeysTask, uuid, activity), { end: 'done' })
  const [json, terminal] = await Promise.all([asJson, atTerminal])
  assert.equal(json.code, 0, json.out + json.err)
  const { done, total, activity: told, ...rest } = JSON.parse(json.out)
  assert.deepEqual(rest, { ok: true, tenant: id, state: 'done', error: null })
  assert.ok(done > 5 && done === total, `${done} of ${total}`)
  assert.equal(fromApi('act', told), activity)
  assert.equal(json.err, '')
  assert.equal(terminal.code, 0)
  assert.match(terminal.err, /^\rWaiting until every process has the new keys, about \d\d:\d\d\./)
  assert.match(terminal.out, /are new, and \d+ parts are sealed/)
  const keys = (await house.ask(owner, 'GET', '/v1/keys')).json.items
  assert.ok(
    keys.some(({ version, state }: { version: number; state: string }) => version === 2 && state === 'live'),
  )
  const log = await house.ask(owner, 'GET', '/v1/audit?action=core.key.rotated')
  assert.equal(log.json.items.length, 2, 'the second command followed the rotation of the first')
  assert.equal(log.json.items[0].actor.kind, 'key')
})

test('a rotation that is cancelled is told so', async () => {
  const command = run(['--json'])
  const activity = await underWay()
  const { items } = (await house.ask(owner, 'GET', '/v1/activity?state=waiting')).json
  assert.equal((await house.ask(owner, 'DELETE', `/v1/activity/${items[0].id}`)).status, 204)
  const { code, out } = await command
  assert.equal(code, 1)
  assert.equal(JSON.parse(out).state, 'cancelled')
  assert.deepEqual(await work(rotateKeysTask, (await organisation()).uuid, activity), { end: 'cancelled' })
})

test('what cannot begin says why, begins nothing and answers 2', async () => {
  const keyOf = async (resident: Resident) =>
    (await house.ask(resident, 'POST', '/v1/api-keys', { name: 'x' })).json.key ?? null
  const before = (await house.ask(owner, 'GET', '/v1/keys')).json.items.length
  const foreign = await run(['--tenant', 'another.example'])
  assert.deepEqual([foreign.code, foreign.out], [2, ''])
  assert.match(foreign.err, /belongs to admin-rotation.example, not to another.example/)
  const none = await run(['--json'], { config: { ...config, apiKey: null } })
  assert.equal(none.code, 2)
  assert.match(JSON.parse(none.out).error.message, /PANOPLY_API_KEY/)
  const wrong = await run(['--json'], { config: { ...config, apiKey: 'not-a-key' } })
  assert.deepEqual([wrong.code, JSON.parse(wrong.out).error.code], [2, 'unauthenticated'])
  assert.equal(await keyOf(member), null, 'a member makes no keys')
  const [region] = config.regions
  const away = await run(['--json'], {
    config: { ...config, regions: [{ ...region, url: 'https://127.0.0.1:9' }] },
  })
  assert.deepEqual([away.code, JSON.parse(away.out).error.code], [2, 'unreachable'])
  const stranger = buildConfig({ role: 'up', home: mkdtempSync(join(tmpdir(), 'panoply-admin-')) })
  const unstarted = await run([], { config: { ...stranger, apiKey: randomUUID() } })
  assert.equal(unstarted.code, 2)
  assert.match(unstarted.err, /ever started/)
  rmSync(stranger.home, { recursive: true })
  for (const argv of [['--what'], ['extra']]) {
    const usage = await run(argv)
    assert.equal(usage.code, 2)
    assert.match(usage.err, /Usage:/)
  }
  const help = await run(['--help'])
  assert.equal(help.code, 0)
  assert.match(help.out, /Usage:/)
  assert.equal((await house.ask(owner, 'GET', '/v1/keys')).json.items.length, before)
})
