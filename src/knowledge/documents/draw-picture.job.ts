/**
 * Draws one picture of a document in a capped child and keeps it, encrypted, beside the document.
 * Must stay true: drawing again gives the same picture under the same id; nothing stays of a document removed meanwhile.
 */
import { Readable } from 'node:stream'
import type { Ctx } from '#core/ctx.ts'
import type { Job, Task } from '#core/jobs/job.ts'
import type { TenantReader, TenantWriter } from '#core/tenancy/tenant-door.ts'
import { documentSeal } from '../document-key.ts'
import { type SnipEvidence, snipEvidencePlace } from '../snips/snip-record.ts'
import { openOriginal } from './open-document-file.ts'
import type { PdfRect } from './pdf-frames.ts'
import { drawPdf, PdfUnreadable } from './read-pdf.ts'

/** A snip's picture has this many pixels a point, unless that is more than its width allows. */
const PIXELS_A_POINT = 3

export const drawPictureTask: Task = {
  name: 'knowledge.picture.draw',
  permissions: ['knowledge.document.read'],
  run: drawPicture,
}

async function drawPicture(ctx: Ctx, job: Job): Promise<void> {
  const place = ctx.parsing
  if (!place) throw new Error('this process has no place for parsers')
  const wanted = await ctx.read(job.actor, (tx) => findWanted(tx, job.record))
  if (!wanted) return forgetOrphan(ctx, job)
  const { key, input, size } = await ctx.read(job.actor, async (tx) => ({
    key: await tx.keys.subject('document', wanted.document),
    input: await openOriginal(tx, wanted.document),
    size: wanted.size,
  }))
  try {
    const { png } = await drawPdf({ input, size, ...place, signal: job.signal }, wanted)
    await ctx.read(job.actor, (tx) =>
      tx.blobs.put(job.record, key, Readable.from([png], { objectMode: false })),
    )
    await ctx.write(job.actor, (tx) => settle(tx, job.record, { state: 'stored', size: png.length }))
  } catch (error) {
    if (!(error instanceof PdfUnreadable)) throw error
    await ctx.write(job.actor, (tx) => settle(tx, job.record, { state: 'failed', size: null }))
  } finally {
    input.destroy()
  }
}

/** A picture of what was removed before it was asked for, or that was stored by a run that was killed before it learned of it. */
async function forgetOrphan(ctx: Ctx, job: Job): Promise<void> {
  const isNobodys = (tx: TenantReader) =>
    tx.db
      .selectFrom('document_blob')
      .leftJoin('document', 'document.id', 'document_blob.document_id')
      .leftJoin('snip', 'snip.id', 'document_blob.snip_id')
      .select('document_blob.id')
      .where('document_blob.id', '=', job.record)
      .where('document.id', 'is not', null)
      .where((eb) => eb.or([eb('document_blob.snip_id', 'is', null), eb('snip.id', 'is not', null)]))
      .executeTakeFirst()
      .then((row) => row === undefined)
  if (!(await ctx.read(job.actor, isNobodys))) return
  await ctx.write(job.actor, async (tx) => {
    await tx.db.deleteFrom('document_blob').where('id', '=', job.record).execute()
    await tx.blobs.remove(job.record)
    tx.audit({ action: 'knowledge.document.pictureForgotten' })
  })
}

interface Wanted {
  readonly document: string
  readonly size: number
  readonly page: number
  readonly width: number
  readonly crop?: PdfRect
}

async function findWanted(tx: TenantReader, blob: string): Promise<Wanted | undefined> {
  const row = await tx.db
    .selectFrom('document_blob')
    .innerJoin('document', 'document.id', 'document_blob.document_id')
    .select([
      'document_blob.document_id',
      'document_blob.page',
      'document_blob.width',
      'document_blob.snip_id',
      'document.size',
    ])
    .where('document_blob.id', '=', blob)
    .where('document_blob.state', '=', 'wanted')
    .executeTakeFirst()
  if (!row || row.page === null || row.width === null) return undefined
  const picture = { document: row.document_id, size: row.size, page: row.page, width: row.width }
  if (row.snip_id === null) return picture
  const snip = await tx.db
    .selectFrom('snip')
    .select('evidence')
    .where('id', '=', row.snip_id)
    .executeTakeFirst()
  if (!snip) return undefined
  const seal = await documentSeal(tx, row.document_id)
  const { rects } = seal.open<SnipEvidence>(snipEvidencePlace(tx.actor.tenant, row.snip_id), snip.evidence)
  const [crop] = rects
  if (!crop) return undefined
  return {
    ...picture,
    width: Math.max(16, Math.min(row.width, Math.round(crop.width * PIXELS_A_POINT))),
    crop,
  }
}

async function settle(
  tx: TenantWriter,
  blob: string,
  end: { state: 'stored' | 'failed'; size: number | null },
): Promise<void> {
  const row = await tx.db
    .updateTable('document_blob')
    .set(end)
    .where('id', '=', blob)
    .returning(['document_id', 'snip_id', 'page'])
    .executeTakeFirst()
  // Removed meanwhile: so is its picture.
  if (!row) await tx.blobs.remove(blob)
  if (row?.snip_id && end.state === 'stored')
    await tx.db.updateTable('snip').set({ has_image: true }).where('id', '=', row.snip_id).execute()
  tx.audit({
    action: 'knowledge.document.pictureDrawn',
    ...(row ? { record: { kind: 'document', id: row.document_id } } : {}),
    outcome: end.state === 'stored' ? 'done' : 'failed',
    detail: { page: row?.page ?? null },
  })
}
