// The blob container of one tenant, bound by the door: code that works for a tenant cannot name another's.
import type { Readable } from 'node:stream'
import type { SubjectKey } from '../keys/subject-key.ts'
import type { ByteRange } from './blob-file.ts'
import type { BlobStore, ResealedBlob, StoredBlob } from './blob-store.ts'

/** Blobs of one tenant. The key is the one of the record that owns the blob; see {@link BlobStore}. */
export interface TenantBlobs {
  put(blobId: string, key: SubjectKey, source: Readable): Promise<StoredBlob>
  open(blobId: string, key: SubjectKey, range?: ByteRange): Promise<Readable>
  /** Seals a blob again under the version in use; null when it is already. */
  reseal(blobId: string, key: SubjectKey): Promise<ResealedBlob | null>
  remove(blobId: string): Promise<void>
  list(): AsyncIterable<string>
  sweep(before: Date): Promise<number>
}

/** The container of a tenant in its region's store. */
export function tenantBlobs(store: BlobStore, { tenant }: { readonly tenant: string }): TenantBlobs {
  return {
    put: (blobId, { current }, source) => store.put(tenant, blobId, current.key, source),
    open: (blobId, { versions }, range) => store.open(tenant, blobId, keysOf(versions), range),
    reseal: (blobId, { current, versions }) =>
      store.reseal(tenant, blobId, { keys: keysOf(versions), key: current.key }),
    remove: (blobId) => store.remove(tenant, blobId),
    list: () => store.list(tenant),
    sweep: (before) => store.sweep(tenant, before),
  }
}

/** Newest first: what most blobs are sealed under. */
function keysOf(versions: SubjectKey['versions']) {
  return versions.map(({ key }) => key).toReversed()
}
