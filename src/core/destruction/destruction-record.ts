// What a tenant destroyed, kept by the cell: ids, times and, once it is true for every copy there ever was, what the keeper forgot.
// Must stay true: a destruction is noted in the transaction that destroys the keys; here is nothing of what they sealed.
import { sql } from 'kysely'
import { newId } from '../ids.ts'
import { addKey } from '../keys/add-key.ts'
import { destroySubjectKey } from '../keys/subject-versions.ts'
import { madeAt } from '../keys/version-in-use.ts'
import type { TenantReader, TenantWriter } from '../tenancy/tenant-door.ts'

/** Writes certificates into the tenant's log; queued by the cell. */
export const CERTIFY_TASK = 'core.destruction.certify'
/** Rewrites the index under its next key and destroys the older ones. */
export const REINDEX_TASK = 'core.destruction.reindex'

/** Under which name the region's log keeps the certificate of a tenant that ended. */
export function certificateName(destruction: string): string {
  return `certificate-${destruction}`
}

/** The next key of the index seals after eleven minutes; a minute more, as for every rotation. */
const REWRITE_AFTER_MS = 12 * 60_000
/** An index key younger than this has not sealed anything yet, so its rewrite is still to come. */
export const UNUSED_MS = 10 * 60_000

/** One destruction; times are instants, ids UUIDs. The last six are null until a batch has taken it. */
export interface DestructionRow {
  readonly id: string
  readonly kind: 'document' | 'person' | 'organisation'
  readonly subject: string
  readonly keys: readonly string[]
  readonly index_keys: readonly string[] | null
  readonly destroyed_at: Date
  readonly awaits_index: boolean
  readonly certified_at: Date | null
  readonly epoch: number | null
  readonly forgets: readonly number[] | null
  readonly sequence: string | number | null
  readonly began_at: Date | null
  readonly forgotten_at: Date | null
}

/**
 * Destroys the key of a document or person, and has the index, which may know words of it, sealed under a further key. Answers the
 * destruction; null when it was done before. The caller takes its rows out of the tables.
 */
export async function destroySubject(
  tx: TenantWriter,
  kind: 'document' | 'person',
  subject: string,
): Promise<string | null> {
  const keys = await destroySubjectKey(tx, kind, subject)
  if (keys.length === 0) return null
  const id = newId(tx.now().getTime())
  await sql`select cell.note_destruction(${id}, ${kind}, ${subject}, ${keys}::uuid[], true)`.execute(tx.db)
  await queueRewrite(tx, id)
  return id
}

/** Has the index sealed under a key that has sealed nothing yet, for a destruction. */
export async function queueRewrite(tx: TenantWriter, destruction: string): Promise<void> {
  const now = tx.now().getTime()
  const next = (await findUnused(tx, now)) ?? (await addNext(tx))
  // One rewrite for all that is destroyed before it: asked for again, it stays where it is in the queue.
  await tx.enqueue(REINDEX_TASK, destruction, {
    key: `index-${next.version}`,
    delaySeconds: Math.max(0, Math.ceil((madeAt(next.id) + REWRITE_AFTER_MS - now) / 1000)),
    attempts: 25,
  })
}

/** The newest key of the index, if it cannot have sealed anything. Its age alone does not say so: a clock may have gone back since. */
async function findUnused(tx: TenantWriter, now: number) {
  const [newest, older] = await tx.db
    .selectFrom('key')
    .select(['id', 'version'])
    .where('purpose', '=', 'search')
    .where('state', '=', 'live')
    .orderBy('version', 'desc')
    .limit(2)
    .execute()
  if (!newest || !older) return undefined
  const age = now - madeAt(newest.id)
  return age >= 0 && age <= UNUSED_MS ? newest : undefined
}

async function addNext(tx: TenantWriter): Promise<{ id: string; version: number }> {
  const row = await tx.keys.newVersion('search')
  await addKey(tx, row)
  return row
}

/** The tenant's destructions, newest first; at most 500. */
export async function readDestructions(
  tx: Pick<TenantReader, 'db'>,
  { id = null, before = null, limit }: { id?: string | null; before?: string | null; limit: number },
): Promise<DestructionRow[]> {
  const { rows } = await sql<DestructionRow>`
    select * from cell.list_destructions(${id}::uuid, ${before}::uuid, ${limit})`.execute(tx.db)
  return rows
}
