/**
 * Who may write an upload now. The row names the claim; each part is adopted only while it stands there.
 * Must stay true: of two that write at once one is refused, whichever process they reach; what a lost claim stored counts for nothing.
 */
import { PublicError } from '#core/errors.ts'
import { newId } from '#core/ids.ts'
import type { TenantReader, TenantWriter } from '#core/tenancy/tenant-door.ts'
import { CLAIM_MS, findOwnUpload, isBeingWritten, type UploadRow } from './upload-record.ts'

/** Parts of one upload, those included that came to nothing: the largest file in pieces of 16 KB, and some. */
const MOST_PARTS = 10_000

export interface Claim {
  readonly upload: UploadRow
  readonly name: string
  /** The blob of the first part to come; null when none comes. */
  readonly first: string | null
}

/** Bytes that are stored and not adopted yet. */
export interface StoredPart {
  readonly blob: string
  readonly start: number
  readonly size: number
}

/** What a request says before its bytes are read. */
export interface Announcement {
  readonly offset: number
  /** Bytes it will send; undefined when it does not say. */
  readonly length: number | undefined
}

/** Takes the upload for one request; `read` is asked once it is known to be the actor's. Throws what `read` does, `not_found`, `upload_expired`, `upload_offset`, `upload_in_use`, `body_too_large`, `invalid_request`. */
export async function claimUpload(tx: TenantWriter, id: string, read: () => Announcement): Promise<Claim> {
  tx.require('knowledge.document.create')
  const upload = await findOwnUpload(tx, id, 'hold')
  const asked = read()
  const { received } = upload
  if (asked.offset !== received)
    throw new PublicError('upload_offset', undefined, { details: { offset: received } })
  if ((asked.length ?? 0) > upload.size - received) throw new PublicError('body_too_large')
  if (isBeingWritten(tx, upload)) throw new PublicError('upload_in_use')
  const name = newId()
  await tx.db
    .updateTable('upload')
    .set({ claim: name, claimed_until: claimedUntil(tx) })
    .where('id', '=', upload.id)
    .execute()
  // Of a checked body that was never whole.
  await tx.db
    .updateTable('upload_part')
    .set({ size: null })
    .where('upload_id', '=', upload.id)
    .where('start_at', '>=', received)
    .execute()
  const { parts } = await tx.db
    .selectFrom('upload_part')
    .select((eb) => eb.fn.countAll<number>().as('parts'))
    .where('upload_id', '=', upload.id)
    .executeTakeFirstOrThrow()
  if (parts >= MOST_PARTS)
    throw new PublicError(
      'invalid_request',
      'The file came in too many pieces. Begin again with larger ones.',
    )
  tx.audit({
    action: 'knowledge.upload.continued',
    record: { kind: 'upload', id: upload.id },
    detail: { offset: received },
  })
  return { upload, name, first: asked.length === 0 ? null : await announcePart(tx, upload, received) }
}

/** Names the blob of a part before it is stored. */
async function announcePart(tx: TenantWriter, upload: UploadRow, start: number): Promise<string> {
  const blob = newId()
  await tx.db
    .insertInto('upload_part')
    .values({ blob_id: blob, upload_id: upload.id, start_at: start })
    .execute()
  return blob
}

interface Adoption {
  readonly part: StoredPart
  /** How far the upload is with it. */
  readonly received: number
  /** No other part comes with this request. */
  readonly isLast: boolean
  readonly claimed: 'keep' | 'release'
}

/** Makes a stored part one of the upload's, and names the blob of the next; null after the last. Throws as {@link holdClaim}. */
export async function adoptPart(
  tx: TenantWriter,
  claim: Claim,
  { part, received, isLast, claimed }: Adoption,
): Promise<string | null> {
  const { upload } = claim
  await holdClaim(tx, claim, { received, claimed })
  await tx.db.updateTable('upload_part').set({ size: part.size }).where('blob_id', '=', part.blob).execute()
  const next = part.start + part.size
  return isLast || next === upload.size ? null : announcePart(tx, upload, next)
}

/** Says how far the upload is, as long as the claim stands. Throws `upload_in_use`, `not_found`. */
export async function holdClaim(
  tx: TenantWriter,
  claim: Claim,
  { received, claimed }: { readonly received: number; readonly claimed: 'keep' | 'release' },
): Promise<void> {
  const row = await tx.db
    .updateTable('upload')
    .set({
      received,
      updated_at: tx.now(),
      ...(claimed === 'release' ? { claim: null } : { claimed_until: claimedUntil(tx) }),
    })
    .where('id', '=', claim.upload.id)
    .where('claim', '=', claim.name)
    .returning('id')
    .executeTakeFirst()
  if (!row) await demandClaim(tx, claim)
  tx.audit({
    action: 'knowledge.upload.received',
    record: { kind: 'upload', id: claim.upload.id },
    detail: { received },
  })
}

/** Throws `upload_in_use` when somebody else writes the upload now, `not_found` when it was removed. */
export async function demandClaim(tx: TenantReader, { upload, name }: Claim): Promise<void> {
  const row = await tx.db.selectFrom('upload').select('claim').where('id', '=', upload.id).executeTakeFirst()
  if (!row) throw new PublicError('not_found')
  if (row.claim !== name) throw new PublicError('upload_in_use')
}

/**
 * Lets the next one write, at once. With `yield` one stands still and goes on if nobody came: what was stored stays, and
 * {@link holdClaim} says whether the claim is still one's own. Nothing happens when it was lost before.
 */
export async function letGo(
  tx: TenantWriter,
  { upload, name }: Claim,
  how: 'yield' | 'release',
): Promise<void> {
  await tx.db
    .updateTable('upload')
    .set(how === 'yield' ? { claimed_until: tx.now() } : { claim: null, claimed_until: null })
    .where('id', '=', upload.id)
    .where('claim', '=', name)
    .execute()
  tx.audit({ action: 'knowledge.upload.paused', record: { kind: 'upload', id: upload.id } })
}

function claimedUntil(tx: Pick<TenantReader, 'now'>): Date {
  return new Date(tx.now().getTime() + CLAIM_MS)
}
