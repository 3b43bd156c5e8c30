import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PublicError } from '../errors.ts'
import { readUploadChecksum, readUploadMetadata } from './tus-fields.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const isRefused = (error: unknown) => error instanceof PublicError && error.code === 'invalid_request'

test('metadata is pairs of a key and base64, in any order, with or without a value', () => {
  assert.deepEqual([...readUploadMetadata('')], [])
  const field = `filename ${base64('Zürich 報告.pdf')},is_confidential, title ${base64('A, B')}`
  assert.deepEqual(Object.fromEntries(readUploadMetadata(field)), {
    filename: 'Zürich 報告.pdf',
    is_confidential: '',
    title: 'A, B',
  })
})

test('metadata that is of another form is refused', () => {
  const bad = [
    ',',
    'a b c',
    'a QQ',
    'a QQ=',
    'a QR==',
    'a Q===',
    'a -_8=',
    'a QQ==,a QQ==',
    'a QQ==,',
    'ключ QQ==',
    `a ${Buffer.of(0xc3).toString('base64')}`,
    `a ${Buffer.from([0xed, 0xa0, 0x80]).toString('base64')}`,
    'a\tQQ==',
  ]
  for (const field of bad) assert.throws(() => readUploadMetadata(field), isRefused, field)
})

test('a checksum is a known algorithm and a digest of its length', () => {
  const digest = Buffer.alloc(20, 7)
  assert.deepEqual(readUploadChecksum(`sha1 ${digest.toString('base64')}`), { algorithm: 'sha1', digest })
  assert.equal(readUploadChecksum(`sha256 ${Buffer.alloc(32).toString('base64')}`).algorithm, 'sha256')
  for (const bad of [
    '',
    'sha1',
    'sha1 ',
    'sha256 AAAA',
    'md5 AAAA',
    'constructor AAAA',
    `SHA1 ${base64('x'.repeat(20))}`,
  ])
    assert.throws(() => readUploadChecksum(bad), isRefused, bad)
})
