import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { parseVerifierKey, verifyCheckpoint } from '#core/audit/checkpoint.ts'
import { steadyClient } from '#core/db/steady-client.ts'
import type { Evidence } from '#core/evidence/evidence.ts'
import { EVIDENCE_LOG } from '#core/evidence/evidence-log.ts'
import { evidencePlace } from '#core/evidence/evidence-place.ts'
import { programDigest } from '#core/evidence/program-digest.ts'
import { newSigningKey, signRecord, type TestRecord } from '#core/evidence/signed-record.ts'
import { silentLog } from '#core/log.ts'
import { openProbeHouse, type ProbeHouse } from '#test/probe-house.ts'
import { keeperSigner } from '../checkpoint-signer.ts'
import { type CellEvidence, keepEvidence } from './keep-evidence.ts'

const FILE = 'test/doors/some.test.ts'
const EVIDENCE: Evidence[] = [
  { name: 'tenant-walls', kind: 'live', on: 'cell', claims: ['PX-14'], everyMinutes: 15 },
  { name: 'some-tests', kind: 'test', claims: ['PX-13'], files: [FILE], breaker: FILE, freshDays: 30 },
  { name: 'tls-ports', kind: 'live', on: 'worker', claims: ['PX-09'], everyMinutes: 15 },
]

describe('evidence of a region', () => {
  let world: ProbeHouse
  let kept: CellEvidence
  let now = Date.now()
  const clients = ['migrator', 'registrar', 'dispatcher'] as const

  before(async () => {
    world = await openProbeHouse()
    const [cell, directory, queue] = clients.map((role) =>
      steadyClient(world.house.login(role, role === 'registrar' ? 'directory' : 'cell')),
    )
    assert.ok(cell && directory && queue)
    kept = keepEvidence({
      evidence: EVIDENCE,
      config: world.ground.config,
      region: world.ground.region,
      cell,
      directory,
      queue,
      workers: {
        size: { workers: 0, capacity: 0 },
        probe: async () => ({ outcome: 'unknown', looked: {}, faults: ['No worker is connected.'] }),
      },
      liveEpochs: world.ground.liveEpochs,
      sign: keeperSigner(world.house.keeper.as('cell'), 'eu'),
      now: () => new Date(now),
      log: silentLog(),
    })
    closers.push(() => Promise.all([cell, directory, queue].map((client) => client.close())))
  })
  const closers: (() => Promise<unknown>)[] = []
  after(async () => {
    for (const close of closers) await close()
    await world?.stop()
  })

  const claims = async () => (await world.house.ask(world.resident, 'GET', '/v1/claims')).json
  const claim = async (id: string) => (await world.house.ask(world.resident, 'GET', `/v1/claims/${id}`)).json

  it('answers all 93 claims, UNKNOWN before anything ran', async () => {
    const list = await claims()
    assert.equal(list.length, 93)
    assert.deepEqual(Object.keys(list[0]).sort(), ['evidence', 'id', 'lastShown', 'proof', 'status'])
    const statuses = new Set(list.map(({ status }: { status: string }) => status))
    assert.deepEqual([...statuses].sort(), ['NOT SET UP HERE', 'UNKNOWN'])
  })

  it('keeps a result in a log whose proof holds by the key of the region', async () => {
    const position = await kept.runNow('tenant-walls')
    const shown = await claim('PX-14')
    assert.equal(shown.history[0].position, position)
    assert.equal(shown.history[0].status, 'PASS')
    assert.match(shown.proof.key, new RegExp(`^panoply/eu/${EVIDENCE_LOG}\\+`))
    assert.equal(
      verifyCheckpoint(shown.proof.checkpoint, parseVerifierKey(shown.proof.key)).size,
      shown.proof.size,
    )
    assert.equal(JSON.parse(shown.proof.event).evidence, 'tenant-walls')
    const again = await world.house.ask(world.resident, 'GET', `/v1/evidence-log/${position}/proof`)
    assert.equal(again.json.event, shown.proof.event)
    const none = await world.house.ask(world.resident, 'GET', '/v1/evidence-log/999/proof')
    assert.equal(none.status, 404)
  })

  it('turns to FAIL with the thing, and says when it last held', async () => {
    const held = (await claim('PX-14')).lastShown
    now += 60_000
    await world.run(`alter role t_${world.tenant}_people nologin`)
    await kept.runNow('tenant-walls')
    const broken = await claim('PX-14')
    assert.equal(broken.status, 'FAIL')
    assert.ok(broken.evidence.runs.some(({ faults }: { faults: string[] }) => /logins/.test(faults.join())))
    assert.equal(
      broken.evidence.runs.find(({ name }: { name: string }) => name === 'tenant-walls').status,
      'FAIL',
    )
    await world.run(`alter role t_${world.tenant}_people login`)
    now += 60_000
    await kept.runNow('tenant-walls')
    assert.notEqual((await claim('PX-14')).status, 'FAIL')
    assert.ok(held === null || held.length > 0)
  })

  it('leaves what runs elsewhere UNKNOWN while nobody runs it', async () => {
    await kept.runNow('tls-ports')
    const shown = await claim('PX-09')
    assert.equal(shown.status, 'UNKNOWN')
    assert.deepEqual(shown.evidence.runs[0].faults, ['No worker is connected.'])
  })

  it('forgets a pass that is too old, or of another program, and never a failure that is old', async () => {
    assert.equal(
      (await claim('PX-14')).evidence.runs.find(({ name }: { name: string }) => name === 'tenant-walls')
        .status,
      'PASS',
    )
    world.house.passTime(3 * 60 * 60_000)
    const stale = (await claim('PX-14')).evidence.runs.find(
      ({ name }: { name: string }) => name === 'tenant-walls',
    )
    assert.deepEqual([stale.status, stale.reason], ['UNKNOWN', 'stale'])
    world.house.passTime(-9 * 60 * 60_000)
    const ahead = (await claim('PX-14')).evidence.runs.find(
      ({ name }: { name: string }) => name === 'tenant-walls',
    )
    assert.deepEqual([ahead.status, ahead.reason], ['UNKNOWN', 'stale'])
    world.house.passTime(6 * 60 * 60_000)
    await world.run(`update trust.program set digest = 'other'`)
    const other = (await claim('PX-14')).evidence.runs.find(
      ({ name }: { name: string }) => name === 'tenant-walls',
    )
    assert.deepEqual([other.status, other.reason], ['UNKNOWN', 'other-program'])
  })

  it('counts records of tests only when they are signed by a trusted key, for this very program', async () => {
    const place = evidencePlace(world.ground.config.home)
    mkdirSync(place.folder, { recursive: true })
    const { pem, key } = newSigningKey()
    const record = (
      kind: 'passed' | 'failed',
      program = programDigest(world.ground.config.appFolder),
      seconds = 0,
    ): TestRecord => ({
      version: 1,
      at: new Date(now + seconds * 1000).toISOString(),
      program,
      commit: null,
      tests: [{ file: FILE, name: 'another organisation sees 404', kind, milliseconds: 12 }],
    })
    const status = async () =>
      (await claim('PX-13')).evidence.runs.find(({ name }: { name: string }) => name === 'some-tests')
    writeFileSync(place.recordFile, signRecord(record('passed'), pem))
    await kept.takeRecord()
    assert.equal((await results()).length, 0, 'nobody trusts the key')
    writeFileSync(place.keysFile, `${key}\n`)
    const forged = signRecord(record('passed'), pem).replace('another organisation', 'another 0rganisation')
    writeFileSync(place.recordFile, forged)
    await kept.takeRecord()
    assert.equal((await results()).length, 0, 'the signature does not hold')
    for (const [kind, program, expected] of [
      ['passed', 'b'.repeat(64), 'other'],
      ['passed', undefined, 'pass'],
      ['failed', undefined, 'fail'],
    ] as const) {
      rmSync(place.recordFile)
      writeFileSync(place.recordFile, signRecord(record(kind, program, ++count), pem))
      await kept.takeRecord()
      const found = await results()
      assert.equal(found.length, count)
      if (expected !== 'other') assert.equal(found.at(-1)?.outcome, expected)
      else assert.match(String(found.at(-1)?.leaf), /b{64}/)
    }
    // An older record, signed as well, does not hide what failed since.
    rmSync(place.recordFile)
    writeFileSync(place.recordFile, signRecord(record('passed', undefined, 1), pem))
    await kept.takeRecord()
    assert.equal((await results()).at(-1)?.outcome, 'fail')
    // A test that was left out is not one that passed.
    rmSync(place.recordFile)
    const partly = record('passed', undefined, ++count)
    const skipped = { file: FILE, name: 'left out', kind: 'skipped', milliseconds: 0 } as const
    writeFileSync(place.recordFile, signRecord({ ...partly, tests: [...partly.tests, skipped] }, pem))
    await kept.takeRecord()
    assert.equal((await results()).at(-1)?.outcome, 'unknown')
    // The context of this house knows the evidence of the manifests only.
    assert.equal(await status(), undefined)
  })
  let count = 0
  const results = () =>
    world.ground.ask<{ outcome: string; leaf: string }>(
      `select outcome, leaf from trust.result where evidence = 'some-tests' order by position`,
    )

  it('runs what nobody knows for nobody', async () => {
    await assert.rejects(kept.runNow('unheard'), { code: 'not_found' })
    const refused = await world.house.ask(world.resident, 'POST', '/v1/evidence/unheard/runs')
    assert.equal(refused.status, 404)
  })
})
