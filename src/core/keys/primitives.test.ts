import assert from 'node:assert/strict'
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPublicKey,
  createSecretKey,
  hkdfSync,
  pbkdf2Sync,
  scryptSync,
  verify,
} from 'node:crypto'
import { describe, it } from 'node:test'
import { type Vector, wycheproof } from '#test/vectors/corpus.ts'
import { encodeVerifierKey, parseVerifierKey } from '../audit/checkpoint.ts'
import { Passwords } from '../auth/password.ts'
import { deriveBytes } from './subkey.ts'

// Primitives are called here exactly as the house calls them, through the house's own functions where a vector fits their shape.

const bytes = (vector: Vector, field: string) => Buffer.from(String(vector[field]), 'hex')
const named = ({ tcId, comment }: Vector) => `${tcId} ${comment}`

const aead = wycheproof('aes_gcm').filter(
  ({ keySize, ivSize, tagSize }) => keySize === 256 && ivSize === 96 && tagSize === 128,
)
const macs = ['hmac_sha1', 'hmac_sha256', 'hmac_sha384', 'hmac_sha512'] as const
const countOf = (groups: readonly { readonly tests: readonly Vector[] }[]) =>
  groups.reduce((sum, { tests }) => sum + tests.length, 0)
const [hkdf, ed25519, ecdsa] = ['hkdf_sha256', 'ed25519', 'ecdsa_secp256r1_sha256'].map(wycheproof)
assert.ok(hkdf && ed25519 && ecdsa)

describe('primitives agree with Wycheproof', () => {
  it(`AES-256-GCM: ${countOf(aead)} vectors`, () => {
    let invalid = 0
    for (const vector of aead.flatMap(({ tests }) => tests)) {
      const key = createSecretKey(bytes(vector, 'key'))
      const [iv, aad, msg, ct, tag] = ['iv', 'aad', 'msg', 'ct', 'tag'].map((field) => bytes(vector, field))
      assert.ok(iv && aad && msg && ct && tag)
      const open = () => {
        const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 })
        decipher.setAAD(aad)
        decipher.setAuthTag(tag)
        return Buffer.concat([decipher.update(ct), decipher.final()])
      }
      if (vector.result === 'invalid') {
        invalid++
        assert.throws(open, named(vector))
        continue
      }
      assert.deepEqual(open(), msg, named(vector))
      const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: 16 })
      cipher.setAAD(aad)
      assert.deepEqual(
        Buffer.concat([cipher.update(msg), cipher.final(), cipher.getAuthTag()]),
        Buffer.concat([ct, tag]),
        named(vector),
      )
    }
    assert.deepEqual([countOf(aead), invalid], [66, 27])
  })

  it(`HKDF-SHA256: ${countOf(hkdf)} vectors`, () => {
    let ours = 0
    for (const vector of hkdf.flatMap(({ tests }) => tests)) {
      const key = createSecretKey(bytes(vector, 'ikm'))
      const [salt, info, okm] = ['salt', 'info', 'okm'].map((field) => bytes(vector, field))
      assert.ok(salt && info && okm)
      const derive = () => Buffer.from(hkdfSync('sha256', key, salt, info, Number(vector.size)))
      if (vector.result === 'invalid') {
        assert.throws(derive, named(vector))
        continue
      }
      assert.deepEqual(derive(), okm, named(vector))
      // Ours takes no salt, names its purpose in text without NUL, and gives 32 bytes: the beginning of any longer run.
      const text = info.toString('utf8')
      if (salt.length > 0 || okm.length < 32 || text.includes('\0') || !Buffer.from(text).equals(info))
        continue
      ours++
      assert.deepEqual(deriveBytes(key, text), okm.subarray(0, 32), named(vector))
    }
    assert.deepEqual([countOf(hkdf), ours], [86, 7])
  })

  for (const name of macs) {
    const groups = wycheproof(name)
    it(`${name.replace('_', '-').toUpperCase()}: ${countOf(groups)} vectors`, () => {
      for (const { tests, tagSize = 0 } of groups)
        for (const vector of tests) {
          const mac = createHmac(name.slice('hmac_'.length), createSecretKey(bytes(vector, 'key')))
          const tag = mac.update(bytes(vector, 'msg')).digest()
          const isRight = tag.subarray(0, tagSize / 8).equals(bytes(vector, 'tag'))
          assert.equal(isRight, vector.result !== 'invalid', named(vector))
        }
      assert.ok(countOf(groups) >= 170)
    })
  }

  const pbkdf2 = wycheproof('pbkdf2_hmacsha256')
  it(`PBKDF2-HMAC-SHA256: ${countOf(pbkdf2)} vectors`, () => {
    for (const vector of pbkdf2.flatMap(({ tests }) => tests)) {
      const derived = pbkdf2Sync(
        bytes(vector, 'password'),
        bytes(vector, 'salt'),
        Number(vector.iterationCount),
        Number(vector.dkLen),
        'sha256',
      )
      assert.deepEqual(derived, bytes(vector, 'dk'), named(vector))
    }
    assert.ok(countOf(pbkdf2) >= 60)
  })

  it(`Ed25519, with keys read from verifier keys: ${countOf(ed25519)} vectors`, () => {
    for (const { publicKey, tests } of ed25519) {
      const vkey = encodeVerifierKey('wycheproof', Buffer.from(publicKey?.pk ?? '', 'hex'))
      const { key } = parseVerifierKey(vkey)
      for (const vector of tests) {
        const holds = verify(null, bytes(vector, 'msg'), key, bytes(vector, 'sig'))
        assert.equal(holds, vector.result === 'valid', named(vector))
      }
    }
    assert.ok(countOf(ed25519) >= 150)
  })

  it(`ECDSA on P-256 with SHA-256, as certificates are signed: ${countOf(ecdsa)} vectors`, () => {
    for (const { publicKeyDer, tests } of ecdsa) {
      const key = createPublicKey({
        key: Buffer.from(publicKeyDer ?? '', 'hex'),
        format: 'der',
        type: 'spki',
      })
      for (const vector of tests) {
        const holds = verify('sha256', bytes(vector, 'msg'), key, bytes(vector, 'sig'))
        assert.equal(holds, vector.result === 'valid', named(vector))
      }
    }
    assert.ok(countOf(ecdsa) >= 480)
  })
})

describe('primitives agree with their RFCs', () => {
  it('HMAC-MD5: the 7 vectors of RFC 2202', () => {
    const vectors: readonly [key: Buffer, data: Buffer | string, tag: string][] = [
      [Buffer.alloc(16, 0x0b), 'Hi There', '9294727a3638bb1c13f48ef8158bfc9d'],
      [Buffer.from('Jefe'), 'what do ya want for nothing?', '750c783e6ab0b503eaa86e310a5db738'],
      [Buffer.alloc(16, 0xaa), Buffer.alloc(50, 0xdd), '56be34521d144c88dbb8c733f0e8b3f6'],
      [
        Buffer.from(Array.from({ length: 25 }, (_, at) => at + 1)),
        Buffer.alloc(50, 0xcd),
        '697eaf0aca3a3aea3a75164746ffaa79',
      ],
      [Buffer.alloc(16, 0x0c), 'Test With Truncation', '56461ef2342edc00f9bab995690efd4c'],
      [
        Buffer.alloc(80, 0xaa),
        'Test Using Larger Than Block-Size Key - Hash Key First',
        '6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd',
      ],
      [
        Buffer.alloc(80, 0xaa),
        'Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data',
        '6f630fad67cda0ee1fb1f562db3aa53e',
      ],
    ]
    for (const [key, data, tag] of vectors)
      assert.equal(createHmac('md5', createSecretKey(key)).update(data).digest('hex'), tag)
  })

  it('scrypt: the vectors of RFC 7914', () => {
    const vectors = [
      ['', '', 16, 1, 1, '77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442'],
      ['password', 'NaCl', 1024, 8, 16, 'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162'],
      [
        'pleaseletmein',
        'SodiumChloride',
        16_384,
        8,
        1,
        '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2',
      ],
    ] as const
    for (const [password, salt, N, r, p, key] of vectors)
      assert.equal(scryptSync(password, salt, 32, { N, r, p, maxmem: 2 ** 26 }).toString('hex'), key)
  })

  it('Argon2id: hashes that the reference implementation publishes open to their passwords alone', async () => {
    const passwords = new Passwords()
    const vectors = [
      ['password', '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'],
      ['password', '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'],
      ['password', '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc'],
      ['password', '$argon2id$v=19$m=65536,t=2,p=1$ZGlmZnNhbHQ$vfMrBczELrFdWP0ZsfhWsRPaHppYdP3MVEMIVlqoFBw'],
    ] as const
    for (const [password, phc] of vectors) {
      assert.equal(await passwords.matches(phc, password), true, phc)
      assert.equal(await passwords.matches(phc, `${password} `), false, phc)
    }
  })
})
