import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { newRoutingId } from '#core/ids.ts'
import { IN_MEMORY, takeBody } from './body-spool.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'panoply-spool-'))
})
after(() => rm(folder, { recursive: true, force: true }))

const bytes = randomBytes(2 * IN_MEMORY)

function take() {
  const into = { folder, tenant: newRoutingId() }
  return takeBody(Readable.from([bytes.subarray(0, IN_MEMORY), bytes.subarray(IN_MEMORY)]), {
    limit: bytes.length,
    hashes: [],
    into,
  })
}

test('a large body waits sealed, also while the clock jumps an hour; what a kill left goes after a while', async () => {
  const first = await take()
  const [name = ''] = await readdir(folder)
  const hourAgo = new Date(Date.now() - 61 * 60_000)
  await utimes(join(folder, name), hourAgo, hourAgo)
  const second = await take()
  assert.ok((await buffer(await first.replay())).equals(bytes))
  await second.discard()
  const dayAgo = new Date(Date.now() - 25 * 3_600_000)
  await utimes(join(folder, name), dayAgo, dayAgo)
  const third = await take()
  assert.equal((await readdir(folder)).length, 1)
  await third.discard()
  await first.discard()
  assert.deepEqual(await readdir(folder), [])
})
