// Title and origin of an activity: under the key of the document it is about, so that they go with it, or under the key of the fields.
// Must stay true: the column `subject` says which; of a document that was destroyed nothing is shown.

import { openIfWhole } from '../keys/is-damage.ts'
import type { SubjectKey } from '../keys/subject-key.ts'
import { type SealPlace, type SubjectSeal, subjectSeal } from '../keys/subject-seal.ts'
import type { TenantReader } from '../tenancy/tenant-door.ts'

/** Whose key seals an activity. */
export interface ActivityKey {
  /** UUID of the document. */
  readonly subject: string
  readonly seal: SubjectSeal
}

type Column = 'title' | 'origin'
type Reader = Pick<TenantReader, 'actor' | 'keys'>

interface Row {
  readonly id: string
  readonly subject: string | null
}

/** What to store in a column. */
export function sealActivity(
  tx: Reader,
  { id, column, under }: { id: string; column: Column; under: ActivityKey | undefined },
  value: unknown,
): Buffer {
  if (under) return under.seal.seal(placeOf(tx, id, column), value)
  return tx.keys.seal('activity', 'activity', id, column, value)
}

/** Opens a column of many rows; undefined for those whose document was destroyed, and for those that are damaged. */
export async function activityOpener(
  tx: Reader,
  rows: readonly Pick<Row, 'subject'>[],
): Promise<<T>(row: Row, column: Column, sealed: Buffer) => T | undefined> {
  const subjects = rows.flatMap(({ subject }) => (subject === null ? [] : [subject]))
  const keys: ReadonlyMap<string, SubjectKey> =
    subjects.length === 0 ? new Map() : await tx.keys.subjects('document', subjects)
  return <T>({ id, subject }: Row, column: Column, sealed: Buffer) => {
    const key = subject === null ? null : keys.get(subject)
    if (key === undefined) return undefined
    const open = (): T =>
      key === null
        ? tx.keys.open<T>('activity', 'activity', id, column, sealed)
        : subjectSeal(key).open<T>(placeOf(tx, id, column), sealed)
    return openIfWhole(open) ?? undefined
  }
}

function placeOf(tx: Reader, row: string, column: Column): SealPlace {
  return { tenant: tx.actor.tenant, store: 'activity', table: 'activity', row, column }
}
