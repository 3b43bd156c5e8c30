/**
 * Puts documents, their pages and their snips into an index that lost them, one document after the other. Must stay true: each begins with
 * taking its entries out, so it can be done again; a document is held while its snips are, and what does not open is left out and hides no other.
 */
import { sql } from 'kysely'
import type { Ctx } from '#core/ctx.ts'
import type { Job } from '#core/jobs/job.ts'
import { openIfWhole } from '#core/keys/is-damage.ts'
import type { SubjectSeal } from '#core/keys/subject-seal.ts'
import type { TenantReader, TenantWriter } from '#core/tenancy/tenant-door.ts'
import { documentSeals } from './document-key.ts'
import { openCardUnder } from './documents/document-record.ts'
import { indexTitle } from './documents/index-title.ts'
import { type PageContent, pagePlace } from './documents/page-record.ts'
import { indexPages } from './documents/store-pages.ts'
import { indexSnip, openEvidence, openSnipCard } from './snips/snip-record.ts'
import { addTags } from './snips/snip-tags.ts'

/** Documents listed, and pages put in, at a time. */
const DOCUMENTS = 500
const PAGES = 64
const FIRST = '00000000-0000-0000-0000-000000000000'

export async function restoreKnowledgeIndex(ctx: Ctx, job: Job): Promise<void> {
  const total = await ctx.write(job.actor, async (tx) => {
    const { count } = await tx.db
      .selectFrom('document')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    tx.audit({ action: 'knowledge.index.restoring', detail: { documents: Number(count) } })
    return Number(count)
  })
  let done = 0
  for (let after: string | undefined = FIRST; after !== undefined; ) {
    const from: string = after
    const ids = await ctx.read(job.actor, (tx) => documentsAfter(tx, from))
    for (const id of ids) {
      job.signal.throwIfAborted()
      await restoreDocument(ctx, job, id)
      job.progress(++done, Math.max(done, total))
    }
    after = ids.length < DOCUMENTS ? undefined : ids.at(-1)
  }
}

async function documentsAfter(tx: TenantReader, after: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from document where id > ${after}::uuid order by id limit ${DOCUMENTS}`.execute(tx.db)
  return rows.map(({ id }) => id)
}

async function restoreDocument(ctx: Ctx, job: Job, document: string): Promise<void> {
  for (let page: number | null = 0; page !== null; ) {
    const from: number = page
    page = await ctx.write(job.actor, async (tx) => {
      const seal = await heldSeal(tx, document)
      const last = seal ? await restorePart(tx, seal, document, from) : null
      tx.audit({
        action: 'knowledge.document.indexed',
        record: { kind: 'document', id: document },
        // It was destroyed or removed, or its key does not open.
        outcome: seal ? 'done' : 'failed',
        detail: { from },
      })
      return last
    })
  }
}

/** The seal of a document whose row is held; undefined when it is gone. */
async function heldSeal(tx: TenantWriter, document: string): Promise<SubjectSeal | undefined> {
  const row = await tx.db
    .selectFrom('document')
    .select('id')
    .where('id', '=', document)
    .forUpdate()
    .executeTakeFirst()
  return row && (await documentSeals(tx, [document])).get(document)
}

/** Title and snips first, then pages behind `from`. Answers the last page; null at the end. */
async function restorePart(
  tx: TenantWriter,
  seal: SubjectSeal,
  document: string,
  from: number,
): Promise<number | null> {
  if (from === 0) {
    await tx.search.remove({ owner: document })
    await restoreTitle(tx, seal, document)
    await restoreSnips(tx, seal, document)
  }
  const rows = await tx.db
    .selectFrom('document_page')
    .select(['page', 'text'])
    .where('document_id', '=', document)
    .where('page', '>', from)
    .orderBy('page')
    .limit(PAGES)
    .execute()
  const pages = rows.flatMap(({ page, text }) => {
    const content = openIfWhole(() =>
      seal.open<PageContent>(pagePlace(tx.actor.tenant, document, page), text),
    )
    return content ? [{ page, text: content.text }] : []
  })
  await indexPages(tx, document, pages)
  return rows.length < PAGES ? null : (rows.at(-1)?.page ?? null)
}

async function restoreTitle(tx: TenantWriter, seal: SubjectSeal, document: string): Promise<void> {
  const row = await tx.db
    .selectFrom('document')
    .select(['id', 'card'])
    .where('id', '=', document)
    .executeTakeFirstOrThrow()
  const card = openIfWhole(() => openCardUnder(tx, seal, row))
  if (card) await indexTitle(tx, document, card)
}

async function restoreSnips(tx: TenantWriter, seal: SubjectSeal, document: string): Promise<void> {
  const rows = await tx.db
    .selectFrom('snip')
    .select(['id', 'document_id', 'page', 'card', 'evidence'])
    .where('document_id', '=', document)
    .execute()
  for (const row of rows) {
    const card = openIfWhole(() => openSnipCard(tx, seal, row))
    const evidence = openIfWhole(() => openEvidence(tx, seal, row))
    if (!card || !evidence) continue
    await tx.db.deleteFrom('snip_tag').where('snip_id', '=', row.id).execute()
    addTags(tx, row.id, card.tags)
    await indexSnip(tx, row, card, evidence)
  }
}
