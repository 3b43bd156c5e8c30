/**
 * Tags of snips. Two spellings that differ in case or composition are one tag, shown as first written.
 * Must stay true: the words are sealed; equality is by blind index.
 */
import { type BlindTable, isBlindChanging, lockBlinds } from '#core/keys/blind-values.ts'
import { isDamage } from '#core/keys/is-damage.ts'
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

/** The blind index of a tag, the value to store first; more than one while its key changes. */
export function blindTag(tx: TenantReader, tag: string): [Buffer, ...Buffer[]] {
  return tx.keys.blinds('tag', foldTag(cleanTitle(tag)))
}

/** Adds tags to a snip that has none. A word in use already is left alone, so that writers do not wait for each other. */
export async function addTags(tx: TenantWriter, snip: string, tags: readonly string[]): Promise<void> {
  if (tags.length === 0) return
  await lockBlinds(tx)
  const inUse = await wordsInUse(tx, tags)
  const rows = tags
    .map((tag) => {
      const blinds = blindTag(tx, tag)
      return { tag, blind: blinds.find((blind) => inUse.has(blind.toString('hex'))) ?? blinds[0] }
    })
    // One order for everybody, so that two writers of the same tags wait instead of deadlocking.
    .sort((a, b) => a.blind.compare(b.blind))
  tx.send(
    tx.db
      .insertInto('tag')
      .values(
        rows.map(({ tag, blind }) => ({
          tag: blind,
          name: tx.keys.seal('activity', 'tag', blind.toString('hex'), 'name', tag),
          created_at: tx.now(),
        })),
      )
      .onConflict((conflict) => conflict.column('tag').doNothing()),
  )
  tx.send(tx.db.insertInto('snip_tag').values(rows.map(({ blind }) => ({ tag: blind, snip_id: snip }))))
}

/** Blind values of the tags that stand already; under one version the constraint alone says so. */
async function wordsInUse(tx: TenantWriter, tags: readonly string[]): Promise<Set<string>> {
  if (!isBlindChanging(tx)) return new Set()
  const rows = await tx.db
    .selectFrom('tag')
    .select('tag')
    .where(
      'tag',
      'in',
      tags.flatMap((tag) => blindTag(tx, tag)),
    )
    .execute()
  return new Set(rows.map(({ tag }) => tag.toString('hex')))
}

/** Rotation gives a word its new blind value by a new row; its snips follow. */
export const tagBlinds: BlindTable = {
  store: 'activity',
  table: 'tag',
  columns: ['tag.tag', 'snip_tag.tag'],
  async reblind(tx, after, limit) {
    const rows = await tx.db
      .selectFrom('tag')
      .select(['tag', 'name', 'created_at'])
      .where('tag', '>', Buffer.from(after, 'hex'))
      .orderBy('tag')
      .limit(limit)
      .execute()
    const damaged: string[] = []
    const old = rows.flatMap(({ tag, name, created_at }) => {
      const row = tag.toString('hex')
      try {
        const word = tx.keys.open<string>('activity', 'tag', row, 'name', name)
        const [blind] = blindTag(tx, word)
        return blind.equals(tag) ? [] : [{ tag, word, blind, created_at }]
      } catch (error) {
        if (!isDamage(error)) throw error
        damaged.push(row)
        return []
      }
    })
    const last = rows.length < limit ? null : (rows.at(-1)?.tag.toString('hex') ?? null)
    if (old.length === 0) return { last, read: rows.length, changed: 0, damaged }
    const tags = old.map(({ tag }) => tag)
    await tx.db.selectFrom('snip_tag').select('snip_id').where('tag', 'in', tags).forUpdate().execute()
    await lockBlinds(tx)
    for (const { tag, word, blind, created_at } of old) {
      const name = tx.keys.seal('activity', 'tag', blind.toString('hex'), 'name', word)
      await tx.db
        .insertInto('tag')
        .values({ tag: blind, name, created_at })
        .onConflict((conflict) => conflict.column('tag').doNothing())
        .execute()
      await tx.db.updateTable('snip_tag').set({ tag: blind }).where('tag', '=', tag).execute()
      await tx.db.deleteFrom('tag').where('tag', '=', tag).execute()
    }
    return { last, read: rows.length, changed: old.length, damaged }
  },
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
