// What was destroyed, as people see it: which record, how far it is, and the certificate once there is one.
import { proveAudit } from '../audit/prove-audit.ts'
import { PublicError } from '../errors.ts'
import { fromApi, type IdPrefix, toApi } from '../ids.ts'
import { pageOf, readCursor } from '../page-cursor.ts'
import type { TenantReader } from '../tenancy/tenant-door.ts'
import { CERTIFIED } from './certify-destruction.job.ts'
import type { DestructionQuery } from './destruction.schema.ts'
import { type DestructionRow, readDestructions } from './destruction-record.ts'

const prefixes: Readonly<Record<DestructionRow['kind'], IdPrefix>> = {
  document: 'doc',
  person: 'per',
  organisation: 'org',
}

/** Newest first. Needs `core.destruction.read`. */
export async function listDestructions(tx: TenantReader, { cursor, limit = 50, subject }: DestructionQuery) {
  tx.require('core.destruction.read')
  const before = cursor === undefined ? null : readCursor(cursor).id
  const found = await readDestructions(tx, { before, limit: subject === undefined ? limit + 1 : 500 })
  const of = subject === undefined ? found : found.filter((row) => shown(row).subjectId === subject)
  const { rows, next } = pageOf(of, { limit })
  tx.audit({ action: 'core.destruction.listed', detail: { count: rows.length } })
  return { items: rows.map(shown), next }
}

/** One destruction. Needs `core.destruction.read`; throws `not_found`. */
export async function findDestruction(tx: TenantReader, id: string) {
  tx.require('core.destruction.read')
  const row = await rowOf(tx, id)
  tx.audit({ action: 'core.destruction.read', record: { kind: 'destruction', id: row.id } })
  return shown(row)
}

/**
 * The certificate: the event that says what went, and the proof that it is in the signed log. Throws `not_found`, and `not_sealed_yet`
 * before there is one.
 */
export async function openCertificate(tx: TenantReader, id: string, logKeys: readonly string[]) {
  tx.require('core.destruction.read')
  const row = await rowOf(tx, id)
  const event = await tx.db
    .selectFrom('audit')
    .select('id')
    .where('record_id', '=', row.id)
    .where('action', '=', CERTIFIED)
    .executeTakeFirst()
  if (!event)
    throw new PublicError('not_sealed_yet', 'There is no certificate yet: it follows within minutes.')
  const proof = await proveAudit(tx.db, logKeys, event.id)
  tx.audit({ action: 'core.destruction.certificateRead', record: { kind: 'destruction', id: row.id } })
  return proof
}

async function rowOf(tx: TenantReader, id: string): Promise<DestructionRow> {
  const [row] = await readDestructions(tx, { id: fromApi('des', id), limit: 1 })
  if (!row) throw new PublicError('not_found')
  return row
}

function shown(row: DestructionRow) {
  return {
    id: toApi('des', row.id),
    kind: row.kind,
    subjectId: toApi(prefixes[row.kind], row.subject),
    state: stateOf(row),
    keys: row.keys.length + (row.index_keys?.length ?? 0),
    destroyedAt: row.destroyed_at.toISOString(),
    forgottenAt: row.forgotten_at?.toISOString() ?? null,
    certifiedAt: row.certified_at?.toISOString() ?? null,
  }
}

function stateOf(row: DestructionRow): 'waiting' | 'forgetting' | 'erased' | 'certified' {
  if (row.certified_at !== null) return 'certified'
  if (row.forgotten_at !== null) return 'erased'
  return row.began_at === null ? 'waiting' : 'forgetting'
}
