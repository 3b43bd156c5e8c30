/**
 * Removes what is stored of a document that is gone, or the picture of a snip that is: first the files, then rows and late files together.
 * Must stay true: a picture that is being drawn meanwhile leaves no file, whoever comes first; a kill leaves the rows, so that it is done again.
 */
import type { TenantReader, TenantWriter } from '#core/tenancy/tenant-door.ts'

/** All blobs of a document, or of a snip. The id is a UUID. */
export interface BlobsOf {
  readonly column: 'document_id' | 'snip_id'
  readonly id: string
}

interface KnownBlob {
  readonly id: string
  readonly state: string
}

/** Removes the files there are now; answers whose they were. */
export async function removeFiles(tx: TenantReader, { column, id }: BlobsOf): Promise<KnownBlob[]> {
  const rows = await tx.db
    .selectFrom('document_blob')
    .select(['id', 'state'])
    .where(column, '=', id)
    .execute()
  for (const row of rows) await tx.blobs.remove(row.id)
  return rows
}

/**
 * Deletes the rows, and with them what was stored since the files were removed. Whoever stores one later finds no row and removes it
 * (draw-picture.job.ts). Answers how many.
 */
export async function deleteRows(
  tx: TenantWriter,
  { column, id }: BlobsOf,
  removed: readonly KnownBlob[],
): Promise<number> {
  const rows = await tx.db.deleteFrom('document_blob').where(column, '=', id).returning('id').execute()
  const gone = new Set(removed.filter(({ state }) => state !== 'wanted').map((row) => row.id))
  for (const row of rows) if (!gone.has(row.id)) await tx.blobs.remove(row.id)
  return rows.length
}
