import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connectAs } from '#core/db/system-login.ts'
import { until } from '#test/drained.ts'
import type { SigningPair } from '#test/sign-request.ts'
import { openSigningHouse, type SigningHouse } from '#test/signing-house.ts'

const HOUR = 3_600_000

describe('a clock that is set an hour on, and back again,', () => {
  let s: SigningHouse
  let pair: SigningPair
  before(async () => {
    s = await openSigningHouse()
    pair = (await s.makeKey()).hmac
  })
  after(() => s?.house.stop())

  const rename = (name: string) => s.house.ask(s.owner, 'PATCH', '/v1/organisation', { name })
  const nameNow = async () => (await s.house.ask(s.owner, 'GET', '/v1/organisation')).json.name as string
  const signed = (name: string) => s.pdx('header', pair, 'PATCH', '/v1/organisation', { json: { name } })

  it('ends no session: reading and writing go on after every jump, with keys lent anew', async () => {
    for (const jump of [HOUR, -HOUR, -HOUR, HOUR]) {
      s.house.passTime(jump)
      const renamed = await rename(`After ${jump}`)
      assert.equal(renamed.status, 200, renamed.text)
      assert.equal(await nameNow(), `After ${jump}`)
    }
  })

  it('refuses who signs by the right time, says which clock to compare, and takes them again when it is right', async () => {
    const before = signed('Right time')
    s.house.passTime(HOUR)
    const late = await s.send(before)
    assert.deepEqual([late.status, late.json.details.reason], [401, 'expired'])
    const ours = signed('By the clock that is wrong')
    assert.equal((await s.send(ours)).status, 200)
    s.house.passTime(-HOUR)
    const early = await s.send(ours)
    assert.deepEqual([early.status, early.json.details.reason], [401, 'early'])
    assert.match(early.json.detail, /compare the clocks/)
    const again = await s.send(before)
    assert.equal(again.status, 200, again.text)
  })

  it('opens no replay: what was spent before the jump is spent after it', async () => {
    const other = await s.house.anotherApp()
    const question = signed('Once')
    assert.equal((await s.send(question)).status, 200)
    s.house.passTime(HOUR)
    // What is used now clears away what is over by now.
    assert.equal((await s.send(signed('Clears'))).status, 200)
    s.house.passTime(-HOUR)
    for (const app of [s.house.app, other]) {
      const replayed = await s.send(question, app)
      assert.deepEqual([replayed.status, replayed.json.details?.reason], [401, 'replayed'], replayed.text)
    }
  })

  it('leaves no event unsealed: the tenant is announced to the sealer as before', async () => {
    const tenant = s.owner.token.split('.')[0] ?? ''
    const client = await connectAs(s.house.login('sealer'))
    const announced = async () =>
      (await client.query('delete from cell.audit_due where tenant = $1', [tenant])).rowCount === 1
    try {
      for (const jump of [HOUR, -HOUR]) {
        assert.equal((await rename('Announced')).status, 200)
        await announced()
        s.house.passTime(jump)
        await until(
          async () => {
            assert.equal((await rename(`Announced after ${jump}`)).status, 200)
            return (await announced()) || undefined
          },
          `the tenant to be announced after the clock went ${jump} ms`,
          10_000,
        )
      }
    } finally {
      await client.end()
    }
  })

  it('leaves a log that is whole: each event is sealed and proven, in the order it came, whatever its date says', async () => {
    s.house.passTime(-HOUR)
    assert.equal((await rename('An hour ago')).status, 200)
    s.house.passTime(HOUR)
    await s.house.sealLog(s.owner)
    const { items } = (
      await s.house.ask(s.owner, 'GET', '/v1/audit?action=core.organisation.updated&limit=100')
    ).json
    assert.ok(items.length > 8)
    for (const { id } of items) {
      const proof = await s.house.ask(s.owner, 'GET', `/v1/audit/${id}/proof`)
      assert.equal(proof.status, 200, proof.text)
      assert.equal(typeof proof.json.position, 'number')
    }
  })
})
