import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PublicError } from '../errors.ts'
import { FairLine } from './fair-line.ts'
import { LimitReached } from './limit-reached.ts'
import { LIMITS, Limits } from './limits.ts'
import { TokenBuckets } from './token-buckets.ts'

const clock = () => {
  let at = Date.parse('2026-01-01T00:00:00Z')
  return { now: () => new Date(at), pass: (ms: number) => (at += ms) }
}
const codeOf = (error: unknown) => (error instanceof PublicError ? error.code : String(error))
const wrong = () => Promise.reject(new PublicError('wrong_credentials'))
const isWrong = (error: unknown) => error instanceof PublicError && error.code === 'wrong_credentials'

test('a bucket gives its burst, then so many a second, and says when the next comes', () => {
  const time = clock()
  const buckets = new TokenBuckets({ burst: 3, perSecond: 0.5 }, time.now)
  assert.deepEqual(
    [1, 2, 3, 4].map(() => buckets.take('a').isTaken),
    [true, true, true, false],
  )
  assert.equal(buckets.take('b').isTaken, true)
  assert.equal(buckets.take('a').waitSeconds, 2)
  time.pass(2000)
  assert.equal(buckets.take('a').isTaken, true)
  assert.equal(buckets.take('a').isTaken, false)
  time.pass(1_000_000)
  assert.equal(buckets.take('a').left, 2)
})

test('buckets forget, and never one that is in use before those that are full', () => {
  const time = clock()
  const buckets = new TokenBuckets({ burst: 2, perSecond: 0.001 }, time.now, 100)
  buckets.take('guarded')
  buckets.take('guarded')
  for (let n = 0; n < 90; n++) {
    buckets.take(`${n}`)
    buckets.give(`${n}`)
  }
  for (let n = 0; n < 60; n++) {
    buckets.take(`later ${n}`)
    buckets.give(`later ${n}`)
  }
  assert.equal(buckets.take('guarded').isTaken, false)
})

test('a party that floods the line leaves every other its share of turns, and is refused in its place', async () => {
  const line = new FairLine({ turns: 4, turnsPerParty: 3, waiting: 60, waitingPerParty: 50 })
  const served: string[] = []
  const refused: string[] = []
  const ask = (party: string) =>
    line
      .run({ party }, async () => {
        await new Promise((resolve) => setImmediate(resolve))
        served.push(party)
      })
      .catch((error) => refused.push(`${party} ${codeOf(error)}`))
  const flood = Array.from({ length: 500 }, () => ask('a'))
  const calm = Array.from({ length: 20 }, () => ask('b'))
  await Promise.all([...flood, ...calm])
  assert.equal(refused.filter((text) => text.startsWith('b')).length, 0)
  assert.equal(served.filter((party) => party === 'b').length, 20)
  // b was served in every second turn from the moment it came: its twentieth within the first fifty.
  assert.ok(served.lastIndexOf('b') < 50, `${served.lastIndexOf('b')}`)
  assert.equal(served.length + refused.length, 520)
  assert.equal(line.loadOf('a'), 0)
})

test('a line that is full for all costs whoever fills it', async () => {
  const line = new FairLine({ turns: 1, turnsPerParty: 1, waiting: 10, waitingPerParty: 10 })
  const leave = await line.enter({ party: 'a' })
  const flood = Array.from({ length: 10 }, () => line.run({ party: 'a' }, async () => 'a').catch(codeOf))
  const newcomer = line.run({ party: 'b' }, async () => 'b')
  leave()
  assert.equal(await newcomer, 'b')
  assert.deepEqual((await Promise.all(flood)).filter((text) => text === 'busy').length, 1)
})

test('within one address the accounts take turns', async () => {
  const line = new FairLine({ turns: 1, turnsPerParty: 1, waiting: 100, waitingPerParty: 8 })
  const served: string[] = []
  const ask = (member: string) =>
    line.run({ party: 'here', member }, async () => void served.push(member)).catch(() => undefined)
  await Promise.all([...Array.from({ length: 50 }, () => ask('guessed')), ask('owner')])
  assert.ok(served.indexOf('owner') >= 0 && served.indexOf('owner') <= 2, served.join())
})

test('guesses at a password are few for an account, a /64 and an address; the owner elsewhere does not notice', async () => {
  const time = clock()
  const limits = new Limits(LIMITS, time.now)
  let checked = 0
  const guess = (ip: string, account: string) =>
    limits
      .tryPassword(
        { ip, account },
        () => {
          checked++
          return wrong()
        },
        isWrong,
      )
      .catch(codeOf)
  const signIn = (ip: string, account: string) =>
    limits.tryPassword({ ip, account }, async () => 'in', isWrong).catch(codeOf)

  const answers = await Promise.all(Array.from({ length: 401 }, () => guess('192.0.2.1', 'owner@a.example')))
  assert.equal(checked, 10)
  assert.equal(answers.filter((code) => code === 'too_many_requests').length, 391)
  for (let n = 0; n < 20; n++) assert.equal(await signIn('198.51.100.7', 'owner@a.example'), 'in')
  assert.equal(await signIn('192.0.2.1', 'owner@a.example'), 'too_many_requests')

  // One address, many accounts.
  checked = 0
  for (let n = 0; n < 300; n++) await guess(`2001:db8::${n.toString(16)}`, `p${n}@b.example`)
  assert.equal(checked, 100)
  // Many addresses, one account: the owner is known where the owner has signed in.
  checked = 0
  for (let n = 0; n < 300; n++) await guess(`203.0.${n % 250}.${n % 7}`, 'owner@a.example')
  assert.equal(checked, 90)
  assert.equal(await signIn('198.51.100.7', 'owner@a.example'), 'in')
  time.pass(3_600_000)
  assert.equal(await signIn('192.0.2.1', 'owner@a.example'), 'in')
})

test('mail to one address, from one address and in all is bounded', () => {
  const limits = new Limits(LIMITS, clock().now)
  const send = (to: string, ip: string) => {
    try {
      limits.mailTo(to, ip)
      return 1
    } catch (error) {
      assert.equal(codeOf(error), 'too_many_requests')
      return 0
    }
  }
  const sum = (counts: number[]) => counts.reduce((a, b) => a + b, 0)
  assert.equal(sum(Array.from({ length: 60 }, () => send('victim@a.example', '192.0.2.1'))), 5)
  assert.equal(sum(Array.from({ length: 300 }, (_, n) => send(`v${n}@a.example`, '192.0.2.2'))), 100)
  assert.ok(
    sum(Array.from({ length: 3000 }, (_, n) => send(`w${n}@a.example`, `10.0.${n >> 8}.${n & 255}`))) < 1000,
  )
})

test('who has spent all they may of the mail for all leaves enough of it for everybody else', () => {
  const flood = (addresses: (n: number) => string, count: number) => {
    const time = clock()
    const limits = new Limits(LIMITS, time.now)
    const send = (to: string, ip: string) => {
      try {
        limits.mailTo(to, ip)
        return 1
      } catch (error) {
        assert.ok(error instanceof LimitReached)
        assert.ok(error.retryAfter >= 1 && error.retryAfter <= 3_600, `${error.retryAfter}`)
        return 0
      }
    }
    let sent = 0
    for (let round = 0; round < 1_500 / count; round++)
      for (let n = 0; n < count; n++) sent += send(`${n}-${round}@a.example`, addresses(n))
    let others = 0
    for (let n = 0; n < 30; n++) others += send(`new@b${n}.example`, `198.51.${n}.1`)
    time.pass(3_600_000)
    const [later, one] = [send('one@c.example', addresses(0)), send('two@c.example', '203.0.113.1')]
    return { sent, others, later, one }
  }
  const served = { others: 30, later: 1, one: 1 }
  const { sent: ten, ...afterTen } = flood((n) => `10.${n}.0.1`, 10)
  assert.ok(ten > 600 && ten < 700, `${ten}`)
  assert.deepEqual(afterTen, served)
  const { sent: hundred, ...afterHundred } = flood((n) => `10.${n}.0.1`, 100)
  assert.ok(hundred > 900 && hundred < 965, `${hundred}`)
  assert.deepEqual(afterHundred, served)
  // Every /64 of one customer, and every address of one /24.
  const { sent: wide, ...afterWide } = flood((n) => `2001:db8:1:${n.toString(16)}::1`, 900)
  assert.ok(wide <= 200, `${wide}`)
  assert.deepEqual(afterWide, served)
  assert.ok(flood((n) => `10.0.0.${n}`, 250).sent <= 200)
})

test('a full line remembers nobody it refused', async () => {
  const line = new FairLine({ turns: 1, turnsPerParty: 1, waiting: 2, waitingPerParty: 2 })
  const leave = await line.enter({ party: 'running' })
  const waiting = [line.enter({ party: 'one' }), line.enter({ party: 'two' })]
  const late = Array.from({ length: 50 }, (_, n) => line.enter({ party: `late ${n}` }).catch(codeOf))
  assert.deepEqual([...new Set(await Promise.all(late))], ['busy'])
  assert.equal(line.parties, 3)
  leave()
  for (const turn of waiting) (await turn)()
  assert.equal(line.parties, 0)
})
