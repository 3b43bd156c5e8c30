// Where a record is shown: the address that leads to it from its id, for search by seal code and for paper.

/** The path of a record's own place; others open with their seal over the library. */
export function recordPath({ id, documentId }: { id: string; documentId?: string | undefined }): string {
  if (id.startsWith('doc_')) return `/knowledge/documents/${id}`
  if (id.startsWith('snp_') && documentId) return `/knowledge/documents/${documentId}?snip=${id}`
  return `/knowledge?seal=${id}`
}
