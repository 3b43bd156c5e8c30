// Encrypted blobs of tenants in folders: <root>/<container>/<first two characters>/<blob id>.
// Must stay true: plaintext never touches the disk, nothing half-written is ever visible, memory is constant whatever the size.
import type { KeyObject } from 'node:crypto'
import type { Readable } from 'node:stream'

export interface StoredBlob {
  /** Plaintext bytes. */
  size: number
  /** SHA-256 of the plaintext, hex. */
  sha256: string
}

/** Blobs of one region. A container is a tenant's routing id; a blob id is a UUID; the key is the one of the document. */
export interface BlobStore {
  /**
   * Stores a stream under an id, all or nothing and on disk when it resolves.
   * Throws `storage_full`; any error or abort of the source passes through after every trace is removed.
   */
  put(container: string, blobId: string, key: KeyObject, source: Readable): Promise<StoredBlob>
  /** The plaintext. Throws `not_found`; the stream errors with SealBroken on truncation, tampering, another key or another place. */
  open(container: string, blobId: string, key: KeyObject): Promise<Readable>
  /** Removes a blob; no error when there is none. */
  remove(container: string, blobId: string): Promise<void>
  removeContainer(container: string): Promise<void>
  /** Ids of all whole blobs, in no order. */
  list(container: string): AsyncIterable<string>
  /** Removes unfinished parts that were last written before the instant; returns how many. */
  sweep(container: string, before: Date): Promise<number>
}

/** The blob store over one folder (a region's `blobRoot`). */
export function openBlobStore(_root: string): BlobStore {
  throw new Error('not written yet')
}
