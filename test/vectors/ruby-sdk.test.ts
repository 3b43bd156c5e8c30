import assert from 'node:assert/strict'
import { createSecretKey, hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readPdxHeader, readPdxQuery } from '#core/auth/signing/read-pdx.ts'
import { fieldsOf } from '#core/auth/signing/wire-request.ts'

/**
 * What Pandexio's Ruby SDK (0.0.11, unmodified, on Ruby 3.1) put on the wire when its HTTP client was called: byte for byte. Its
 * key is `asdfjklqwerzxcv`. Nothing of the SDK is here.
 */
const recordings: readonly { what: string; wire: string }[] = JSON.parse(
  readFileSync(join(import.meta.dirname, 'ruby-sdk-recordings.json'), 'utf8'),
)

interface Wire {
  readonly method: string
  readonly target: string
  readonly headers: readonly string[]
  readonly body: string
}

function wireOf(recording: string): Wire {
  const text = Buffer.from(recording, 'base64').toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const [method = '', target = ''] = first.split(' ')
  const headers = lines.flatMap((line) => {
    const at = line.indexOf(':')
    return [line.slice(0, at), line.slice(at + 1).trim()]
  })
  return { method, target, headers, body: text.slice(end + 4) }
}

function isMade(wire: Wire, secret: string): boolean {
  const fields = fieldsOf(wire.headers)
  const read = fields.has('authorization') ? readPdxHeader : readPdxQuery
  const claim = read({ method: wire.method, target: wire.target, fields })
  const digests = new Map(
    claim.hashes.map((name) => [name, hash(name, Buffer.from(wire.body, 'latin1'), 'buffer')]),
  )
  return claim.isMadeBy({ id: '', kind: 'hmac', key: createSecretKey(secret, 'utf8') }, digests)
}

describe('Pandexio’s Ruby SDK', () => {
  it(`is understood: all ${recordings.length} requests that its HTTP client made`, () => {
    assert.equal(recordings.length, 16)
    for (const { what, wire } of recordings) {
      assert.ok(isMade(wireOf(wire), 'asdfjklqwerzxcv'), what)
      assert.ok(!isMade(wireOf(wire), 'another'), what)
      assert.ok(!isMade({ ...wireOf(wire), body: 'x' }, 'asdfjklqwerzxcv'), what)
    }
  })
})
