/**
 * Fetches a document from the address that somebody typed, with the limits and checks of an upload.
 * Must stay true: nothing of the organisation is sent; safe after a kill at any instruction; what does not become a document leaves nothing
 * but why.
 */
import { type Readable, Transform } from 'node:stream'
import type { Ctx } from '#core/ctx.ts'
import { PublicError } from '#core/errors.ts'
import { fromApi } from '#core/ids.ts'
import { cancelled, type Job, type Task } from '#core/jobs/job.ts'
import type { OutboundAnswer } from '#core/net/outbound/outbound.ts'
import type { TenantWriter } from '#core/tenancy/tenant-door.ts'
import { changedBy } from '../authorship.ts'
import { documentSeal } from '../document-key.ts'
import type { AddedDocument } from './add-document.ts'
import { FETCH_TASK } from './begin-fetch.ts'
import { type FetchCard, makeFetchKey, nameOfAddress, openFetchCard, reasonOf } from './fetch-record.ts'
import { fileNameIn } from './file-name-in.ts'
import { receiveFile } from './receive-file.ts'

export const fetchDocumentTask: Task = {
  name: FETCH_TASK,
  permissions: ['knowledge.document.create'],
  run: fetchDocument,
}

async function fetchDocument(ctx: Ctx, job: Job): Promise<void> {
  const document = job.record
  const card = await ctx.write(job.actor, (tx) => beginFetching(tx, document))
  if (!card) return
  try {
    const answer = await ctx.outbound.call({
      kind: 'capture',
      region: job.region,
      url: card.url,
      headers: { accept: 'application/pdf, */*;q=0.5' },
      signal: job.signal,
    })
    await receive(ctx, job, card, answer)
  } catch (error) {
    const isCancelled = job.signal.aborted && job.signal.reason === cancelled
    const isGivenBack = job.signal.aborted && !isCancelled
    const isSettled = error instanceof PublicError && isFinal(error)
    if (isCancelled || (!isGivenBack && (isSettled || job.isLastAttempt))) {
      const reason = isCancelled
        ? 'cancelled'
        : error instanceof PublicError
          ? reasonOf(error.code)
          : 'internal'
      await ctx.write(job.actor, (tx) => endFetching(tx, document, reason))
    }
    throw error
  }
}

/** Whether trying again cannot help. */
function isFinal({ code }: PublicError): boolean {
  return reasonOf(code) !== 'internal'
}

async function receive(ctx: Ctx, job: Job, card: FetchCard, answer: OutboundAnswer): Promise<void> {
  const { status, headers, url, body } = answer
  // Read by nobody when the answer is refused.
  body.on('error', () => undefined)
  try {
    if (status < 200 || status > 299) throw statusProblem(status)
    const announced = Number(headers['content-length'])
    const total = Number.isSafeInteger(announced) && announced > 0 ? announced : undefined
    const named = fileNameIn(headers['content-disposition']) ?? nameOfAddress(url)
    await receiveFile(ctx, job.actor, {
      source: body.pipe(watched(body, (done) => job.progress(done, total))),
      name: /\.pdf$/i.test(named) ? named : `${named}.pdf`,
      title: async () => (card.title === nameOfAddress(new URL(card.url)) ? undefined : card.title),
      fetched: {
        source: card.url,
        document: job.record,
        settle: (tx, added) => settleFetch(tx, job.record, added),
      },
    })
  } finally {
    body.destroy()
  }
}

/** Counts what passes, and carries the error of the body on. */
function watched(body: Readable, onProgress: (done: number) => void): Transform {
  let passed = 0
  const through = new Transform({
    transform(piece: Buffer, _encoding, done) {
      passed += piece.length
      onProgress(passed)
      done(null, piece)
    },
  })
  body.on('error', (error) => through.destroy(error))
  return through
}

function statusProblem(status: number): PublicError {
  const details = { status }
  if (status === 404 || status === 410) return new PublicError('address_missing', undefined, { details })
  if (status === 401 || status === 403 || status === 407)
    return new PublicError('address_closed', undefined, { details })
  return new PublicError('address_failed', undefined, { details })
}

/** Answers what to fetch; undefined when that has ended. What an earlier run left on the way is withdrawn first. */
async function beginFetching(tx: TenantWriter, id: string): Promise<FetchCard | undefined> {
  const { db } = tx
  const row = await db
    .selectFrom('document_fetch')
    .select(['state', 'card'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  tx.audit({ action: 'knowledge.document.fetching', record: { kind: 'document', id } })
  if (row?.state !== 'waiting' && row?.state !== 'fetching') return undefined
  const left = await db
    .deleteFrom('document_blob')
    .where('document_id', '=', id)
    .where('state', '=', 'wanted')
    .where('use', '=', 'original')
    .returning('id')
    .execute()
  for (const blob of left) await tx.blobs.remove(blob.id)
  await db
    .updateTable('document_fetch')
    .set({ state: 'fetching', updated_at: tx.now() })
    .where('id', '=', id)
    .execute()
  await makeFetchKey(tx, id)
  return openFetchCard(tx, { id, card: row.card })
}

/** The file is a document now: this one, or one that was here already. */
async function settleFetch(
  tx: TenantWriter,
  id: string,
  { isDuplicate, document }: AddedDocument,
): Promise<void> {
  if (isDuplicate) await endRow(tx, id, { state: 'done', document: fromApi('doc', document.id) })
  else await tx.db.deleteFrom('document_fetch').where('id', '=', id).execute()
}

async function endFetching(tx: TenantWriter, id: string, reason: string): Promise<void> {
  await endRow(tx, id, { state: 'failed', reason })
  tx.audit({
    action: 'knowledge.document.notFetched',
    record: { kind: 'document', id },
    outcome: 'failed',
    detail: { reason },
  })
}

async function endRow(
  tx: TenantWriter,
  id: string,
  end: { state: 'done'; document: string } | { state: 'failed'; reason: string },
): Promise<void> {
  const row = await tx.db
    .selectFrom('document_fetch')
    .select('origin')
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return
  await tx.db
    .updateTable('document_fetch')
    .set({
      ...end,
      ended_at: tx.now(),
      ...changedBy(tx, { table: 'document_fetch', id, seal: await documentSeal(tx, id) }, row.origin),
    })
    .where('id', '=', id)
    .execute()
}
