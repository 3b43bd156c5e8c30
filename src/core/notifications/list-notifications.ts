// What somebody was told: the list, the count, and saying that it was read. Everybody has their own and nobody sees another's.
import { sql } from 'kysely'
import { PublicError } from '../errors.ts'
import { type IdPrefix, toApi } from '../ids.ts'
import { activityOpener } from '../jobs/activity-seal.ts'
import { openIfWhole } from '../keys/is-damage.ts'
import { pageOf, readCursor } from '../page-cursor.ts'
import type { TenantReader, TenantWriter } from '../tenancy/tenant-door.ts'
import type { NotificationQuery, Unread } from './notification.schema.ts'
import type { NotificationDetail } from './notification-kind.ts'
import { keptSince } from './notify.ts'

/** The id prefix of each kind of record. */
type PrefixOf = (kind: string) => IdPrefix | undefined

/** Newest first, with how many are unread in all. Throws `invalid_request` for a cursor that is none of ours. */
export async function listNotifications(
  tx: TenantReader,
  { cursor, limit = 50, isRead }: NotificationQuery,
  prefixOf: PrefixOf,
) {
  const before = cursor === undefined ? undefined : readCursor(cursor).id
  const found = await kept(tx)
    .$if(before !== undefined, (query) => query.where('notification.id', '<', before ?? ''))
    .$if(isRead !== undefined, (query) => query.where('read_at', isRead ? 'is not' : 'is', null))
    .orderBy('notification.id', 'desc')
    .limit(limit + 1)
    .execute()
  const { unread } = await countUnread(tx)
  const { rows, next } = pageOf(found, { limit })
  tx.audit({ action: 'core.notification.listed', detail: { count: rows.length } })
  return { items: await shown(tx, rows, prefixOf), next, unread }
}

/** How many are unread, and which is the newest. Records no event: whoever asks does. */
export async function countUnread(tx: TenantReader): Promise<Unread> {
  const { actor } = tx
  const counts = await countFor(tx.db, [actor.personId ?? ''].filter(Boolean), tx.now())
  return counts.get(actor.personId ?? '') ?? { unread: 0, newest: null }
}

/** The same for several persons at once; who has none is not in it. */
export async function countFor(
  db: TenantReader['db'],
  persons: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, Unread>> {
  const { rows } = await sql<{ person: string; unread: number; newest: string }>`
    select person, (count(*) filter (where read_at is null))::int as unread, max(id::text) as newest
    from notification where person = any(${[...persons]}::uuid[]) and created_at >= ${keptSince(now)} group by person`.execute(
    db,
  )
  return new Map(rows.map(({ person, unread, newest }) => [person, { unread, newest: toApi('ntf', newest) }]))
}

/** Marks one as read, or as unread again. Throws `not_found`, also for somebody else's. */
export async function markNotification(
  tx: TenantWriter,
  id: string,
  { isRead }: { readonly isRead: boolean },
  prefixOf: PrefixOf,
) {
  const marked = await tx.db
    .updateTable('notification')
    .set((eb) => ({ read_at: isRead ? eb.fn.coalesce('read_at', eb.val(tx.now())) : null }))
    .where('id', '=', id)
    .where('person', '=', tx.actor.personId)
    .executeTakeFirst()
  const row = await kept(tx).where('notification.id', '=', id).executeTakeFirst()
  if (marked.numUpdatedRows === 0n || !row) throw new PublicError('not_found')
  tx.audit({ action: 'core.notification.marked', record: { kind: 'notification', id }, detail: { isRead } })
  tx.nudge()
  const [notification] = await shown(tx, [row], prefixOf)
  if (!notification) throw new PublicError('not_found')
  return notification
}

/** Marks everything as read that was told until then. */
export async function readNotifications(tx: TenantWriter, until: Date): Promise<Unread> {
  const { numUpdatedRows } = await tx.db
    .updateTable('notification')
    .set({ read_at: tx.now() })
    .where('person', '=', tx.actor.personId)
    .where('read_at', 'is', null)
    .where('created_at', '<=', until)
    .executeTakeFirst()
  tx.audit({ action: 'core.notification.allRead', detail: { count: Number(numUpdatedRows) } })
  tx.nudge()
  return countUnread(tx)
}

/** One's own that are still kept, with the long work they are about. */
function kept(tx: TenantReader) {
  return tx.db
    .selectFrom('notification')
    .leftJoin('activity', (join) =>
      join.onRef('activity.id', '=', 'notification.record').on('notification.record_kind', '=', 'activity'),
    )
    .select([
      'notification.id',
      'notification.kind',
      'notification.record_kind',
      'notification.record',
      'notification.card',
      'notification.created_at',
      'notification.read_at',
      'activity.kind as work',
      'activity.title',
      'activity.subject',
      'activity.error_code',
      'activity.record_kind as work_record_kind',
      'activity.record as work_record',
    ])
    .where('notification.person', '=', tx.actor.personId)
    .where('notification.created_at', '>=', keptSince(tx.now()))
}

type Row = Awaited<ReturnType<ReturnType<typeof kept>['execute']>>[number]

async function shown(tx: TenantReader, rows: readonly Row[], prefixOf: PrefixOf) {
  const open = await activityOpener(tx, rows)
  return rows.map((row) => {
    const { title, record, subject } = row
    const opened = title !== null && record !== null && open<string>({ id: record, subject }, 'title', title)
    return shownNotification(tx, row, opened || '', prefixOf)
  })
}

function shownNotification(tx: TenantReader, row: Row, title: string, prefixOf: PrefixOf) {
  const recordOf = (kind: string | null, id: string | null) => {
    const prefix = kind === 'activity' ? 'act' : kind === null ? undefined : prefixOf(kind)
    return kind !== null && id !== null && prefix ? { kind, id: toApi(prefix, id) } : null
  }
  const { work, record } = row
  return {
    id: toApi('ntf', row.id),
    kind: row.kind,
    record: recordOf(row.record_kind, record),
    detail: detailOf(tx, row),
    activity:
      work !== null && record !== null
        ? {
            kind: work,
            title,
            code: row.error_code,
            record: recordOf(row.work_record_kind, row.work_record),
          }
        : null,
    createdAt: row.created_at.toISOString(),
    readAt: row.read_at?.toISOString() ?? null,
  }
}

/** What its words are filled with; nothing where it is damaged, so that it hides no other. */
function detailOf(tx: TenantReader, { id, card }: Row): NotificationDetail {
  const open = () => tx.keys.open<NotificationDetail>('activity', 'notification', id, 'card', card)
  return openIfWhole(open) ?? {}
}
