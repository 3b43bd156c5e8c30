import assert from 'node:assert/strict'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { silentLog } from '#core/log.ts'
import { fileForm } from '#test/ask.ts'
import { onePagePdf } from '#test/one-page-pdf.ts'
import type { SigningPair } from '#test/sign-request.ts'
import {
  openSigningHouse,
  type SigningHouse,
  type WireQuestion,
  type WireReply,
} from '#test/signing-house.ts'
import { buildApp } from './app.ts'
import { allRoutes } from './route-table.ts'

const LARGE = 3 * 1024 * 1024

describe('the body of a signed request', () => {
  let s: SigningHouse
  let pair: SigningPair
  before(async () => {
    s = await openSigningHouse()
    pair = (await s.makeKey()).hmac
  })
  after(() => s.house.stop())

  function upload(size: number, scheme: 'header' | 'query' | 'message'): WireQuestion {
    // A comment of random bytes behind the end makes a file of any size a PDF of its own.
    const pdf = Buffer.concat([onePagePdf('Signed, sealed'), Buffer.from('\n%'), randomBytes(size)])
    const form = fileForm('signed.pdf', pdf)
    const question =
      scheme === 'message'
        ? s.message(pair, 'POST', '/v1/documents', { body: form.bytes })
        : s.pdx(scheme, pair, 'POST', '/v1/documents', { body: form.bytes })
    return { ...question, headers: { ...question.headers, 'content-type': form.type } }
  }
  const stored = async () => (await s.house.ask(s.owner, 'GET', '/v1/documents')).json.items.length as number
  const spooled = () => {
    const folder = join(s.house.folder, 'blobs/spool')
    return existsSync(folder) ? readdirSync(folder).length : 0
  }

  it('is stored when it was proved, small or large, in every form, and nothing of it is left behind', async () => {
    for (const scheme of ['header', 'query', 'message'] as const)
      for (const size of [10, LARGE]) {
        const reply = await s.send(upload(size, scheme))
        assert.equal(reply.status, 201, `${scheme} ${size}: ${reply.text}`)
        assert.ok(reply.json.size > size)
      }
    assert.equal(await stored(), 6)
    // A body that was used goes when its answer is out.
    while (spooled() > 0) await nextTurn()
  })

  it('that is not what was signed is neither parsed nor kept', async () => {
    const before = await stored()
    const other = fileForm('other.pdf', onePagePdf('Another file altogether'))
    for (const scheme of ['header', 'query', 'message'] as const)
      for (const size of [10, LARGE]) {
        const question = upload(size, scheme)
        const swapped = await s.send({
          ...question,
          body: other.bytes,
          headers: { ...question.headers, 'content-type': other.type },
        })
        assert.equal(swapped.status, 401, `${scheme} ${size}`)
        const bytes = Buffer.from(question.body ?? '')
        bytes[bytes.length - 200] = (bytes[bytes.length - 200] ?? 0) ^ 1
        assert.equal((await s.send({ ...question, body: bytes })).status, 401, `${scheme} ${size}`)
      }
    assert.equal(await stored(), before)
    assert.equal(spooled(), 0)
  })

  it('that is not JSON is refused for its signature first', async () => {
    const broken = s.pdx('header', pair, 'PATCH', '/v1/organisation', { body: '{"name":' })
    assert.equal((await s.send(broken)).status, 400)
    const unsigned = s.pdx('header', pair, 'PATCH', '/v1/organisation', { body: '{"name":' })
    assert.equal((await s.send({ ...unsigned, body: '{"nam' })).status, 401)
  })

  it('beyond what the address takes is refused and leaves nothing', async () => {
    const large = s.pdx('header', pair, 'PATCH', '/v1/organisation', {
      body: `{"name":"${'x'.repeat(1_100_000)}"}`,
    })
    assert.equal((await s.send(large)).status, 413)
    assert.equal(spooled(), 0)
  })

  it('on a read is refused, for nobody reads it', async () => {
    const question = s.pdx('header', pair, 'GET', '/v1/people', { body: 'x' })
    const reply = await s.send(question)
    assert.equal(reply.json.details.reason, 'ambiguous')
  })

  it('of a stranger is not kept while it comes', async () => {
    const stranger = { id: `${pair.id.slice(0, -4)}0000`, key: 'x' }
    const form = fileForm('x.pdf', Buffer.concat([onePagePdf('x'), randomBytes(LARGE)]))
    const question = s.pdx('header', stranger, 'POST', '/v1/documents', { body: form.bytes })
    const reply = await s.send({ ...question, headers: { ...question.headers, 'content-type': form.type } })
    assert.equal(reply.status, 401)
    assert.ok(!existsSync(join(s.house.folder, 'blobs/spool')) || spooled() === 0)
  })
})

describe('an answer', () => {
  let s: SigningHouse
  let pair: SigningPair
  before(async () => {
    s = await openSigningHouse()
    pair = (await s.makeKey()).hmac
  })
  after(() => s.house.stop())

  /** Checks a signed answer as its reader would: by hand, from what it says it covers. */
  function check(reply: WireReply, ofRequest: string, value: string): string {
    const input = String(reply.headers['signature-input'])
    const [, label = '', list = ''] = /^(\w+)=(.*)$/.exec(input) ?? []
    const { headers } = reply
    const digest = `sha-256=:${createHash('sha256').update(reply.text).digest('base64')}:`
    assert.equal(headers['content-digest'], digest)
    const values: Record<string, unknown> = {
      '"@status"': reply.status,
      '"content-digest"': digest,
      '"content-type"': headers['content-type'],
      '"panoply-request-id"': headers['panoply-request-id'],
      [ofRequest]: value,
    }
    const items = /^\((.*)\)/.exec(list)?.[1]?.split(' ') ?? []
    assert.deepEqual(new Set(items), new Set(Object.keys(values)))
    const base = [
      ...items.map((item) => `${item}: ${String(values[item])}`),
      `"@signature-params": ${list}`,
    ].join('\n')
    const mac = createHmac('sha256', pair.key).update(base, 'latin1').digest('base64')
    assert.equal(headers.signature, `${label}=:${mac}:`)
    return list
  }

  it('is signed for whoever asks, over status, body, type and the request’s own signature', async () => {
    const asked = { 'accept-signature': 'reply=("@status" "content-digest");nonce="n0nce-of-mine";tag="t"' }
    const message = s.message(pair, 'GET', '/v1/people', { headers: asked })
    const first = await s.send(message)
    const own = String(message.headers.signature).replace(/^sig1=/, '')
    const list = check(first, '"signature";key="sig1";req', own)
    assert.match(list, /nonce="n0nce-of-mine";tag="t";keyid="/)
    const header = s.pdx('header', pair, 'GET', '/v1/people')
    const second = await s.send({ ...header, headers: { ...header.headers, ...asked } })
    check(second, '"authorization";req', String(header.headers.authorization))
    const query = s.pdx('query', pair, 'GET', '/v1/people')
    const third = await s.send({ ...query, headers: { ...query.headers, ...asked } })
    check(third, '"@query";req', `?${query.url.split('?')[1]}`)
    const { items } = (await s.house.ask(s.owner, 'GET', '/v1/audit?action=core.people.listed')).json
    assert.equal(items[0].requestId, third.headers['panoply-request-id'])
  })

  it('is signed when it is a refusal of what a proved request asked', async () => {
    const missing = s.message(pair, 'GET', `/v1/documents/doc_${'0'.repeat(26)}`, {
      headers: { 'accept-signature': 'r=()' },
    })
    const reply = await s.send(missing)
    assert.equal(reply.status, 404)
    check(reply, '"signature";key="sig1";req', String(missing.headers.signature).replace(/^sig1=/, ''))
  })

  it('is not signed for whoever does not ask, or is not proved', async () => {
    for (const question of [
      s.message(pair, 'GET', '/v1/people'),
      s.message({ ...pair, key: 'x' }, 'GET', '/v1/people', { headers: { 'accept-signature': 'r=()' } }),
      s.message(pair, 'GET', '/v1/people', { headers: { 'accept-signature': '((' } }),
    ]) {
      const reply = await s.send(question)
      assert.equal(reply.headers.signature, undefined)
    }
  })

  it('names a region only to who holds the key, and waits for a large body only of who names one', async () => {
    const [eu] = s.house.ctx.regions
    assert.ok(eu)
    const patient: string[] = []
    const elsewhere = await buildApp({
      ctx: { ...s.house.ctx, regions: [eu, { ...eu, name: 'us' }] },
      log: silentLog(),
      routes: allRoutes(),
      hosts: { arrivalOf: () => 'us', regionOf: () => 'us' },
      trustedProxies: [],
      async pages(app) {
        app.addHook('onRequest', async ({ raw }) => {
          raw.once('panoply:slow', () => patient.push(String(raw.headers['x-test'])))
        })
      },
    })
    const url = '/v1/people'
    const proved = await s.send(s.pdx('header', pair, 'GET', url), elsewhere)
    assert.deepEqual([proved.status, proved.json.code], [421, 'wrong_region'])
    const forged = await s.send(s.pdx('header', { ...pair, key: 'x' }, 'GET', url), elsewhere)
    assert.deepEqual([forged.status, forged.json.code], [401, 'signature_refused'])
    const nobody = { id: pair.id.replace(/.$/, (last) => (last === '0' ? '1' : '0')), key: 'x' }
    const body = Buffer.from('--x--')
    for (const [name, by] of [
      ['nobody', nobody],
      ['somebody', pair],
    ] as const) {
      const question = s.pdx('header', by, 'POST', '/v1/documents', { body })
      await s.send({ ...question, headers: { ...question.headers, 'x-test': name } }, elsewhere)
    }
    assert.deepEqual(patient, ['somebody'])
    await elsewhere.close()
  })
})
