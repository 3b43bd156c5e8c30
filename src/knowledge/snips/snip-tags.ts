/**
 * Tags of snips. Two spellings that differ in case or composition are one tag, shown as first written.
 * Must stay true: the words are sealed; equality is by blind index.
 */
import type { TenantReader, TenantWriter } from '#core/tenancy/tenant-door.ts'
import { cleanTitle } from '../documents/clean-file-name.ts'
import type { TagList } from './snip.schema.ts'

/** Tags as they are kept: one line each, none empty, none twice. */
export function cleanTags(given: readonly string[]): string[] {
  const seen = new Map<string, string>()
  for (const tag of given.map(cleanTitle))
    if (tag !== '' && !seen.has(foldTag(tag))) seen.set(foldTag(tag), tag)
  return [...seen.values()]
}

/** The blind index of a tag. */
export function blindTag(tx: TenantReader, tag: string): Buffer {
  return tx.keys.blind('tag', foldTag(cleanTitle(tag)))
}

/** Adds tags to a snip that has none. A word in use already is left alone, so that writers do not wait for each other. */
export async function addTags(tx: TenantWriter, snip: string, tags: readonly string[]): Promise<void> {
  const rows = tags
    .map((tag) => ({ tag, blind: blindTag(tx, tag) }))
    // One order for everybody, so that two writers of the same tags wait instead of deadlocking.
    .sort((a, b) => a.blind.compare(b.blind))
  if (rows.length === 0) return
  await tx.db
    .insertInto('tag')
    .values(
      rows.map(({ tag, blind }) => ({
        tag: blind,
        name: tx.keys.seal('activity', 'tag', blind.toString('hex'), 'name', tag),
        created_at: tx.now(),
      })),
    )
    .onConflict((conflict) => conflict.column('tag').doNothing())
    .execute()
  await tx.db
    .insertInto('snip_tag')
    .values(rows.map(({ blind }) => ({ tag: blind, snip_id: snip })))
    .execute()
}

/** The tags in use and how often, most used first. Needs `knowledge.snip.read`. */
export async function listTags(tx: TenantReader): Promise<TagList> {
  tx.require('knowledge.snip.read')
  const rows = await tx.db
    .selectFrom('snip_tag')
    .innerJoin('tag', 'tag.tag', 'snip_tag.tag')
    .select((eb) => ['tag.tag', 'tag.name', eb.fn.countAll<number>().as('count')])
    .groupBy(['tag.tag', 'tag.name'])
    .orderBy('count', 'desc')
    .limit(5_000)
    .execute()
  tx.audit({ action: 'knowledge.tag.listed', detail: { count: rows.length } })
  return {
    items: rows.map(({ tag, name, count }) => ({
      tag: tx.keys.open<string>('activity', 'tag', tag.toString('hex'), 'name', name),
      count,
    })),
  }
}

function foldTag(tag: string): string {
  return tag.normalize('NFKC').toLowerCase()
}
