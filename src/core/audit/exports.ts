// Exports: asked for, made by a job as a sealed blob, fetched by those who may.

import type { Readable } from 'node:stream'
import { PublicError } from '../errors.ts'
import { newId, toApi } from '../ids.ts'
import { addKey } from '../keys/add-key.ts'
import type { SubjectBlobs } from '../keys/reseal-subject.ts'
import type { TenantReader, TenantWriter } from '../tenancy/tenant-door.ts'

/** The task that makes an audit export. */
export const EXPORT_TASK = 'core.audit.export'

/** The files of exports, each under a key of its own. */
export const exportBlobs: SubjectBlobs = {
  table: 'export',
  blob: 'blob',
  subject: 'id',
  isStored: 'blob is not null',
  async hold(tx, blob) {
    const row = await tx.db
      .selectFrom('export')
      .select('id')
      .where('blob', '=', blob)
      .forUpdate()
      .executeTakeFirst()
    return row !== undefined
  },
}

/** Asks for an export of the whole log; its activity shows how far it is. */
export async function createExport(tx: TenantWriter) {
  tx.require('core.export.create')
  const { actor } = tx
  if (actor.personId === null) throw new PublicError('forbidden')
  const id = newId()
  const activity = await tx.enqueue(EXPORT_TASK, id, {
    urgency: 'soon',
    activity: { kind: 'core.audit.exporting', recordKind: 'export', title: 'audit.ndjson', unit: 'events' },
  })
  if (activity === null) throw new Error('an export needs an activity')
  const { row } = await tx.keys.newSubject('document', id)
  await addKey(tx, row)
  await tx.db
    .insertInto('export')
    .values({
      id,
      kind: 'audit',
      state: 'waiting',
      activity,
      blob: null,
      size: null,
      created_by: actor.personId,
      created_at: tx.now(),
      updated_by: actor.personId,
      updated_at: tx.now(),
      origin: tx.keys.seal('activity', 'export', id, 'origin', {
        createdIp: actor.origin.ip,
        updatedIp: actor.origin.ip,
      }),
    })
    .execute()
  tx.audit({ action: 'core.export.created', record: { kind: 'export', id } })
  return shown(await exportRow(tx, id))
}

/** One export. Throws `not_found`. */
export async function findExport(tx: TenantReader, id: string) {
  tx.require('core.export.create')
  const row = await exportRow(tx, id)
  tx.audit({ action: 'core.export.read', record: { kind: 'export', id } })
  return shown(row)
}

/** The content of an export as a stream. Throws `not_found` while it is not ready. */
export async function openExport(tx: TenantReader, id: string): Promise<Readable> {
  tx.require('core.export.create')
  const row = await exportRow(tx, id)
  if (row.state !== 'ready' || row.blob === null) throw new PublicError('not_found')
  tx.audit({ action: 'core.export.fetched', record: { kind: 'export', id } })
  return tx.blobs.open(row.blob, await tx.keys.subject('document', id))
}

async function exportRow(tx: TenantReader, id: string) {
  const row = await tx.db
    .selectFrom('export')
    .select(['id', 'kind', 'state', 'activity', 'blob', 'size', 'created_at'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) throw new PublicError('not_found')
  return row
}

function shown(row: Awaited<ReturnType<typeof exportRow>>) {
  return {
    id: toApi('exp', row.id),
    kind: row.kind,
    state: row.state,
    activityId: toApi('act', row.activity),
    size: row.size,
    createdAt: row.created_at.toISOString(),
  }
}
