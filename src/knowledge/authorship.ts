/**
 * Who made and who last changed a record, when and from where. Every table of knowledge has these columns.
 * Must stay true: addresses are sealed under the key of the document that the record tells of; a record made by an API key that acts for
 * nobody names the key.
 */
import { toApi } from '#core/ids.ts'
import type { SubjectSeal } from '#core/keys/subject-seal.ts'
import type { Actor } from '#core/tenancy/actor.ts'
import type { TenantReader } from '#core/tenancy/tenant-door.ts'
import { openSealed, placeOf } from './document-key.ts'

/** The sealed column `origin`. */
export interface RecordOrigin {
  createdIp: string | null
  updatedIp: string | null
}

interface Author {
  person: string | null
  key: string | null
}

/** Who does it: a person, also by a key of theirs, or a key alone. */
export function authorOf(actor: Actor): Author {
  const person = actor.onBehalfOf ?? actor.personId
  return { person, key: person === null && actor.kind === 'key' ? actor.credentialId : null }
}

/** A row, and the key of its document. */
export interface SealedRow {
  readonly table: 'document' | 'document_fetch' | 'snip' | 'upload'
  readonly id: string
  readonly seal: SubjectSeal
}

/** The columns of a record made now. */
export function madeBy(tx: TenantReader, row: SealedRow) {
  const { person, key } = authorOf(tx.actor)
  const now = tx.now()
  const origin: RecordOrigin = { createdIp: tx.actor.origin.ip, updatedIp: tx.actor.origin.ip }
  return {
    created_by: person,
    created_key: key,
    created_at: now,
    updated_by: person,
    updated_key: key,
    updated_at: now,
    origin: sealOrigin(tx, row, origin),
  }
}

/** The columns of a record changed now; `sealed` is its origin so far. */
export function changedBy(tx: TenantReader, row: SealedRow, sealed: Buffer) {
  const { person, key } = authorOf(tx.actor)
  const { createdIp } = openOrigin(tx, row, sealed)
  const origin: RecordOrigin = { createdIp, updatedIp: tx.actor.origin.ip }
  return {
    updated_by: person,
    updated_key: key,
    updated_at: tx.now(),
    origin: sealOrigin(tx, row, origin),
  }
}

/** Where a record was made and last changed from. */
export function openOrigin(tx: TenantReader, { table, id, seal }: SealedRow, sealed: Buffer): RecordOrigin {
  return openSealed<RecordOrigin>(tx, seal, placeOf(tx, table, id, 'origin'), sealed)
}

function sealOrigin(tx: TenantReader, { table, id, seal }: SealedRow, origin: RecordOrigin): Buffer {
  return seal.seal(placeOf(tx, table, id, 'origin'), origin)
}

interface AuthorColumns {
  created_by: string | null
  created_key: string | null
  created_at: Date
  updated_by: string | null
  updated_key: string | null
  updated_at: Date
}

/** The same columns as the API shows them. */
export function shownAuthorship(row: AuthorColumns) {
  return {
    createdBy: shownAuthor(row.created_by, row.created_key),
    createdAt: row.created_at.toISOString(),
    updatedBy: shownAuthor(row.updated_by, row.updated_key),
    updatedAt: row.updated_at.toISOString(),
  }
}

/** `per_…`, `key_…`, or null for the system itself. */
export function shownAuthor(person: string | null, key: string | null): string | null {
  if (person !== null) return toApi('per', person)
  return key === null ? null : toApi('key', key)
}
