/**
 * A row of `document_fetch`: a document that was asked for by its address and is not here, shown as the document it may become.
 * Must stay true: what came is the document itself, so a row is there only while it is awaited, when it did not come, or when it was here already.
 */
import { PublicError } from '#core/errors.ts'
import { toApi } from '#core/ids.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import { shownAuthorship } from '../authorship.ts'
import { type Document, FetchReason } from './document.schema.ts'
import { selectDocuments, shownDocument } from './document-record.ts'

/** The sealed column `card`. */
export interface FetchCard {
  readonly url: string
  readonly title: string
}

/** What a document is called until its own name is known: the last part of the path, else the host. */
export function nameOfAddress({ pathname, hostname }: URL): string {
  const last = pathname.split('/').findLast((part) => part !== '')
  if (last === undefined) return hostname
  try {
    return decodeURIComponent(last)
  } catch (error) {
    if (error instanceof URIError) return last
    throw error
  }
}

/** The document that was asked for under this UUID, or the one whose bytes it turned out to have. Throws `not_found`. */
export async function findFetch(tx: TenantReader, id: string): Promise<Document> {
  const row = await tx.db.selectFrom('document_fetch').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw new PublicError('not_found')
  tx.audit({ action: 'knowledge.document.read', record: { kind: 'document', id } })
  if (row.document !== null) {
    const found = await selectDocuments(tx).where('id', '=', row.document).executeTakeFirst()
    if (!found) throw new PublicError('not_found')
    return shownDocument(tx, found)
  }
  const card = tx.keys.open<FetchCard>('activity', 'document_fetch', id, 'card', row.card)
  return {
    id: toApi('doc', id),
    title: card.title,
    fileName: card.title,
    contentType: 'application/pdf',
    size: 0,
    sha256: null,
    source: card.url,
    state: row.state === 'failed' ? 'unfetched' : 'fetching',
    reason: row.reason === null ? null : reasonOf(row.reason),
    pageCount: null,
    ...shownAuthorship(row),
    snipCount: 0,
    activityId: row.activity === null ? null : toApi('act', row.activity),
  }
}

/** The reason as the API knows it; what it does not know is a failure of ours. */
export function reasonOf(code: string): FetchReason {
  return FetchReason.anyOf.find((literal) => literal.const === code)?.const ?? 'internal'
}
