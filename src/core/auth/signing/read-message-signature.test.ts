import assert from 'node:assert/strict'
import { createSecretKey, generateKeyPairSync, hash } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { signMessage } from '#test/sign-request.ts'
import { readMessageSignature } from './read-message-signature.ts'
import type { SigningSecret } from './signature-claim.ts'
import { SignatureRefused } from './signature-refused.ts'
import { fieldsOf } from './wire-request.ts'

interface Wire {
  readonly method: string
  readonly target: string
  readonly headers: readonly string[]
  readonly body: string
}

const pair = generateKeyPairSync('ed25519')
const secrets: readonly [string, string | typeof pair.privateKey, SigningSecret][] = [
  [
    'hmac-sha256',
    'a secret of the sender',
    { id: '', kind: 'hmac', key: createSecretKey('a secret of the sender', 'utf8') },
  ],
  ['ed25519', pair.privateKey, { id: '', kind: 'ed25519', key: pair.publicKey }],
]

function signed(key: string | typeof pair.privateKey, digest: 'sha-256' | 'sha-512' = 'sha-256'): Wire {
  const body = '{"title":"Renamed"}'
  const headers = signMessage(key, {
    method: 'PATCH',
    url: '/v1/documents/doc_1?a=b&c=d',
    host: 'localhost:8443',
    headers: { 'panoply-person': 'terry@contoso.com', 'panoply-person-name': 'Terry' },
    body,
    created: 1_618_884_473,
    keyid: 'the-key',
    digest,
  })
  return {
    method: 'PATCH',
    target: '/v1/documents/doc_1?a=b&c=d',
    headers: Object.entries(headers).flat(),
    body,
  }
}

function isAccepted(wire: Wire, secret: SigningSecret): boolean {
  try {
    const { method, target } = wire
    const claim = readMessageSignature({
      method,
      target,
      fields: fieldsOf(wire.headers),
      hasBody: wire.body !== '',
    })
    const digests = new Map(claim.hashes.map((name) => [name, hash(name, wire.body, 'buffer')]))
    return claim.isMadeBy(secret, digests) && claim.matchesBody(digests)
  } catch (error) {
    if (error instanceof SignatureRefused) return false
    throw error
  }
}

describe('message signatures', () => {
  it('are accepted as they were made, and by no other key', () => {
    for (const [name, key] of secrets)
      for (const digest of ['sha-256', 'sha-512'] as const)
        for (const [other, , by] of secrets) assert.equal(isAccepted(signed(key, digest), by), other === name)
  })

  it('with any bit of what they cover changed are refused', () => {
    for (const [, key, secret] of secrets) {
      const wire = signed(key)
      const parts = fc.constantFrom('method', 'target', 'body', 'headers')
      fc.assert(
        fc.property(fc.nat(), fc.nat(), fc.integer({ min: 0, max: 7 }), parts, (which, spot, bit, part) => {
          const changed: Wire =
            part === 'headers'
              ? {
                  ...wire,
                  headers: wire.headers.map((text, at) =>
                    at === which % wire.headers.length ? flipped(text, spot, bit) : text,
                  ),
                }
              : { ...wire, [part]: flipped(wire[part], spot, bit) }
          if (meaningOf(changed) === meaningOf(wire)) return
          assert.ok(!isAccepted(changed, secret), JSON.stringify(changed))
        }),
        { numRuns: 1_500 },
      )
    }
  })
})

function flipped(text: string, spot: number, bit: number): string {
  const bytes = Buffer.from(text, 'latin1')
  const at = spot % bytes.length
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
  return bytes.toString('latin1')
}

/** What a wire says: names of fields and hosts have no case, blanks around a value are none of it, unused bits of base64 neither. */
function meaningOf(wire: Wire): string {
  const fields = [...fieldsOf(wire.headers)].map(([name, values]) => {
    const value = values.map((text) => text.trim()).join()
    return [
      name,
      name === 'host'
        ? value.toLowerCase()
        : value.replace(/:([A-Za-z0-9+/=]+):/g, (_, text) => Buffer.from(text, 'base64').toString('hex')),
    ]
  })
  return JSON.stringify([wire.method, wire.target, fields, wire.body])
}
