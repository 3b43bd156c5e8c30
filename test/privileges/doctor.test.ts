import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { it } from 'node:test'
import { runDoctor } from '#admin/doctor/run-doctor.ts'
import { theInstallation } from '../installation.ts'

it('a living installation shows the doctor all there is to see, and no secret', async () => {
  const house = await theInstallation()
  let text = ''
  const write = (piece: string) => {
    text += piece
  }
  const code = await runDoctor(['--home', house.home, '--json'], { write, env: {} })
  const { findings, isRunning } = JSON.parse(text)
  const state = Object.fromEntries(
    findings.map((one: { check: string; state: string }) => [one.check, one.state]),
  )
  assert.equal(isRunning, true)
  assert.deepEqual(
    findings.filter((one: { state: string }) => one.state === 'failed' || one.state === 'unknown'),
    [],
  )
  assert.equal(code, 1)
  // A test's house reaches loopback and has no mail server, and the doctor says so.
  assert.deepEqual([state.loopback, state.mail], ['due', 'due'])
  for (const check of ['processes', 'ports', 'keeper', 'databases', 'migrations', 'jobs', 'audit logs'])
    assert.ok(state[check] === 'ok' || check === 'jobs', `${check}: ${text}`)
  const { key } = JSON.parse(readFileSync(join(dirname(house.home), 'panoply/root.key'), 'utf8'))
  for (const secret of [key, house.outbox, ...house.tenants.map(({ apiKey }) => apiKey)])
    assert.ok(!text.includes(secret))
})
