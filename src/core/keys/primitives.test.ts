import assert from 'node:assert/strict'
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

// The primitives are called here exactly as aead.ts, subkey.ts and tenant-keys.ts call them.

interface Vector {
  tcId: number
  comment: string
  result: 'valid' | 'invalid' | 'acceptable'
  [field: string]: unknown
}
interface Group {
  tests: Vector[]
  ivSize?: number
  keySize?: number
  tagSize?: number
}

const corpora = process.env.CORPORA ?? join(import.meta.dirname, '../../../../shared/corpora')
const folder = join(corpora, 'wycheproof')
const skip = existsSync(folder) ? false : `no Wycheproof vectors in ${folder}`

function groups(file: string): Group[] {
  return JSON.parse(readFileSync(join(folder, file), 'utf8')).testGroups
}
const hex = (vector: Vector, field: string) => Buffer.from(String(vector[field]), 'hex')

test('AES-256-GCM agrees with Wycheproof', { skip }, () => {
  let count = 0
  for (const { tests } of groups('aes_gcm_test.json').filter(
    (g) => g.keySize === 256 && g.ivSize === 96 && g.tagSize === 128,
  ))
    for (const vector of tests) {
      const [key, iv, aad, msg, ct, tag] = ['key', 'iv', 'aad', 'msg', 'ct', 'tag'].map((field) =>
        hex(vector, field),
      )
      assert.ok(key && iv && aad && msg && ct && tag)
      const open = () => {
        const decipher = createDecipheriv('aes-256-gcm', createSecretKey(key), iv, { authTagLength: 16 })
        decipher.setAAD(aad)
        decipher.setAuthTag(tag)
        return Buffer.concat([decipher.update(ct), decipher.final()])
      }
      count += 1
      if (vector.result === 'invalid') {
        assert.throws(open, `${vector.tcId} ${vector.comment}`)
        continue
      }
      assert.deepEqual(open(), msg, `${vector.tcId}`)
      const cipher = createCipheriv('aes-256-gcm', createSecretKey(key), iv, { authTagLength: 16 })
      cipher.setAAD(aad)
      assert.deepEqual(
        Buffer.concat([cipher.update(msg), cipher.final(), cipher.getAuthTag()]),
        Buffer.concat([ct, tag]),
      )
    }
  assert.ok(count >= 30, `${count} vectors`)
})

test('HKDF-SHA256 agrees with Wycheproof', { skip }, () => {
  let count = 0
  for (const { tests } of groups('hkdf_sha256_test.json'))
    for (const vector of tests) {
      const derive = () =>
        Buffer.from(
          hkdfSync(
            'sha256',
            createSecretKey(hex(vector, 'ikm')),
            hex(vector, 'salt'),
            hex(vector, 'info'),
            Number(vector.size),
          ),
        )
      count += 1
      if (vector.result === 'invalid') assert.throws(derive, `${vector.tcId}`)
      else assert.deepEqual(derive(), hex(vector, 'okm'), `${vector.tcId}`)
    }
  assert.ok(count >= 30, `${count} vectors`)
})

test('HMAC-SHA256 agrees with Wycheproof', { skip }, () => {
  let count = 0
  for (const { tests, tagSize = 256 } of groups('hmac_sha256_test.json'))
    for (const vector of tests) {
      const tag = createHmac('sha256', createSecretKey(hex(vector, 'key')))
        .update(hex(vector, 'msg'))
        .digest()
      count += 1
      const isRight = tag.subarray(0, tagSize / 8).equals(hex(vector, 'tag'))
      assert.equal(isRight, vector.result !== 'invalid', `${vector.tcId} ${vector.comment}`)
    }
  assert.ok(count >= 30, `${count} vectors`)
})
