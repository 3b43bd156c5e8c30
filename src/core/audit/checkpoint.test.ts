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

test('the note of the signed-note specification and a checkpoint of sum.golang.org verify, and not changed', () => {
  // C2SP signed-note, section “Example”.
  const example = parseVerifierKey('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k')
  const note =
    'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n'
  assert.throws(() => verifyCheckpoint(note, example), /does not state/)
  assert.throws(() => verifyCheckpoint(note.replace('an', 'no'), example), /signature .* does not hold/)
  // The checksum database of Go at 15,067,302 modules, with the signature of a witness besides.
  const goKey = parseVerifierKey('sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8')
  const head =
    'go.sum database tree\n15067302\ngJyioq6dwR9n+NjEWORfYmH+ubeYm3kH42BBQ0bTpYI=\n\n— sum.golang.org Az3grp1rvWOs5NKlr/xR4GLN/CDyzzakmt1o61uSxYKpK1SerqOP2ClbX/peKUZjYnyomH5Xz7GZG3TpB7OeKn4E2ww=\n'
  const witness =
    '— test.example.com qTGhC/xIPQ0AXKHK6Y+9ypRfuvMZWPjRXM8NiOg5M1WREn07VQXyuIXM3NRNav3ieVFLUqDRK77PWDmL6w8w84UqeAw=\n'
  for (const text of [head, `${head}${witness}`])
    assert.deepEqual(verifyCheckpoint(text, goKey), {
      origin: 'go.sum database tree',
      size: 15_067_302,
      root: Buffer.from('gJyioq6dwR9n+NjEWORfYmH+ubeYm3kH42BBQ0bTpYI=', 'base64'),
    })
  for (const text of [
    head.replace('15067302', '15067303'),
    head.replace('gJyi', 'gJyj'),
    head.replace('database', 'databasf'),
  ])
    assert.throws(() => verifyCheckpoint(text, goKey), /signature .* does not hold/)
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
