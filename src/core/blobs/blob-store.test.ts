import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, createSecretKey, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { buildDecrypt } from '@aws-crypto/decrypt-node'
import { buildEncrypt } from '@aws-crypto/encrypt-node'
import { AlgorithmSuiteIdentifier, CommitmentPolicy } from '@aws-crypto/material-management-node'
import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/raw-aes-keyring-node'
import { newId, newRoutingId } from '../ids.ts'
import { openBlobStore } from './blob-store.ts'

const key = createSecretKey(randomBytes(32))
const MB = 2 ** 20

function ownStore() {
  const root = mkdtempSync(join(tmpdir(), 'panoply-blobs-'))
  const container = newRoutingId()
  return {
    root,
    container,
    store: openBlobStore(root),
    file: (blobId: string, of = container) => join(root, of, blobId.slice(-2), blobId),
    everything: () =>
      readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  }
}

/** So many bytes in chunks of 64 KiB, the same every time. */
function stream(size: number): Readable {
  let left = size
  return new Readable({
    read() {
      const length = Math.min(left, 65536)
      left -= length
      this.push(length === 0 ? null : Buffer.alloc(length, left % 251))
    },
  })
}

test('what was put comes back, whatever its size, with its size and SHA-256', async () => {
  using own = ownStore()
  for (const size of [0, 1, 65535, MB - 1, MB, MB + 1, 3 * MB, 3 * MB + 17]) {
    const blobId = newId()
    const expected = await buffer(stream(size))
    const stored = await own.store.put(own.container, blobId, key, stream(size))
    assert.deepEqual(stored, { size, sha256: createHash('sha256').update(expected).digest('hex') })
    const found = await buffer(await own.store.open(own.container, blobId, key))
    assert.ok(found.equals(expected), `${size}`)
  }
})

test('on the disk there is no plaintext, and what is in clear is opaque ids', async () => {
  using own = ownStore()
  const blobId = newId()
  await own.store.put(own.container, blobId, key, Readable.from([Buffer.from('planted word '.repeat(9))]))
  const file = readFileSync(own.file(blobId))
  assert.ok(!file.includes('planted'))
  const words = file
    .subarray(0, 250)
    .toString('latin1')
    .match(/[a-z0-9-]{4,}/g)
  assert.deepEqual(
    words?.filter((word) => !['blob', 'tenant', 'panoply', 'document'].includes(word) && word.length > 5),
    [blobId, own.container],
  )
  assert.equal(statSync(own.file(blobId)).mode & 0o007, 0)
  assert.equal(statSync(dirname(own.file(blobId))).mode & 0o777, 0o770)
})

test('a blob that was cut, changed or lengthened anywhere never ends well', async () => {
  using own = ownStore()
  const blobId = newId()
  await own.store.put(own.container, blobId, key, stream(2 * MB + 5))
  const whole = readFileSync(own.file(blobId))
  const expected = await buffer(stream(2 * MB + 5))
  const head = whole.length - (2 * MB + 5) - 3 * 32 - 8
  const frame = MB + 32
  const spoilt: Record<string, Buffer> = {
    'empty file': Buffer.alloc(0),
    'cut in the header': whole.subarray(0, head - 20),
    'cut after the header': whole.subarray(0, head),
    'cut after the first frame': whole.subarray(0, head + frame),
    'cut after the second frame': whole.subarray(0, head + 2 * frame),
    'last byte missing': whole.subarray(0, -1),
    'one byte more': Buffer.concat([whole, Buffer.from('x')]),
    'first frame twice': Buffer.concat([whole.subarray(0, head + frame), whole.subarray(head)]),
    'frames swapped': Buffer.concat([
      whole.subarray(0, head),
      whole.subarray(head + frame, head + 2 * frame),
      whole.subarray(head, head + frame),
      whole.subarray(head + 2 * frame),
    ]),
  }
  for (const at of [
    0,
    1,
    3,
    40,
    head - 5,
    head + 8,
    head + 100,
    head + frame + 500,
    whole.length - 20,
    whole.length - 1,
  ]) {
    const changed = Buffer.from(whole)
    changed[at] = (changed[at] ?? 0) ^ 1
    spoilt[`byte ${at} of ${whole.length} changed`] = changed
  }
  for (const [name, bytes] of Object.entries(spoilt)) {
    writeFileSync(own.file(blobId), bytes)
    const seen: Buffer[] = []
    const read = async () => {
      for await (const chunk of await own.store.open(own.container, blobId, key)) seen.push(chunk)
    }
    await assert.rejects(read(), { name: 'SealBroken' }, name)
    const prefix = Buffer.concat(seen)
    assert.ok(prefix.equals(expected.subarray(0, prefix.length)), `${name}: unproven bytes came out`)
  }
})

test('a range comes back as exactly these bytes, and one outside is refused', async () => {
  using own = ownStore()
  const size = 3 * MB + 100
  const blobId = newId()
  await own.store.put(own.container, blobId, key, stream(size))
  const whole = await buffer(stream(size))
  for (const [start, end] of [
    [0, 0],
    [0, size - 1],
    [5, MB - 1],
    [MB, MB],
    [MB - 1, 2 * MB],
    [3 * MB - 1, 3 * MB + 1],
    [size - 1, size - 1],
  ] as const) {
    const found = await buffer(await own.store.open(own.container, blobId, key, { start, end }))
    assert.ok(found.equals(whole.subarray(start, end + 1)), `${start}-${end}`)
  }
  for (const [start, end] of [
    [-1, 0],
    [2, 1],
    [0, size],
    [size, size],
  ] as const)
    await assert.rejects(own.store.open(own.container, blobId, key, { start, end }), RangeError)
})

test('the AWS Encryption SDK reads what we write, and we read what it writes', async () => {
  using own = ownStore()
  const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY
  const { encrypt } = buildEncrypt(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
  const { decrypt } = buildDecrypt(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
  const keyring = new RawAesKeyringNode({
    keyNamespace: 'panoply',
    keyName: 'document',
    unencryptedMasterKey: new Uint8Array(key.export()),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  })
  for (const size of [0, 10, MB, 2 * MB + 3]) {
    const blobId = newId()
    const expected = await buffer(stream(size))
    await own.store.put(own.container, blobId, key, stream(size))
    const { plaintext, messageHeader } = await decrypt(keyring, readFileSync(own.file(blobId)))
    assert.ok(plaintext.equals(expected))
    const encryptionContext = { blob: blobId, tenant: own.container }
    assert.deepEqual({ ...messageHeader.encryptionContext }, encryptionContext)
    assert.equal(messageHeader.suiteId, suiteId)
    const theirs = await encrypt(keyring, expected, { suiteId, encryptionContext, frameLength: MB })
    writeFileSync(own.file(blobId), theirs.result)
    assert.ok((await buffer(await own.store.open(own.container, blobId, key))).equals(expected))
  }
})

test('another key, another id or another container does not open it, and says so before the first byte', async () => {
  using own = ownStore()
  const [mine, other, stranger] = [newId(), newId(), newRoutingId()]
  await own.store.put(own.container, mine, key, stream(10))
  await own.store.put(own.container, other, key, stream(10))
  const broken = { name: 'SealBroken' }
  await assert.rejects(own.store.open(own.container, mine, createSecretKey(randomBytes(32))), broken)
  copyFileSync(own.file(mine), own.file(other))
  await assert.rejects(own.store.open(own.container, other, key), broken)
  mkdirSync(dirname(own.file(mine, stranger)), { recursive: true })
  copyFileSync(own.file(mine), own.file(mine, stranger))
  await assert.rejects(own.store.open(stranger, mine, key), broken)
  await assert.rejects(own.store.open(own.container, newId(), key), { code: 'not_found' })
})

test('names that are not ids never become paths', async () => {
  using own = ownStore()
  for (const [container, blobId] of [
    ['..', newId()],
    ['../../../etc', newId()],
    [own.container, '../../etc/passwd'],
    [own.container, `${newId()}/..`],
  ] as const) {
    await assert.rejects(own.store.open(container, blobId, key), TypeError)
    await assert.rejects(own.store.put(container, blobId, key, stream(1)), TypeError)
    await assert.rejects(own.store.remove(container, blobId), TypeError)
  }
})

test('an upload that breaks off leaves nothing, and the blob that was there stays', async () => {
  using own = ownStore()
  const blobId = newId()
  await own.store.put(own.container, blobId, key, stream(5))
  for (const cutAt of [0, 1, MB, 3 * MB + 5]) {
    const source = Readable.from(
      (async function* () {
        yield* stream(cutAt)
        throw new Error('connection cut')
      })(),
    )
    await assert.rejects(own.store.put(own.container, blobId, key, source), /connection cut/)
  }
  const silent = stream(50 * MB)
  const second = own.store.put(own.container, newId(), key, silent)
  silent.destroy()
  await assert.rejects(second, { code: 'ERR_STREAM_PREMATURE_CLOSE' })
  assert.deepEqual(
    own.everything().map((entry) => entry.name),
    [blobId],
  )
  assert.equal((await buffer(await own.store.open(own.container, blobId, key))).length, 5)
})

test('a reader that goes away closes the file', async () => {
  using own = ownStore()
  const blobId = newId()
  await own.store.put(own.container, blobId, key, stream(8 * MB))
  const openFiles = () => readdirSync('/proc/self/fd').length
  const before = openFiles()
  for (let i = 0; i < 5; i++) {
    const reading = await own.store.open(own.container, blobId, key)
    await once(reading, 'readable')
    reading.destroy()
    await once(reading, 'close')
  }
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  assert.ok(openFiles() <= before + 1, `${openFiles()} against ${before}`)
})

test('a reader that never reads holds no file, and finds the blob when it does', async () => {
  using own = ownStore()
  const blobId = newId()
  await own.store.put(own.container, blobId, key, stream(3 * MB))
  const openBlobs = () =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(own.root)
      } catch {
        // The folder's own descriptor is gone when it is looked at.
        return false
      }
    })
  const readers: Readable[] = []
  for (let i = 0; i < 20; i++) readers.push(await own.store.open(own.container, blobId, key))
  assert.deepEqual(openBlobs(), [])
  const [first, second, ...rest] = readers
  assert.ok(first && second)
  await once(first, 'readable')
  assert.equal(openBlobs().length, 1)
  assert.equal((await buffer(first)).length, 3 * MB)
  for (const unread of rest) unread.destroy()
  await Promise.all(rest.map((unread) => once(unread, 'close')))
  assert.deepEqual(openBlobs(), [])
  await own.store.put(own.container, blobId, key, stream(3 * MB))
  await assert.rejects(buffer(second), { name: 'SealBroken' })
  assert.deepEqual(openBlobs(), [])
})

test('of a range only the frames it touches are opened', async () => {
  using own = ownStore()
  const blobId = newId()
  await own.store.put(own.container, blobId, key, stream(5 * MB))
  const whole = await buffer(stream(5 * MB))
  const bytes = readFileSync(own.file(blobId))
  // Everything outside the third and fourth frame is spoilt: reading any of it would break the seal.
  const frame = MB + 32
  for (const [from, to] of [
    [250, 250 + 2 * frame],
    [250 + 4 * frame, bytes.length],
  ] as const)
    bytes.fill(0, from, to)
  writeFileSync(own.file(blobId), bytes)
  const [start, end] = [2 * MB, 4 * MB - 1]
  const found = await buffer(await own.store.open(own.container, blobId, key, { start, end }))
  assert.ok(found.equals(whole.subarray(start, end + 1)))
  for (const wider of [
    { start: start - 1, end },
    { start, end: end + 1 },
  ])
    await assert.rejects(buffer(await own.store.open(own.container, blobId, key, wider)), {
      name: 'SealBroken',
    })
})

test('list names whole blobs, sweep removes old parts only, remove and removeContainer remove', async () => {
  using own = ownStore()
  const ids = [newId(), newId(), newId()].sort()
  for (const id of ids) await own.store.put(own.container, id, key, stream(1))
  const [first = ''] = ids
  for (const [name, age] of [
    ['old', 7200],
    ['young', 10],
  ] as const) {
    const part = `${own.file(first)}.${name}.part`
    writeFileSync(part, 'x')
    utimesSync(part, Date.now() / 1000 - age, Date.now() / 1000 - age)
  }
  assert.deepEqual((await Array.fromAsync(own.store.list(own.container))).sort(), ids)
  assert.equal(await own.store.sweep(own.container, new Date(Date.now() - 3600_000)), 1)
  assert.equal(own.everything().filter((entry) => entry.name.endsWith('.part')).length, 1)
  await own.store.remove(own.container, first)
  await own.store.remove(own.container, first)
  assert.deepEqual((await Array.fromAsync(own.store.list(own.container))).sort(), ids.slice(1))
  await own.store.removeContainer(own.container)
  assert.deepEqual(await Array.fromAsync(own.store.list(own.container)), [])
})

test('100 MB go in and out with at most 64 MiB of memory', async () => {
  using own = ownStore()
  await own.store.put(own.container, newId(), key, stream(8 * MB))
  // Other tests share this process, so the calmest of three rounds counts: what keeps the file grows in each.
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 3; round++) {
    const blobId = newId()
    const before = process.memoryUsage.rss()
    let peak = before
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss())
    }, 5)
    await own.store.put(own.container, blobId, key, stream(100 * MB))
    let size = 0
    for await (const chunk of await own.store.open(own.container, blobId, key)) size += chunk.length
    clearInterval(watch)
    assert.equal(size, 100 * MB)
    await own.store.remove(own.container, blobId)
    least = Math.min(least, peak - before)
  }
  assert.ok(least <= 64 * MB, `${Math.round(least / MB)} MiB`)
})

const isRoot = process.getuid?.() === 0
test('a full disk is said so, and nothing remains', {
  skip: isRoot ? false : 'only root can mount a small disk',
}, async (t) => {
  using own = ownStore()
  const disk = join(own.root, 'disk')
  mkdirSync(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk], { stdio: 'pipe' })
  } catch {
    return t.skip('mounting is not allowed here')
  }
  try {
    const store = openBlobStore(disk)
    await assert.rejects(store.put(own.container, newId(), key, stream(20 * MB)), { code: 'storage_full' })
    assert.deepEqual(
      readdirSync(disk, { recursive: true, withFileTypes: true }).filter((e) => e.isFile()),
      [],
    )
    await store.put(own.container, newId(), key, stream(MB))
  } finally {
    execFileSync('umount', [disk])
  }
})
