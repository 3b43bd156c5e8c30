/**
 * A row of `document_fetch`: a document that was asked for by its address and is not here, shown as the document it may become.
 * Must stay true: what came is the document itself, so a row is there only while it is awaited, when it did not come, or when it was here already.
 */
import { PublicError } from '#core/errors.ts'
import { toApi } from '#core/ids.ts'
import { addKey } from '#core/keys/add-key.ts'
import type { SubjectSeal } from '#core/keys/subject-seal.ts'
import { destroySubjectKey } from '#core/keys/subject-versions.ts'
import type { TenantReader, TenantWriter } from '#core/tenancy/tenant-door.ts'
import { shownAuthorship } from '../authorship.ts'
import { documentSeal, openOfComing, placeOf } from '../document-key.ts'
import { type Document, FetchReason } from './document.schema.ts'
import { openCardIfWhole, selectDocuments, shownDocument } from './document-record.ts'

const KEPT_DAYS = 30
const FORGOTTEN_AT_ONCE = 200

/** The sealed column `card`, under the key of the document to come. */
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
  const row = await tx.db
    .selectFrom('document_fetch')
    .leftJoin('activity', 'activity.id', 'document_fetch.activity')
    .selectAll('document_fetch')
    .select('activity.state as shown')
    .where('document_fetch.id', '=', id)
    .executeTakeFirst()
  if (!row) throw new PublicError('not_found')
  tx.audit({ action: 'knowledge.document.read', record: { kind: 'document', id } })
  if (row.document !== null) {
    const found = await selectDocuments(tx).where('id', '=', row.document).executeTakeFirst()
    if (!found) throw new PublicError('not_found')
    return shownDocument(found, await openCardIfWhole(tx, found))
  }
  const card = await openFetchCard(tx, row)
  const reason = whyNot(row)
  return {
    id: toApi('doc', id),
    title: card.title,
    fileName: card.title,
    contentType: 'application/pdf',
    size: 0,
    sha256: null,
    source: card.url,
    state: reason === null ? 'fetching' : 'unfetched',
    reason,
    pageCount: null,
    ...shownAuthorship(row),
    snipCount: 0,
    activityId: row.activity === null ? null : toApi('act', row.activity),
  }
}

/** Why it did not come; null while it may. A job that was cancelled before it ran, or given up, says so in Activity alone. */
function whyNot({ reason, shown }: { reason: string | null; shown: string | null }): FetchReason | null {
  if (reason !== null) return reasonOf(reason)
  return shown === 'cancelled' ? 'cancelled' : shown === 'failed' ? 'internal' : null
}

/** The address that was asked for. */
export function openFetchCard(
  tx: TenantReader,
  { id, card }: { id: string; card: Buffer },
): Promise<FetchCard> {
  return openOfComing<FetchCard>(tx, id, placeOf(tx, 'document_fetch', id, 'card'), card)
}

/** Makes the key of a document to come, under which its address stands from now on; one that is there already stays. */
export async function makeFetchKey(tx: TenantWriter, id: string): Promise<SubjectSeal> {
  const there = await tx.db
    .selectFrom('key')
    .select('id')
    .where('purpose', '=', 'document')
    .where('subject', '=', id)
    .executeTakeFirst()
  if (!there) await addKey(tx, (await tx.keys.newSubject('document', id)).row)
  return documentSeal(tx, id)
}

/** Removes what was asked for, with the key under which its address stands: no document came under it. */
export async function forgetFetches(tx: TenantWriter, ids: readonly string[]): Promise<void> {
  for (const id of ids) await destroySubjectKey(tx, 'document', id)
  if (ids.length > 0) await tx.db.deleteFrom('document_fetch').where('id', 'in', ids).execute()
}

/** Removes what has ended, or was given up without a word, 30 days ago; so many at a time. Answers whether anything is left that is to be removed some day. */
export async function forgetOldFetches(tx: TenantWriter): Promise<boolean> {
  const before = new Date(tx.now().getTime() - KEPT_DAYS * 86_400_000)
  const old = await tx.db
    .selectFrom('document_fetch')
    .select('id')
    .where((eb) => eb(eb.fn.coalesce('ended_at', 'updated_at'), '<', before))
    .limit(FORGOTTEN_AT_ONCE)
    .execute()
  await forgetFetches(
    tx,
    old.map(({ id }) => id),
  )
  const left = await tx.db.selectFrom('document_fetch').select('id').limit(1).executeTakeFirst()
  return left !== undefined
}

/** The reason as the API knows it; what it does not know is a failure of ours. */
export function reasonOf(code: string): FetchReason {
  return FetchReason.anyOf.find((literal) => literal.const === code)?.const ?? 'internal'
}
