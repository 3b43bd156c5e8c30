/**
 * Tags of snips. Two spellings that differ in case or composition are one tag, shown as the oldest snip that has it writes it.
 * Must stay true: the words stand on the cards of snips and nowhere else, so they go with the document; equality is by blind index,
 * under a key that ends when a document is destroyed.
 */
import { sql } from 'kysely'
import type { BlindTable } from '#core/keys/blind-values.ts'
import { openIfWhole } from '#core/keys/is-damage.ts'
import type { TenantReader, TenantWriter } from '#core/tenancy/tenant-door.ts'
import { documentSeals } from '../document-key.ts'
import { cleanTitle } from '../documents/clean-file-name.ts'
import type { TagList } from './snip.schema.ts'
import { openSnipCard } from './snip-record.ts'

/** Tags as they are kept: one line each, none empty, none twice. */
export function cleanTags(given: readonly string[]): string[] {
  const seen = new Map<string, string>()
  for (const tag of given.map(cleanTitle))
    if (tag !== '' && !seen.has(foldTag(tag))) seen.set(foldTag(tag), tag)
  return [...seen.values()]
}

/** The blind index of a tag, the value to store first; more than one while its key changes. */
export function blindTag(tx: TenantReader, tag: string): [Buffer, ...Buffer[]] {
  return tx.keys.blinds('tag', foldTag(cleanTitle(tag)), 'search')
}

/** Adds tags to a snip that has none. */
export function addTags(tx: TenantWriter, snip: string, tags: readonly string[]): void {
  if (tags.length === 0) return
  const rows = tags.map((tag) => ({ tag: blindTag(tx, tag)[0], snip_id: snip }))
  tx.send(tx.db.insertInto('snip_tag').values(rows))
}

/** A tag in use; `snip` is the oldest that has it. */
interface UsedTag {
  readonly tag: Buffer
  readonly count: number
  readonly snip: string
}

/** Opens the words of tags; one whose oldest snip does not open is left out. */
async function wordsOf(
  tx: TenantReader,
  used: readonly UsedTag[],
): Promise<(UsedTag & { readonly word: string })[]> {
  if (used.length === 0) return []
  const rows = await tx.db
    .selectFrom('snip')
    .select(['id', 'document_id', 'card'])
    .where(
      'id',
      'in',
      used.map(({ snip }) => snip),
    )
    .execute()
  const seals = await documentSeals(
    tx,
    rows.map((row) => row.document_id),
  )
  const words = new Map<string, readonly string[]>()
  for (const row of rows) {
    const seal = seals.get(row.document_id)
    const card = seal && openIfWhole(() => openSnipCard(tx, seal, row))
    if (card) words.set(row.id, card.tags)
  }
  return used.flatMap((one) => {
    const word = words.get(one.snip)?.find((tag) => blindTag(tx, tag).some((blind) => blind.equals(one.tag)))
    return word === undefined ? [] : [{ ...one, word }]
  })
}

/** Rotation, and every destruction, gives the rows of a word its new blind value. */
export const tagBlinds: BlindTable = {
  store: 'activity',
  table: 'snip_tag',
  purpose: 'search',
  columns: ['snip_tag.tag'],
  async reblind(tx, after, limit) {
    const { rows } = await sql<UsedTag>`
      select tag, count(*)::int as count, min(snip_id::text) as snip from snip_tag
      where tag > ${Buffer.from(after, 'hex')} group by tag order by tag limit ${limit}`.execute(tx.db)
    const last = rows.length < limit ? null : (rows.at(-1)?.tag.toString('hex') ?? null)
    const read = rows.reduce((sum, { count }) => sum + count, 0)
    const words = await wordsOf(tx, rows)
    const old = words.filter(({ tag, word }) => !blindTag(tx, word)[0].equals(tag))
    const opened = new Set(words.map(({ tag }) => tag.toString('hex')))
    const damaged = rows.map(({ tag }) => tag.toString('hex')).filter((tag) => !opened.has(tag))
    if (old.length === 0) return { last, read, changed: 0, damaged }
    const tags = old.map(({ tag }) => tag)
    // Whoever changes or removes a snip holds it before its tags.
    await sql`select from snip where id in (select snip_id from snip_tag where tag = any(${tags}::bytea[]))
      order by id for no key update`.execute(tx.db)
    for (const { tag, word } of old)
      await tx.db
        .updateTable('snip_tag')
        .set({ tag: blindTag(tx, word)[0] })
        .where('tag', '=', tag)
        .execute()
    return { last, read, changed: old.length, damaged }
  },
}

/** The tags in use and how often, most used first. Needs `knowledge.snip.read`. */
export async function listTags(tx: TenantReader): Promise<TagList> {
  tx.require('knowledge.snip.read')
  const { rows } = await sql<UsedTag>`
    select tag, count(*)::int as count, min(snip_id::text) as snip from snip_tag
    group by tag order by count(*) desc limit 5000`.execute(tx.db)
  const items = new Map<string, { tag: string; count: number }>()
  // While their key changes a word may stand under two values.
  for (const { word, count } of await wordsOf(tx, rows)) {
    const known = items.get(foldTag(word))
    items.set(foldTag(word), { tag: known?.tag ?? word, count: (known?.count ?? 0) + count })
  }
  tx.audit({ action: 'knowledge.tag.listed', detail: { count: items.size } })
  return { items: [...items.values()] }
}

function foldTag(tag: string): string {
  return tag.normalize('NFKC').toLowerCase()
}
