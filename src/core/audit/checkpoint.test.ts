import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { test } from 'node:test'
import {
  CheckpointBroken,
  createCheckpoint,
  encodeVerifierKey,
  parseTreeHead,
  parseVerifierKey,
  signingKey,
  verifyCheckpoint,
} from './checkpoint.ts'

// The example key and note of the reference implementation (golang.org/x/mod/sumdb/note).
const VKEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const SEED = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1)
const TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
const LINE =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n'

const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), SEED]),
  format: 'der',
  type: 'pkcs8',
})
const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32)
const signer = async (text: string) => ({ signature: sign(null, Buffer.from(text), privateKey), publicKey })
const root = Buffer.alloc(32, 7)

test('the verifier key and the signature are those of the reference implementation', async () => {
  assert.equal(encodeVerifierKey('PeterNeumann', publicKey), VKEY)
  const made = Buffer.concat([parseVerifierKey(VKEY).id, (await signer(TEXT)).signature]).toString('base64')
  assert.equal(`— PeterNeumann ${made}\n`, LINE)
  // The reference note is no checkpoint, but its signature is checked before that is found out.
  assert.throws(() => verifyCheckpoint(`${TEXT}\n${LINE}`, parseVerifierKey(VKEY)), /does not state/)
  assert.throws(
    () => verifyCheckpoint(`${TEXT.replace('answer', 'answers')}\n${LINE}`, parseVerifierKey(VKEY)),
    /signature of the checkpoint does not hold/,
  )
})

test('a checkpoint says what was signed and verifies by its key alone', async () => {
  const { note, key } = await createCheckpoint({ origin: 'panoply/eu/abc', size: 20_852_163, root }, signer)
  assert.deepEqual(note.split('\n').slice(0, 4), ['panoply/eu/abc', '20852163', root.toString('base64'), ''])
  assert.deepEqual(verifyCheckpoint(note, parseVerifierKey(key)), {
    origin: 'panoply/eu/abc',
    size: 20_852_163,
    root,
  })
  assert.equal(signingKey(note, [VKEY, key]), key)
  assert.equal(signingKey(note, [VKEY]), undefined)
})

test('signatures of unknown keys are ignored, a broken one of the known key is fatal', async () => {
  const { note, key } = await createCheckpoint({ origin: 'panoply/eu/abc', size: 1, root }, signer)
  assert.equal(verifyCheckpoint(`${note}${LINE}`, parseVerifierKey(key)).size, 1)
  const own = note.slice(note.indexOf('—'))
  const broken = own.replace(/.{10}=\n$/, 'AAAAAAAAAA=\n')
  assert.notEqual(broken, own)
  assert.throws(() => verifyCheckpoint(`${note}${broken}`, parseVerifierKey(key)), CheckpointBroken)
})

test('notes and keys that are malformed are refused', async () => {
  const { note, key } = await createCheckpoint({ origin: 'panoply/eu/abc', size: 5, root }, signer)
  const known = parseVerifierKey(key)
  for (const bad of [
    '',
    note.trimEnd(),
    note.replace('—', '-'),
    note.replace('\n5\n', '\n6\n'),
    note.replace('\n\n', '\n'),
    note.replace('eu', 'us'),
    note.replace('panoply/eu/abc\n', 'panoply/eu/abc\r\n'),
    `${note}\n`,
    note.slice(0, note.indexOf('—')),
  ])
    assert.throws(() => verifyCheckpoint(bad, known), CheckpointBroken)
  for (const bad of [
    VKEY.replace('c74f20a3', 'c74f20a4'),
    VKEY.replace('PeterNeumann', 'Peter Neumann'),
    VKEY.replace('+AR', '+AQ'),
    `${VKEY}+x`,
    VKEY.slice(0, -4),
    '',
  ])
    assert.throws(() => parseVerifierKey(bad), CheckpointBroken)
  for (const bad of [
    `o\n05\n${root.toString('base64')}\n`,
    `\n5\n${root.toString('base64')}\n`,
    'o\n5\nAAAA\n',
    'o\n5\n',
  ])
    assert.throws(() => parseTreeHead(bad), CheckpointBroken)
})
