// Encrypted blobs of tenants in folders: <root>/<container>/<first two characters>/<blob id>.
// Must stay true: plaintext never touches the disk, nothing half-written is ever visible, memory is constant whatever the size.
import { KeyObject } from 'node:crypto'
import type { Dirent } from 'node:fs'
import { chmod, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { PublicError } from '../errors.ts'
import { isRoutingId, newId } from '../ids.ts'
import { type ByteRange, readBlob, resealBlob, writeBlob } from './blob-file.ts'

/** Beside the containers: where a web process holds large signed bodies until they are proved, sealed under a key that dies with it. */
export const SPOOL = 'spool'

export interface StoredBlob {
  /** Plaintext bytes. */
  size: number
  /** SHA-256 of the plaintext, hex. */
  sha256: string
}

/** A blob sealed again beside the one in use. Swapping is one step: a reader or a kill finds the old or the new one, whole. */
export interface ResealedBlob {
  /** Plaintext bytes. */
  readonly size: number
  /** Takes the place of the one in use. Throws when it was discarded or swept meanwhile. */
  swap(): Promise<void>
  /** Removes what was not swapped; no error when it was. */
  discard(): Promise<void>
}

/** Blobs of one region. A container is a tenant's routing id; a blob id is a UUID; the key is the one of the document. */
export interface BlobStore {
  /**
   * Stores a stream under an id, all or nothing and on disk when it resolves.
   * Throws `storage_full`; any error or abort of the source passes through after every trace is removed.
   */
  put(container: string, blobId: string, key: KeyObject, source: Readable): Promise<StoredBlob>
  /**
   * The plaintext, or a range of it. Throws `not_found`, SealBroken for another key or another place, RangeError;
   * the stream errors with SealBroken where the blob was cut, changed or exchanged. Its file is opened at the first read.
   */
  open(
    container: string,
    blobId: string,
    key: KeyObject | readonly KeyObject[],
    range?: ByteRange,
  ): Promise<Readable>
  /**
   * Seals a blob again, from one of `keys` to `key`, and removes what an earlier try left. Null when it is under `key` already.
   * Throws `not_found`, `storage_full`, SealBroken when it was changed or none of the keys opens it; nothing new remains then.
   */
  reseal(
    container: string,
    blobId: string,
    { keys, key }: { keys: readonly KeyObject[]; key: KeyObject },
  ): Promise<ResealedBlob | null>
  /** Removes a blob; no error when there is none. */
  remove(container: string, blobId: string): Promise<void>
  removeContainer(container: string): Promise<void>
  /** Ids of all whole blobs, in no order. */
  list(container: string): AsyncIterable<string>
  /** Removes unfinished parts that were last written before the instant; returns how many. */
  sweep(container: string, before: Date): Promise<number>
}

const BLOB_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const PART = /\.part$/

/** The blob store over one folder (a region's `blobRoot`). */
export function openBlobStore(root: string): BlobStore {
  function folderOf(container: string): string {
    if (!isRoutingId(container)) throw new TypeError('Not the id of a container.')
    return join(root, container)
  }
  function fileOf(container: string, blobId: string): string {
    if (!BLOB_ID.test(blobId)) throw new TypeError('Not the id of a blob.')
    // The last characters of a UUIDv7 are random; its first are the time.
    return join(folderOf(container), blobId.slice(-2), blobId)
  }

  async function* files(container: string): AsyncIterable<string> {
    for (const folder of await entries(folderOf(container)))
      if (folder.isDirectory())
        for (const file of await entries(join(folderOf(container), folder.name)))
          yield join(folderOf(container), folder.name, file.name)
  }

  return {
    async put(container, blobId, key, source) {
      const file = fileOf(container, blobId)
      const part = `${file}.${newId()}.part`
      try {
        await makeFolder(dirname(file))
        const stored = await writeBlob(part, { container, blobId, key }, source)
        await rename(part, file)
        await syncFolder(dirname(file))
        return stored
      } catch (cause) {
        source.destroy()
        await rm(part, { force: true })
        throw diskFault(cause)
      }
    },
    async open(container, blobId, key, range) {
      const file = fileOf(container, blobId)
      try {
        return await readBlob(
          file,
          { container, blobId, keys: key instanceof KeyObject ? [key] : key },
          range,
        )
      } catch (cause) {
        throw missingFault(cause)
      }
    },
    async reseal(container, blobId, { keys, key }) {
      const file = fileOf(container, blobId)
      const part = `${file}.${newId()}.part`
      const discard = () => rm(part, { force: true })
      try {
        for (const { name } of await entries(dirname(file)))
          if (name.startsWith(`${blobId}.`) && PART.test(name))
            await rm(join(dirname(file), name), { force: true })
        const resealed = await resealBlob(file, part, { container, blobId, keys, key })
        if (!resealed) return null
        return {
          size: resealed.size,
          async swap() {
            await rename(part, file)
            await syncFolder(dirname(file))
          },
          discard,
        }
      } catch (cause) {
        await discard()
        throw missingFault(diskFault(cause))
      }
    },
    async remove(container, blobId) {
      await rm(fileOf(container, blobId), { force: true })
    },
    async removeContainer(container) {
      await rm(folderOf(container), { recursive: true, force: true })
    },
    async *list(container) {
      for await (const file of files(container)) {
        const name = file.slice(file.lastIndexOf('/') + 1)
        if (BLOB_ID.test(name)) yield name
      }
    },
    async sweep(container, before) {
      let swept = 0
      for await (const file of files(container)) {
        if (!PART.test(file) || (await lastWritten(file)) >= before.getTime()) continue
        await rm(file, { force: true })
        swept += 1
      }
      return swept
    },
  }
}

/** Web and worker share the folders through their group, whatever the umask of the one that came first. */
async function makeFolder(folder: string): Promise<void> {
  for (let made = await mkdir(folder, { recursive: true }); made !== undefined && folder.startsWith(made); ) {
    await chmod(folder, 0o2770)
    await syncFolder(dirname(folder))
    if (folder === made) return
    folder = dirname(folder)
  }
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r')
  await handle.sync()
}

async function entries(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if (isCode(error, 'ENOENT')) return []
    throw error
  }
}

/** Milliseconds since 1970; never, for a file that went away meanwhile. */
async function lastWritten(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs
  } catch (error) {
    if (isCode(error, 'ENOENT')) return Number.POSITIVE_INFINITY
    throw error
  }
}

/** What a caller is told of a full disk; any other error as it is. */
function diskFault(cause: unknown): unknown {
  const isFull = isCode(cause, 'ENOSPC') || isCode(cause, 'EDQUOT')
  return isFull ? new PublicError('storage_full', undefined, { cause }) : cause
}

/** What a caller is told of a blob that is not there; any other error as it is. */
function missingFault(cause: unknown): unknown {
  return isCode(cause, 'ENOENT') ? new PublicError('not_found', undefined, { cause }) : cause
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
