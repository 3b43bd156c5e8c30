// Child process of a test: seals a blob again and swaps it, unless it is killed before.
import { createSecretKey } from 'node:crypto'
import { openBlobStore } from '#core/blobs/blob-store.ts'

export interface ResealOrder {
  readonly root: string
  readonly container: string
  readonly blobId: string
  /** Hex. */
  readonly key: string
  readonly newKey: string
}

process.once('message', async ({ root, container, blobId, key, newKey }: ResealOrder) => {
  const [from, to] = [key, newKey].map((hex) => createSecretKey(Buffer.from(hex, 'hex')))
  if (!from || !to) throw new Error('two keys were expected')
  const resealed = await openBlobStore(root).reseal(container, blobId, { keys: [from], key: to })
  await resealed?.swap()
  process.disconnect()
})
