// The blob container of one tenant, bound by the door: code that works for a tenant cannot name another's.
import type { KeyObject } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { ByteRange } from './blob-file.ts'
import type { BlobStore, StoredBlob } from './blob-store.ts'

/** Blobs of one tenant. The key is the one of the record that owns the blob; see {@link BlobStore}. */
export interface TenantBlobs {
  put(blobId: string, key: KeyObject, source: Readable): Promise<StoredBlob>
  open(blobId: string, key: KeyObject, range?: ByteRange): Promise<Readable>
  remove(blobId: string): Promise<void>
  list(): AsyncIterable<string>
  sweep(before: Date): Promise<number>
}

/** The container of a tenant in its region's store. */
export function tenantBlobs(store: BlobStore, { tenant }: { readonly tenant: string }): TenantBlobs {
  return {
    put: (blobId, key, source) => store.put(tenant, blobId, key, source),
    open: (blobId, key, range) => store.open(tenant, blobId, key, range),
    remove: (blobId) => store.remove(tenant, blobId),
    list: () => store.list(tenant),
    sweep: (before) => store.sweep(tenant, before),
  }
}
