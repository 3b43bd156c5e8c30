import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PublicError } from './errors.ts'
import { fromApi, isRoutingId, newCredential, newId, newRoutingId, readCredential, toApi } from './ids.ts'

test('an id survives the way to the API and back', () => {
  for (let i = 0; i < 500; i++) {
    const id = newId()
    assert.equal(fromApi('doc', toApi('doc', id)), id)
  }
})

test('the extreme ids keep their form', () => {
  for (const [uuid, text] of [
    ['00000000-0000-0000-0000-000000000000', `doc_${'0'.repeat(26)}`],
    ['ffffffff-ffff-ffff-ffff-ffffffffffff', `doc_7${'z'.repeat(25)}`],
    ['00000000-0000-0000-0000-000000000001', `doc_${'0'.repeat(25)}1`],
  ] as const) {
    assert.equal(toApi('doc', uuid), text)
    assert.equal(fromApi('doc', text), uuid)
  }
  assert.throws(() => fromApi('doc', `doc_8${'0'.repeat(25)}`), PublicError)
})

test('ids made later sort later', () => {
  assert.ok(newId(1_000) < newId(2_000))
  assert.equal(newId()[14], '7')
})

test('any other text is not found, never an exception of another kind', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.throws(
        () => fromApi('doc', text),
        (error) => error instanceof PublicError && error.code === 'not_found',
      )
    }),
  )
  assert.throws(() => fromApi('doc', toApi('snp', newId())), PublicError)
})

test('credentials begin with the routing id and carry 256 bits', () => {
  const tenant = newRoutingId()
  assert.ok(isRoutingId(tenant))
  const credential = newCredential(tenant, 's')
  assert.deepEqual(readCredential(credential), { tenant, kind: 's' })
  assert.equal(Buffer.from(credential.split('.')[2] ?? '', 'base64url').length, 32)
  assert.equal(readCredential(`${credential}x`), undefined)
})
