/**
 * The key of a document seals what stands in it and everything that tells of it: its card, its snips, where it came from and who was where.
 * Must stay true: what goes when a document is destroyed is sealed here, and nowhere under the key of the organisation's fields.
 */
import { PublicError } from '#core/errors.ts'
import { SealBroken } from '#core/keys/seal-broken.ts'
import { type SealPlace, type SubjectSeal, subjectSeal } from '#core/keys/subject-seal.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'

/** A column of a row, as what it holds is bound to it. */
export function placeOf(
  tx: Pick<TenantReader, 'actor'>,
  table: string,
  row: string,
  column: string,
): SealPlace {
  return { tenant: tx.actor.tenant, store: 'activity', table, row, column }
}

/** What seals under the key of a document. Throws `gone` when it was destroyed. */
export async function documentSeal(tx: Pick<TenantReader, 'keys'>, document: string): Promise<SubjectSeal> {
  return subjectSeal(await tx.keys.subject('document', document))
}

/** The same for many documents at once; one that was destroyed is not in it. */
export async function documentSeals(
  tx: Pick<TenantReader, 'keys'>,
  documents: Iterable<string>,
): Promise<ReadonlyMap<string, SubjectSeal>> {
  const keys = await tx.keys.subjects('document', documents)
  return new Map([...keys].map(([id, key]) => [id, subjectSeal(key)]))
}

/**
 * What a column holds that `seal` sealed. Rows made before the migration 0015 lie under the key of the fields until move-seals.job.ts has
 * come to them; a value opens under one of the two. Throws SealBroken.
 */
export function openSealed<T>(
  tx: Pick<TenantReader, 'actor' | 'keys'>,
  seal: SubjectSeal,
  place: SealPlace,
  sealed: Buffer,
): T {
  try {
    return seal.open<T>(place, sealed)
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error
    return tx.keys.open<T>(place.store, place.table, place.row, place.column, sealed)
  }
}

/** The same of a document to come, which before the migration 0015 may have had no key of its own. Throws `gone` when it was destroyed. */
export async function openOfComing<T>(
  tx: Pick<TenantReader, 'actor' | 'keys'>,
  document: string,
  place: SealPlace,
  sealed: Buffer,
): Promise<T> {
  const seal = (await documentSeals(tx, [document])).get(document)
  if (seal) return openSealed<T>(tx, seal, place, sealed)
  try {
    return tx.keys.open<T>(place.store, place.table, place.row, place.column, sealed)
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error
    throw new PublicError('gone', undefined, { cause: error })
  }
}
