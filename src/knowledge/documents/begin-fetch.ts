/**
 * Asks for a document by its address: it is fetched by a job, and known under its id from now on.
 * Must stay true: an address whose form alone is refused is refused here, and nothing is queued; a slow place takes the jobs of an organisation
 * for minutes, so few are awaited at once.
 */
import type { Ctx } from '#core/ctx.ts'
import { newId } from '#core/ids.ts'
import { LimitReached } from '#core/limits/limit-reached.ts'
import type { TenantWriter } from '#core/tenancy/tenant-door.ts'
import { authorOf, madeBy } from '../authorship.ts'
import { placeOf } from '../document-key.ts'
import { queueSweep, UPLOAD_HOURS } from './announce-upload.ts'
import { cleanTitle } from './clean-file-name.ts'
import type { AddByAddress, Document } from './document.schema.ts'
import { type FetchCard, findFetch, makeFetchKey, nameOfAddress } from './fetch-record.ts'

export const FETCH_TASK = 'knowledge.document.fetch'

/** Awaited at once, of one asker and of one organisation. */
export const MOST_AWAITED = { asker: 25, tenant: 200 } as const
const RETRY_SECONDS = 60

/** Needs `knowledge.document.create`; throws `address_refused`, `too_many_requests`. */
export async function beginFetch(
  { outbound }: Pick<Ctx, 'outbound'>,
  tx: TenantWriter,
  wish: AddByAddress,
): Promise<Document> {
  tx.require('knowledge.document.create')
  const url = outbound.read('capture', wish.url.trim())
  await demandRoom(tx)
  const id = newId()
  const title = cleanTitle(wish.title ?? '') || cleanTitle(nameOfAddress(url)) || url.hostname
  const card: FetchCard = { url: url.href, title }
  const seal = await makeFetchKey(tx, id)
  const activity = await tx.enqueue(FETCH_TASK, id, {
    urgency: 'soon',
    activity: {
      kind: 'knowledge.document.fetching',
      recordKind: 'document',
      title,
      unit: 'bytes',
      under: { subject: id, seal },
    },
  })
  await tx.db
    .insertInto('document_fetch')
    .values({
      id,
      state: 'waiting',
      activity,
      card: seal.seal(placeOf(tx, 'document_fetch', id, 'card'), card),
      ...madeBy(tx, { table: 'document_fetch', id, seal }),
    })
    .execute()
  // What did not come is forgotten some day.
  await queueSweep(tx, id, UPLOAD_HOURS + 1)
  tx.audit({ action: 'knowledge.document.fetchAsked', record: { kind: 'document', id } })
  return findFetch(tx, id)
}

async function demandRoom(tx: TenantWriter): Promise<void> {
  const { person, key } = authorOf(tx.actor)
  const { all, own } = await tx.db
    .selectFrom('document_fetch')
    .innerJoin('activity', 'activity.id', 'document_fetch.activity')
    .select((eb) => {
      const isOwn =
        person === null
          ? eb('document_fetch.created_key', '=', key)
          : eb('document_fetch.created_by', '=', person)
      const count = eb.fn.countAll<number>()
      return [count.as('all'), count.filterWhere(isOwn).as('own')]
    })
    .where('document_fetch.state', 'in', ['waiting', 'fetching'])
    .where('activity.state', 'in', ['waiting', 'running'])
    .executeTakeFirstOrThrow()
  if (own >= MOST_AWAITED.asker || all >= MOST_AWAITED.tenant)
    throw new LimitReached('fetches', RETRY_SECONDS)
}
