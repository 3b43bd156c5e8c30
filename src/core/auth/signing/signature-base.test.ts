import assert from 'node:assert/strict'
import { constants, createHmac, createPublicKey, hash, verify } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  ED25519_PUBLIC,
  type MessageVector,
  messageVectors,
  P256_PUBLIC,
  REQUEST_DIGEST,
  RESPONSE_DIGEST,
  RSA_PSS_PUBLIC,
  SHARED_SECRET,
  type VectorMessage,
} from '#test/vectors/message-vectors.ts'
import { areDigests, contentDigest, readContentDigest } from './content-digest.ts'
import { coveredOf, type Signable, signatureBase } from './signature-base.ts'
import { SignatureRefused } from './signature-refused.ts'

function signable(message: VectorMessage): Signable {
  const fields = new Map(
    Object.entries(message.fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? [value] : value,
    ]),
  )
  return 'status' in message ? { status: message.status, fields } : { ...message, scheme: 'https', fields }
}

const baseOf = (message: Signable, input: string) => signatureBase(message, coveredOf(`it=${input}`, 'it'))

describe('the signature base of RFC 9421', () => {
  it(`is that of all ${messageVectors.length} examples of appendix B`, () => {
    assert.equal(messageVectors.length, 8)
    for (const { section, message, input, base } of messageVectors)
      assert.equal(
        baseOf(signable(message), input),
        [...base, `"@signature-params": ${input}`].join('\n'),
        section,
      )
  })

  it(`is what all ${messageVectors.length} published signatures were made over, and nothing else`, () => {
    for (const { section, algorithm, message, input, signature } of messageVectors) {
      const base = Buffer.from(baseOf(signable(message), input), 'latin1')
      const given = Buffer.from(signature, 'base64')
      assert.ok(holds(algorithm, base, given), section)
      assert.ok(!holds(algorithm, Buffer.concat([base, Buffer.from('x')]), given), section)
    }
  })

  function holds(algorithm: MessageVector['algorithm'], base: Buffer, signature: Buffer): boolean {
    switch (algorithm) {
      case 'hmac-sha256':
        return createHmac('sha256', Buffer.from(SHARED_SECRET, 'base64'))
          .update(base)
          .digest()
          .equals(signature)
      case 'ed25519':
        return verify(null, base, createPublicKey(ED25519_PUBLIC), signature)
      case 'ecdsa-p256-sha256':
        return verify('sha256', base, { key: P256_PUBLIC, dsaEncoding: 'ieee-p1363' }, signature)
      case 'rsa-pss-sha512': {
        const padding = constants.RSA_PKCS1_PSS_PADDING
        return verify('sha512', base, { key: RSA_PSS_PUBLIC, padding, saltLength: 64 }, signature)
      }
    }
  }

  const request = signable(messageVectors[1]?.message ?? assert.fail())

  it('knows every part of a request, and those of the request that an answer answers', () => {
    if ('status' in request) assert.fail()
    const fields = new Map([...request.fields, ['x-list', [' a ', 'b ']], ['x-dict', ['a=1, b=2;x']]])
    const rich = { ...request, fields, host: 'Example.COM:443' }
    const input = `("@target-uri" "@scheme" "@request-target" "@authority" "x-list" "x-list";bs "x-dict";key="b");created=1`
    assert.equal(
      baseOf(rich, input),
      [
        '"@target-uri": https://example.com/foo?param=Value&Pet=dog',
        '"@scheme": https',
        '"@request-target": /foo?param=Value&Pet=dog',
        '"@authority": example.com',
        '"x-list": a, b',
        '"x-list";bs: :YQ==:, :Yg==:',
        '"x-dict";key="b": 2;x',
        `"@signature-params": ${input}`,
      ].join('\n'),
    )
    const answer = baseOf(
      { status: 503, fields: new Map(), request: rich },
      '("@status" "@method";req "x-dict";req;key="a");created=1',
    )
    assert.match(answer, /^"@status": 503\n"@method";req: POST\n"x-dict";req;key="a": 1\n/)
    const encoded = {
      ...rich,
      target:
        '/?var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something',
    }
    assert.match(
      baseOf(
        encoded,
        '("@query-param";name="var" "@query-param";name="bar" "@query-param";name="fa%C3%A7ade%22%3A%20");created=1',
      ),
      /^"@query-param";name="var": this%20is%20a%20big%0Amultiline%20value\n"@query-param";name="bar": with%20plus%20whitespace\n"@query-param";name="fa%C3%A7ade%22%3A%20": something\n/,
    )
  })

  it('has none where a component is unknown, absent, ambiguous or covered twice', () => {
    const inputs = [
      '("@status")',
      '("@unheard-of")',
      '("x-absent")',
      '("Date")',
      '("date" "date")',
      '("date";sf)',
      '("date";tr)',
      '("@method";req)',
      '("@query-param")',
      '("@query-param";name="absent")',
      '("date";key="a")',
      '(token)',
      '(1)',
    ]
    for (const input of inputs) assert.throws(() => baseOf(request, input), SignatureRefused, input)
    for (const line of ['it', 'it=1', 'other=()', 'it=(', ''])
      assert.throws(() => coveredOf(line, 'it'), SignatureRefused, line)
  })
})

describe('the value of a field', () => {
  const request = (value: string): Signable => ({
    method: 'GET',
    scheme: 'https',
    host: 'a.example',
    target: '/',
    fields: new Map([['name', [value]]]),
  })
  const lineOf = (value: string) => baseOf(request(value), '("name")').split('\n')[0]

  it('loses the blanks around it and no half of a letter', () => {
    const name = Buffer.from('Niccol\u00e0').toString('latin1')
    assert.equal(lineOf(`\t ${name} `), `"name": ${name}`)
  })

  it('is read in one pass, whatever it is made of', () => {
    // Where the work grew with the square of the length this would not end today.
    const long = `a${' '.repeat(2_000_000)}b`
    assert.equal(lineOf(long), `"name": ${long}`)
    assert.throws(() => readContentDigest(long), SignatureRefused)
  })
})

describe('Content-Digest', () => {
  // RFC 9421, appendix B, and RFC 9530, appendix B.
  const examples: readonly (readonly [field: string, body: string])[] = [
    [REQUEST_DIGEST, '{"hello": "world"}'],
    [RESPONSE_DIGEST, '{"message": "good dog"}'],
    ['sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:', '{"hello": "world"}\n'],
    [
      'sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:',
      '{"hello": "world"}\n',
    ],
    [
      'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:,sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:',
      '{"hello": "world"}\n',
    ],
    ['sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:', ''],
  ]
  it(`of the ${examples.length} published examples fits their bodies, and no other body`, () => {
    for (const [line, body] of examples) {
      const stated = readContentDigest(line)
      const taken = (text: string) =>
        new Map([...stated.keys()].map((name) => [name, hash(name, text, 'buffer')]))
      assert.ok(areDigests(stated, taken(body)), line)
      assert.ok(!areDigests(stated, taken(`${body} `)), line)
    }
    assert.equal(
      contentDigest('{"hello": "world"}\n'),
      'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:',
    )
  })

  it('is refused without a digest of ours, and where one of two is wrong', () => {
    for (const line of ['', 'md5=:AAAA:', 'sha-256=1', 'sha-256=(1)', 'sha-256=:AA', 'unixsum=30637'])
      assert.throws(() => readContentDigest(line), SignatureRefused, line)
    const both = readContentDigest(`sha-256=:${Buffer.alloc(32).toString('base64')}:, ${REQUEST_DIGEST}`)
    const taken = new Map([...both.keys()].map((name) => [name, hash(name, '{"hello": "world"}', 'buffer')]))
    assert.ok(!areDigests(both, taken))
  })
})
