import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { assertJudged } from '#test/judged.ts'
import { type OwnHouse, openHouse, type Resident } from '#test/own-house.ts'
import { coreEvidence } from '../evidence/core-evidence.ts'
import type { Actor } from '../tenancy/actor.ts'
import { Credentials } from './credentials.ts'

describe('the claim on sessions', () => {
  let house: OwnHouse
  before(async () => {
    house = await openHouse()
  })
  after(() => house?.stop())

  const signIn = async ({ email, password }: Resident): Promise<Resident> => {
    const opened = await house.ask(null, 'POST', '/v1/sessions', { email, password })
    assert.equal(opened.status, 201, opened.text)
    return { email, password, token: opened.json.token }
  }

  /** What is wrong with the sessions of one person: two that are one, and one that goes on when it was closed. */
  async function faults(): Promise<string[]> {
    const resident = await house.aResident()
    const [first, second] = [await signIn(resident), await signIn(resident)]
    const found: string[] = []
    if (first.token === second.token) found.push('two sessions have one identity')
    for (const session of [first, second])
      if ((await house.ask(session, 'GET', '/v1/me')).status !== 200) found.push('a session does not open')
    const closed = await house.ask(first, 'DELETE', '/v1/sessions/current')
    assert.ok(closed.status < 300, closed.text)
    if ((await house.ask(first, 'GET', '/v1/me')).status !== 401) found.push('a closed session goes on')
    if ((await house.ask(second, 'GET', '/v1/me')).status !== 200)
      found.push('closing one session closed another')
    return found
  }

  it('sessions: PX-10 fails when a session is verified once and then believed', async () => {
    assert.deepEqual(await faults(), [])
    const { actorOf } = Credentials.prototype
    const believed = new Map<string, Promise<Actor>>()
    Credentials.prototype.actorOf = function (this: Credentials, text, kind, where) {
      const known = believed.get(text) ?? actorOf.call(this, text, kind, where)
      believed.set(text, known)
      return known
    }
    try {
      assert.deepEqual(await faults(), ['a closed session goes on'])
    } finally {
      Credentials.prototype.actorOf = actorOf
    }
    assert.deepEqual(await faults(), [])
    assertJudged(coreEvidence, 'sessions')
  })
})
