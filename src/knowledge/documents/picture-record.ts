/**
 * Pictures made of a document on demand: a page at one of a few widths, the rectangle of a snip.
 * Must stay true: one picture is drawn once and kept; how many there can be is bounded by pages and snips.
 */
import { newId } from '#core/ids.ts'
import type { TenantReader, TenantWriter } from '#core/tenancy/tenant-door.ts'

/** Pixels across; what is asked for is answered by the next wider one. */
const WIDTHS = [320, 640, 1280, 2400] as const
export const COVER_WIDTH = 640
/** Pixels across of a snip's picture; less for a narrow one, see draw-picture.job.ts. */
export const SNIP_WIDTH = 1280

/** Which picture of which document. All ids are UUIDs. */
export interface PictureOf {
  readonly document: string
  readonly use: 'page' | 'snip'
  readonly page: number
  readonly width: number
  readonly snip: string | null
}

export type PictureState =
  | { readonly state: 'stored'; readonly blob: string; readonly size: number }
  | { readonly state: 'wanted' | 'failed' | 'none' }

/** The width that is kept for a wanted one. */
export function keptWidth(wanted: number): number {
  return WIDTHS.find((width) => width >= wanted) ?? 2400
}

/** How far a picture is. */
export async function findPicture(tx: TenantReader, of: PictureOf): Promise<PictureState> {
  const row = await tx.db
    .selectFrom('document_blob')
    .select(['id', 'state', 'size'])
    .where('document_id', '=', of.document)
    .where('use', '=', of.use)
    .where('page', '=', of.page)
    .where('width', '=', of.width)
    .where('snip_id', of.snip === null ? 'is' : '=', of.snip)
    .executeTakeFirst()
  if (!row) return { state: 'none' }
  if (row.state === 'stored') return { state: 'stored', blob: row.id, size: row.size ?? 0 }
  return { state: row.state === 'failed' ? 'failed' : 'wanted' }
}

/** Queues the drawing of a picture unless it is there or queued already. */
export async function wantPicture(tx: TenantWriter, of: PictureOf): Promise<void> {
  const row = await tx.db
    .insertInto('document_blob')
    .values({
      id: newId(),
      document_id: of.document,
      use: of.use,
      state: 'wanted',
      page: of.page,
      width: of.width,
      snip_id: of.snip,
      created_at: tx.now(),
    })
    .onConflict((conflict) =>
      conflict.columns(['document_id', 'use', 'page', 'width', 'snip_id']).doNothing(),
    )
    .returning('id')
    .executeTakeFirst()
  if (row) await tx.enqueue('knowledge.picture.draw', row.id, { urgency: 'soon' })
}
