/** The feed: snips of a tenant, newest first. */
import { readSealStates } from '#core/evidence/seal-state.ts'
import { fromApi } from '#core/ids.ts'
import { readCursor, writeCursor } from '#core/page-cursor.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import type { SnipList, SnipQuery } from './snip.schema.ts'
import { selectSnips, shownSnips } from './snip-record.ts'
import { blindTag } from './snip-tags.ts'

/** Snips, narrowed by document, tag and author. Needs `knowledge.snip.read`. */
export async function listSnips(tx: TenantReader, query: SnipQuery): Promise<SnipList> {
  tx.require('knowledge.snip.read')
  const limit = query.limit ?? 50
  const place = query.cursor === undefined ? undefined : readCursor(query.cursor)
  let rows = selectSnips(tx)
    .orderBy('snip.id', 'desc')
    .limit(limit + 1)
  if (place) rows = rows.where('snip.id', '<', place.id)
  if (query.documentId !== undefined)
    rows = rows.where('snip.document_id', '=', fromApi('doc', query.documentId))
  if (query.author?.startsWith('per_'))
    rows = rows.where('snip.created_by', '=', fromApi('per', query.author))
  if (query.author?.startsWith('key_'))
    rows = rows.where('snip.created_key', '=', fromApi('key', query.author))
  const { tag } = query
  if (tag !== undefined)
    rows = rows.where('snip.id', 'in', (eb) =>
      eb.selectFrom('snip_tag').select('snip_tag.snip_id').where('snip_tag.tag', 'in', blindTag(tx, tag)),
    )
  const found = await rows.execute()
  const shown = found.slice(0, limit)
  const last = shown.at(-1)
  const [snips, seals] = await Promise.all([
    shownSnips(tx, shown),
    readSealStates(
      tx,
      'document',
      shown.map((row) => ({ id: row.id, subject: row.document_id })),
    ),
  ])
  const items = snips.map((snip) => ({
    ...snip,
    seal: snip.seal ?? seals.get(fromApi('snp', snip.id)) ?? 'unknown',
  }))
  tx.audit({ action: 'knowledge.snip.listed', detail: { count: items.length } })
  return { items, next: found.length > limit && last ? writeCursor({ id: last.id, index: 0 }) : null }
}
