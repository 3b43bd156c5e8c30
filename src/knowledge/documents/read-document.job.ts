/**
 * Reads a document that was added: pages, text and places, in a capped child.
 * Must stay true: whatever the file does, the document ends ready or unreadable with a reason; safe after a kill at any
 * instruction; the decrypted file exists only in the pipe to the child.
 */
import type { Ctx } from '#core/ctx.ts'
import { PublicError } from '#core/errors.ts'
import { cancelled, type Job, type Task } from '#core/jobs/job.ts'
import { openOriginal } from './open-document-file.ts'
import { type PdfPage, PdfUnreadable, readPdf } from './read-pdf.ts'
import {
  beginReading,
  endReading,
  findReading,
  NotMineToRead,
  type ReadingEnd,
  storePages,
} from './store-pages.ts'

/** Stored together: a transaction stays far below the five seconds a tenant's transaction may take. */
const PAGES_AT_ONCE = 64
const CHARACTERS_AT_ONCE = 256 * 1024

export const readDocumentTask: Task = {
  name: 'knowledge.document.read',
  permissions: ['knowledge.document.read'],
  run: readDocument,
}

async function readDocument(ctx: Ctx, job: Job): Promise<void> {
  const document = job.record
  const reading = await ctx.read(job.actor, (tx) => findReading(tx, document))
  if (!reading) return
  try {
    await ctx.write(job.actor, (tx) => beginReading(tx, document, reading.from))
    const end = await readToEnd(ctx, job, reading)
    await ctx.write(job.actor, (tx) => endReading(tx, document, end))
    // The document is settled; its activity ends as failed and is not tried again.
    if (end.state === 'unreadable') throw new PublicError('document_unreadable')
  } catch (error) {
    if (error instanceof NotMineToRead) return
    if (wasCancelled(job))
      await ctx.write(job.actor, (tx) =>
        endReading(tx, document, { state: 'unreadable', reason: 'cancelled' }),
      )
    throw error
  }
}

async function readToEnd(
  ctx: Ctx,
  job: Job,
  { size, from }: { size: number; from: number },
): Promise<ReadingEnd> {
  const document = job.record
  const place = ctx.parsing
  if (!place) throw new Error('this process has no place for parsers')
  const input = await ctx.read(job.actor, (tx) => openOriginal(tx, document))
  let opened = { pages: 0, isRepaired: false }
  let held: PdfPage[] = []
  let characters = 0
  const store = async (): Promise<void> => {
    const pages = held
    held = []
    characters = 0
    if (pages.length > 0) await ctx.write(job.actor, (tx) => storePages(tx, document, pages))
  }
  try {
    for await (const frame of readPdf({ input, size, ...place, signal: job.signal }, from)) {
      if (frame.kind === 'opened') {
        opened = frame
        continue
      }
      job.signal.throwIfAborted()
      held.push(frame)
      characters += frame.text.length
      if (held.length >= PAGES_AT_ONCE || characters >= CHARACTERS_AT_ONCE) {
        await store()
        job.progress(frame.page, opened.pages)
      }
    }
    await store()
  } catch (error) {
    if (error instanceof PdfUnreadable) return { state: 'unreadable', reason: error.reason }
    throw error
  } finally {
    input.destroy()
  }
  job.progress(opened.pages, opened.pages)
  return { state: 'ready', pages: opened.pages, isRepaired: opened.isRepaired }
}

/** Cancelled by somebody, not given back by a worker that stops. */
function wasCancelled({ signal }: Job): boolean {
  return signal.aborted && signal.reason === cancelled
}
