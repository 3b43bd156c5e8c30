import assert from 'node:assert/strict'
import crypto, { generateKeyPairSync } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { after, before, describe, it } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { SpentSignatures } from '#core/auth/signing/spent-signatures.ts'
import { coreEvidence } from '#core/evidence/core-evidence.ts'
import { assertJudged } from '#test/judged.ts'
import { type SigningPair, signMessage } from '#test/sign-request.ts'
import { HOST, openSigningHouse, type SigningHouse, type WireQuestion } from '#test/signing-house.ts'
import { type Scheme, type Tampered, tampered } from '#test/tamper.ts'

/** What a form that lost its signature, or its way to a route, is answered with instead. */
const ELSEWHERE: ReadonlySet<string> = new Set(['unauthenticated', 'not_found', 'method_not_allowed'])
const AT_ONCE = 16

interface Base {
  readonly what: string
  readonly scheme: Scheme
  readonly question: WireQuestion
}

describe('a signed request that somebody else got hold of', () => {
  let s: SigningHouse
  let other: FastifyInstance
  let pair: SigningPair
  let ed25519: { readonly id: string; readonly key: ReturnType<typeof generateKeyPairSync>['privateKey'] }
  let bases: readonly Base[]

  before(async () => {
    s = await openSigningHouse()
    other = await s.house.anotherApp()
    pair = (await s.makeKey()).hmac
    const made = await s.makeKey({ name: 'own key' })
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
    const added = await s.house.ask(s.owner, 'POST', `/v1/api-keys/${made.id}/secrets`, { publicKey: pem })
    assert.equal(added.status, 201, added.text)
    ed25519 = { id: made.hmac.id, key: privateKey }
    bases = [...pdxBases(), ...messageBases()]
  })
  after(() => s?.house.stop())

  const type = { 'content-type': 'application/json' }
  const SEARCH = '/v1/search?limit=7&q=lighthouse'
  const body = (name: string) => JSON.stringify({ name })

  function pdxBases(): Base[] {
    return (['header', 'query'] as const).flatMap((scheme) =>
      ['PDX-HMAC-SHA256', 'PDX-HMAC-SHA384', 'PDX-HMAC-SHA512'].flatMap((algorithm): Base[] => {
        const read = s.pdx(scheme, pair, 'GET', SEARCH, { algorithm })
        const write = s.pdx(scheme, pair, 'PATCH', '/v1/organisation', {
          algorithm,
          body: body(`${scheme} ${algorithm}`),
          headers: { Host: HOST, ...type },
        })
        return [
          { what: `${scheme} ${algorithm} read`, scheme, question: read },
          { what: `${scheme} ${algorithm} write`, scheme, question: write },
        ]
      }),
    )
  }

  function messageBases(): Base[] {
    const keys = [pair, ed25519]
    return keys.flatMap(({ id: keyid, key }): Base[] => {
      const name = typeof key === 'string' ? 'hmac-sha256' : 'ed25519'
      const signed = (method: string, url: string, change: object, text?: string): WireQuestion => ({
        method,
        url,
        headers: signMessage(key, {
          method,
          url,
          host: HOST,
          created: s.now(),
          keyid,
          ...change,
          ...(text === undefined ? {} : { body: text }),
        }),
        ...(text === undefined ? {} : { body: text }),
      })
      const person = { 'panoply-person': s.owner.email }
      const writes = (['sha-256', 'sha-512'] as const).map((digest) => ({
        what: `message ${name} ${digest} write`,
        scheme: 'message' as const,
        question: signed(
          'PATCH',
          '/v1/organisation',
          { headers: { ...type, ...person }, digest },
          body(`message ${name} ${digest}`),
        ),
      }))
      const read = signed('GET', SEARCH, { headers: person })
      return [{ what: `message ${name} read`, scheme: 'message', question: read }, ...writes]
    })
  }

  const nameNow = async () => (await s.house.ask(s.owner, 'GET', '/v1/organisation')).json.name as string

  /** What a form got, where that is not a refusal. */
  async function wrongly({ what }: Base, [form, question]: Tampered): Promise<string[]> {
    const reply = await s.send(question)
    const { code } = reply.json ?? {}
    const isRefused = reply.status === 401 && code === 'signature_refused'
    return isRefused || (reply.status >= 400 && reply.status < 500 && ELSEWHERE.has(code))
      ? []
      : [`${what}: ${form}: ${reply.status} ${reply.text.slice(0, 200)}`]
  }

  it('is refused in every form that it can be given, on every way of signing, and none of them spends it', async (t) => {
    const before = await nameNow()
    const wrong: string[] = []
    const counts = new Map<Scheme, number>()
    for (const base of bases) {
      const forms = tampered(base.scheme, base.question)
      counts.set(base.scheme, (counts.get(base.scheme) ?? 0) + forms.length)
      for (let at = 0; at < forms.length; at += AT_ONCE) {
        const found = await Promise.all(forms.slice(at, at + AT_ONCE).map((form) => wrongly(base, form)))
        wrong.push(...found.flat())
      }
    }
    assert.deepEqual(wrong, [])
    assert.equal(await nameNow(), before)
    t.diagnostic(`forms refused: ${JSON.stringify(Object.fromEntries(counts))}`)
    // What was refused took nothing from who signed it: the request itself passes, a change of state once over all processes.
    for (const { what, question } of bases) {
      const first = await s.send(question)
      assert.equal(first.status, 200, `${what}: ${first.text}`)
      for (const app of [s.house.app, other]) {
        const again = await s.send(question, app)
        const isRead = question.method === 'GET'
        assert.equal(again.status, isRead ? 200 : 401, `${what} again: ${again.text}`)
        if (!isRead) assert.equal(again.json.details.reason, 'replayed', what)
      }
    }
    assert.ok(
      [...counts.values()].every((count) => count > 300),
      JSON.stringify([...counts]),
    )
  })

  it('is no licence for another: a nonce that was used is refused under a new signature of the same key', async () => {
    const nonce = 'n-used-once'
    const write = (name: string, created: number) =>
      s.message(pair, 'PATCH', '/v1/organisation', { json: { name }, nonce, created })
    assert.equal((await s.send(write('Nonce', s.now()))).status, 200)
    for (const app of [s.house.app, other]) {
      const again = await s.send(write('Nonce again', s.now() + 1), app)
      assert.deepEqual([again.status, again.json.details.reason], [401, 'replayed'])
    }
    assert.equal(await nameNow(), 'Nonce')
  })

  /** How many of all forms pass, and how often a change of state passes a second time. */
  async function through(base: Base): Promise<{ forms: number; again: boolean }> {
    const forms = tampered(base.scheme, base.question)
    const passed = await Promise.all(forms.map(([, question]) => s.send(question)))
    const first = await s.send(base.question)
    const again = await s.send(base.question, other)
    assert.equal(first.status, 200, first.text)
    return { forms: passed.filter(({ status }) => status < 300).length, again: again.status < 300 }
  }

  it('signed-requests: PX-27 fails when signatures are not compared, or what was used is not remembered', async () => {
    const writes = (['header', 'query'] as const).map((scheme): Base => {
      const question = s.pdx(scheme, pair, 'PATCH', '/v1/organisation', {
        json: { name: `Broken ${scheme}` },
      })
      return { what: scheme, scheme, question }
    })
    const equal = crypto.timingSafeEqual
    const { spend } = SpentSignatures.prototype
    crypto.timingSafeEqual = () => true
    SpentSignatures.prototype.spend = async () => true
    syncBuiltinESMExports()
    try {
      for (const base of writes) {
        const { forms, again } = await through(base)
        assert.ok(forms > 10 && again, `${base.what}: ${forms} forms pass`)
      }
    } finally {
      crypto.timingSafeEqual = equal
      SpentSignatures.prototype.spend = spend
      syncBuiltinESMExports()
    }
    const signed = { body: body('Whole'), headers: { Host: HOST, ...type } }
    const question = s.pdx('header', pair, 'PATCH', '/v1/organisation', signed)
    assert.deepEqual(await through({ what: 'whole', scheme: 'header', question }), { forms: 0, again: false })
    assertJudged(coreEvidence, 'signed-requests')
  })

  it('is over when its time is, in every way of signing', async (t) => {
    s.house.passTime(3 * 60_000)
    for (const { what, question } of bases) {
      const late = await s.send(question)
      assert.deepEqual([late.status, late.json.details?.reason], [401, 'expired'], what)
    }
    t.diagnostic(`expired: ${bases.length}`)
  })
})
