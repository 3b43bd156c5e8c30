import assert from 'node:assert/strict'
import { createSecretKey, hash } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type PdxQuestion, signPdx } from '#test/sign-request.ts'
import { pdxVectors } from '#test/vectors/pdx-vectors.ts'
import { readPdxHeader, readPdxQuery } from './read-pdx.ts'
import type { SignatureClaim } from './signature-claim.ts'
import { SignatureRefused } from './signature-refused.ts'
import { fieldsOf } from './wire-request.ts'

const SECRET = 'asdfjklqwerzxcv'
const PAIR = { id: '1234567890', key: SECRET }

interface Wire {
  readonly method: string
  readonly url: string
  readonly headers: readonly string[]
  readonly body: string
}

function wireOf(mechanism: 'header' | 'query', question: PdxQuestion, signature?: string): Wire {
  const { url, headers, signature: own } = signPdx(mechanism, PAIR, question)
  const swap = (text: string) => text.replace(own, signature ?? own)
  return {
    method: question.method,
    url: swap(url),
    headers: Object.entries(headers).flatMap(([name, value]) => [name, swap(value)]),
    body: String(question.body ?? ''),
  }
}

function read(mechanism: 'header' | 'query', wire: Wire): SignatureClaim {
  const read = mechanism === 'header' ? readPdxHeader : readPdxQuery
  return read({ method: wire.method, target: wire.url, fields: fieldsOf(wire.headers) })
}

function isAccepted(mechanism: 'header' | 'query', wire: Wire, secret = SECRET): boolean {
  try {
    const claim = read(mechanism, wire)
    const digests = new Map(claim.hashes.map((name) => [name, hash(name, wire.body, 'buffer')]))
    return claim.isMadeBy({ id: '', kind: 'hmac', key: createSecretKey(secret, 'utf8') }, digests)
  } catch (error) {
    if (error instanceof SignatureRefused) return false
    throw error
  }
}

const SAMPLE: PdxQuestion = {
  method: 'PUT',
  path: '/asdf/qwer/1234/title',
  query: { nonce: '987654321', Baseline: '5', _a: 'x+y', é: 'ü' },
  headers: { sample: 'example', Host: 'localhost' },
  body: 'testing',
  date: '2014-11-21T13:43:15Z',
  expires: 90,
  originator: 'Test',
  email: 'Anonymous',
  displayName: 'á Anonymous',
}

describe('Pandexio signatures', () => {
  const header = pdxVectors.filter(({ mechanism }) => mechanism === 'header').length
  it(`of all ${pdxVectors.length} published vectors (${header} header, ${pdxVectors.length - header} query) are accepted`, () => {
    assert.equal(pdxVectors.length, 21)
    for (const { mechanism, question, signature, what } of pdxVectors) {
      assert.ok(isAccepted(mechanism, wireOf(mechanism, question, signature)), what)
      const other = signature.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))
      assert.ok(!isAccepted(mechanism, wireOf(mechanism, question, other)), what)
    }
  })

  it('are taken under all five algorithms, in both forms', () => {
    for (const algorithm of ['MD5', 'SHA1', 'SHA256', 'SHA384', 'SHA512'])
      for (const mechanism of ['header', 'query'] as const) {
        const wire = wireOf(mechanism, { ...SAMPLE, algorithm: `PDX-HMAC-${algorithm}` })
        assert.ok(isAccepted(mechanism, wire), `${algorithm} ${mechanism}`)
        assert.equal(read(mechanism, wire).isWeak, algorithm === 'MD5' || algorithm === 'SHA1')
      }
  })

  it('come as the SDK puts them on the wire: raw bytes, other cases of names, a bare question mark, plus signs', () => {
    const wire = wireOf('header', { ...SAMPLE, query: {} })
    const recased = wire.headers.map((text, at) =>
      at % 2 ? text : text.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()),
    )
    assert.ok(isAccepted('header', { ...wire, url: `${wire.url}?`, headers: recased }))
    const query = wireOf('query', SAMPLE)
    assert.ok(isAccepted('query', { ...query, url: query.url.replace('%2B', '+') }))
    assert.equal(read('query', query).query?.get('_a'), 'x+y')
    const signed = wireOf('header', { ...SAMPLE, method: 'GET', body: '', headers: { Host: 'localhost' } })
    assert.ok(isAccepted('header', { ...signed, headers: [...signed.headers, 'Content-Type', 'text/plain'] }))
  })

  it('with any bit of what they cover changed are refused', () => {
    for (const mechanism of ['header', 'query'] as const) {
      const wire = wireOf(mechanism, SAMPLE)
      fc.assert(
        fc.property(
          fc.nat(),
          fc.integer({ min: 0, max: 7 }),
          fc.constantFrom('url', 'body', 'method', 'headers'),
          (spot, bit, part) => {
            const flip = (text: string) => flipped(text, spot, bit)
            // The credential is not covered: it names the secret, and another one does not match.
            const changed: Wire =
              part === 'headers'
                ? {
                    ...wire,
                    headers: wire.headers.map((text, at) =>
                      at === spot % wire.headers.length ? flip(text) : text,
                    ),
                  }
                : { ...wire, [part]: flip(wire[part]) }
            if (meaningOf(mechanism, changed) === meaningOf(mechanism, wire)) return
            assert.ok(!isAccepted(mechanism, changed), JSON.stringify(changed))
          },
        ),
        { numRuns: 1_500 },
      )
    }
  })

  it('that can be read in two ways are refused', () => {
    const date = encodeURIComponent('X-Pdx-Date')
    const query = wireOf('query', SAMPLE)
    const head = wireOf('header', SAMPLE)
    const without = (name: string) => head.headers.filter((_, at, all) => all[at - (at % 2)] !== name)
    const renamed = (from: string, to: string) => head.headers.map((text) => text.replace(from, to))
    const authorization = head.headers[head.headers.indexOf('authorization') + 1] ?? ''
    const forms: [string, 'header' | 'query', Wire][] = [
      ['an attribute in both places', 'header', { ...head, url: `${head.url}&${date}=2014-11-21T13:43:15Z` }],
      ['both mechanisms', 'query', { ...query, headers: [...query.headers, 'authorization', authorization] }],
      [
        'a query attribute as a header too',
        'query',
        { ...query, headers: [...query.headers, 'x-pdx-date', '2014-11-21T13:43:15Z'] },
      ],
      [
        'an unsigned x-pdx header',
        'header',
        { ...head, headers: [...head.headers, 'x-pdx-profileimage', 'x'] },
      ],
      ['a duplicate header', 'header', { ...head, headers: [...head.headers, 'X-Pdx-Expires', '90'] }],
      ['a duplicate host', 'header', { ...head, headers: [...head.headers, 'Host', 'localhost'] }],
      [
        'two authorizations',
        'header',
        { ...head, headers: [...head.headers, 'authorization', authorization] },
      ],
      ['a duplicate parameter', 'query', { ...query, url: `${query.url}&nonce=987654321` }],
      ['a duplicate signature', 'query', { ...query, url: `${query.url}&X-Pdx-Signature=00` }],
      [
        'another case of an attribute',
        'query',
        { ...query, url: query.url.replace('X-Pdx-Expires', 'X-Pdx-EXPIRES') },
      ],
      ['an unknown attribute', 'query', { ...query, url: `${query.url}&X-Pdx-Role=owner` }],
      ['an equals sign in a name', 'query', { ...query, url: `${query.url}&a%3Db=1` }],
      ['an ampersand in a name', 'query', { ...query, url: `${query.url}&a%26b=1` }],
      ['an ampersand in a value', 'query', { ...query, url: query.url.replace('987654321', '9%26x=1') }],
      ['a parameter without a value', 'query', { ...query, url: `${query.url}&flag` }],
      ['a line break in a value', 'query', { ...query, url: `${query.url}&a=%0D%0Ab` }],
      ['a NUL', 'query', { ...query, url: `${query.url}&a=%00` }],
      ['an encoded slash', 'query', { ...query, url: query.url.replace('/title', '%2Ftitle') }],
      [
        'a control character in the path',
        'header',
        { ...head, url: head.url.replace('/title', '/ti%09tle') },
      ],
      ['broken UTF-8', 'header', { ...head, url: head.url.replace('/title', '/t%FFtle') }],
      ['signed headers out of order', 'header', { ...head, headers: renamed('host;sample', 'sample;host') }],
      [
        'signed headers in upper case',
        'header',
        { ...head, headers: renamed('SignedHeaders=host', 'SignedHeaders=Host') },
      ],
      ['a signed header twice', 'header', { ...head, headers: renamed('=host;', '=host;host;') }],
      ['a host that is not signed', 'header', { ...head, headers: renamed('=host;', '=') }],
      ['a signed header that did not come', 'header', { ...head, headers: without('sample') }],
      ['a missing attribute', 'header', { ...head, headers: without('x-pdx-originator') }],
      [
        'an upper-case signature',
        'header',
        {
          ...head,
          headers: head.headers.map((text) =>
            text.replace(
              /Signature=.*/,
              (all) => `S${all.slice(1).toUpperCase().replace('IGNATURE', 'ignature')}`,
            ),
          ),
        },
      ],
      [
        'a short signature',
        'header',
        { ...head, headers: head.headers.map((text) => text.replace(/(Signature=.{32}).*/, '$1')) },
      ],
      ['an unknown algorithm', 'header', { ...head, headers: renamed('PDX-HMAC-SHA256', 'PDX-HMAC-SHA224') }],
      [
        'no blank behind a comma',
        'header',
        { ...head, headers: renamed(', SignedHeaders', ',SignedHeaders') },
      ],
      ['a date without a zone', 'header', wireOf('header', { ...SAMPLE, date: '2014-11-21T13:43:15' })],
      ['a day that no calendar has', 'header', wireOf('header', { ...SAMPLE, date: '2014-02-30T13:43:15Z' })],
      ['a date with a blank', 'header', wireOf('header', { ...SAMPLE, date: '2014-11-21 13:43:15Z' })],
      ['no validity', 'header', wireOf('header', { ...SAMPLE, expires: 0 })],
      ['a negative validity', 'header', wireOf('header', { ...SAMPLE, expires: -1 })],
      ['part of a second', 'header', wireOf('header', { ...SAMPLE, expires: 1.5 })],
      ['another key', 'header', head],
    ]
    assert.equal(forms.length, 37)
    for (const [what, mechanism, wire] of forms)
      assert.ok(!isAccepted(mechanism, wire, what === 'another key' ? 'asdfjklqwerzxcw' : SECRET), what)
  })

  it('may be dated with an offset', () => {
    const claim = read('header', wireOf('header', { ...SAMPLE, date: '2015-06-10T13:22:46+02:00' }))
    assert.equal(claim.signedAt.toISOString(), '2015-06-10T11:22:46.000Z')
    assert.equal(claim.expiresAt?.toISOString(), '2015-06-10T11:24:16.000Z')
  })
})

function flipped(text: string, spot: number, bit: number): string {
  const bytes = Buffer.from(text, 'latin1')
  const at = spot % bytes.length
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
  return bytes.toString('latin1')
}

/** What a wire says, for changes that change nothing: another spelling of the same, or the credential, which names the secret. */
function meaningOf(mechanism: 'header' | 'query', wire: Wire): string {
  try {
    const decoded = wire.url
      .split('&')
      .map((part) => decodeURIComponent(part))
      .sort()
    const fields = [...fieldsOf(wire.headers)].sort()
    // Whatever it reads now, a quote too: in the query it is a value of its own, in the header it ends at a comma.
    const bare = (_: string, value: unknown) =>
      typeof value === 'string' ? value.replace(/^X-Pdx-Credential=.*$|Credential=[^,]*/s, '') : value
    return JSON.stringify([wire.method, decoded, fields, wire.body], bare)
  } catch {
    return `${mechanism} unreadable ${wire.url}`
  }
}
