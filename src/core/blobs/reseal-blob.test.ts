import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { createHash, createSecretKey, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import type { ResealOrder } from '#test/reseal-until-killed.ts'
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

test('sealed again it is the same blob under another key, swapped in one step under whoever reads', async () => {
  using own = ownStore()
  const { container, store } = own
  const newKey = createSecretKey(randomBytes(32))
  for (const size of [0, 1, MB, 3 * MB + 17]) {
    const blobId = newId()
    const expected = await buffer(stream(size))
    await store.put(container, blobId, key, stream(size))
    const unread = await store.open(container, blobId, [newKey, key])
    const begun = await store.open(container, blobId, key)
    if (size > 0) await once(begun, 'readable')
    const resealed = await store.reseal(container, blobId, { keys: [newKey, key], key: newKey })
    assert.equal(resealed?.size, size)
    assert.ok((await buffer(await store.open(container, blobId, key))).equals(expected), 'not swapped yet')
    await resealed.swap()
    await resealed.discard()
    for (const reading of size > 0 ? [unread, begun] : [unread])
      assert.ok((await buffer(reading)).equals(expected), `${size}`)
    assert.ok((await buffer(await store.open(container, blobId, newKey))).equals(expected))
    await assert.rejects(store.open(container, blobId, key), { name: 'SealBroken' })
    assert.equal(await store.reseal(container, blobId, { keys: [newKey, key], key: newKey }), null)
    begun.destroy()
  }
  assert.equal(own.everything().length, 4)
  const blobId = newId()
  await store.put(container, blobId, key, stream(2 * MB))
  const bytes = readFileSync(own.file(blobId))
  bytes[MB + 400] = (bytes[MB + 400] ?? 0) ^ 1
  writeFileSync(own.file(blobId), bytes)
  await assert.rejects(store.reseal(container, blobId, { keys: [key], key: newKey }), { name: 'SealBroken' })
  await assert.rejects(store.reseal(container, newId(), { keys: [key], key: newKey }), { code: 'not_found' })
  assert.ok(readFileSync(own.file(blobId)).equals(bytes))
  assert.equal(own.everything().length, 5, 'nothing new remains')
})

test('a kill in the middle of sealing again loses nothing, and the next try leaves nothing over', async () => {
  using own = ownStore()
  const { container, store } = own
  const [blobId, size] = [newId(), 48 * MB]
  const stored = await store.put(container, blobId, key, stream(size))
  const newKey = createSecretKey(randomBytes(32))
  const child = fork(join(import.meta.dirname, '../../../test/reseal-until-killed.ts'), { execArgv: [] })
  const ended = once(child, 'exit')
  child.send({
    root: own.root,
    container,
    blobId,
    key: key.export().toString('hex'),
    newKey: newKey.export().toString('hex'),
  } satisfies ResealOrder)
  const parts = () => own.everything().filter(({ name }) => name.endsWith('.part'))
  while (!parts().some((part) => statSync(join(part.parentPath, part.name)).size > MB))
    await new Promise((resolve) => setImmediate(resolve))
  child.kill('SIGKILL')
  assert.equal((await ended)[1], 'SIGKILL')
  const [left] = parts()
  assert.ok(left && statSync(join(left.parentPath, left.name)).size < statSync(own.file(blobId)).size)
  assert.equal(await hashOf(await store.open(container, blobId, [newKey, key])), stored.sha256)
  const resealed = await store.reseal(container, blobId, { keys: [newKey, key], key: newKey })
  await resealed?.swap()
  assert.equal(await hashOf(await store.open(container, blobId, newKey)), stored.sha256)
  assert.deepEqual(
    own.everything().map(({ name }) => name),
    [blobId],
  )
})

async function hashOf(source: Readable): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of source) hash.update(piece)
  return hash.digest('hex')
}
