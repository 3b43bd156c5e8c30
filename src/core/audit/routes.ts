// The log over HTTP: reading it, proving it, taking it away.

import { poured } from '../blobs/poured.ts'
import type { Ctx } from '../ctx.ts'
import { PublicError } from '../errors.ts'
import { fromApi, toApi } from '../ids.ts'
import { type Route, route } from '../route.ts'
import type { TenantReader } from '../tenancy/tenant-door.ts'
import {
  AuditCheckpoint,
  AuditList,
  AuditPath,
  AuditProof,
  AuditQuery,
  Consistency,
  ConsistencyQuery,
  Export,
  ExportContent,
  ExportPath,
  NewExport,
} from './audit.schema.ts'
import { createExport, findExport, openExport } from './exports.ts'
import { type AuditItem, listAudit } from './list-audit.ts'
import { latestCheckpoint, proveAudit, proveConsistency } from './prove-audit.ts'

export const auditRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/v1/audit',
    operationId: 'listAudit',
    permission: 'core.audit.read',
    summary: 'The audit log, newest first',
    schema: { querystring: AuditQuery, response: { 200: AuditList } },
    handler: (ctx, { actor, query }) =>
      ctx.read(actor, async (tx) => {
        const { actor: person, record, from, to, limit = 50, ...rest } = query
        const page = await listAudit(tx.db, tx.keys, {
          ...rest,
          limit,
          actor: person === undefined ? undefined : fromApi('per', person),
          record: record === undefined ? undefined : recordUuid(ctx, record),
          from: from === undefined ? undefined : new Date(from),
          to: to === undefined ? undefined : new Date(to),
        })
        tx.audit({ action: 'core.audit.listed', detail: { count: page.items.length } })
        return { items: page.items.map((item) => shown(ctx, item)), next: page.next }
      }),
  }),
  route({
    method: 'GET',
    url: '/v1/audit/:id/proof',
    operationId: 'proveAuditEvent',
    permission: 'core.record.read',
    summary: 'Proof that an event is in the log; for auditors, and for whoever may open its record',
    schema: { params: AuditPath, response: { 200: AuditProof } },
    handler: async (ctx, { actor, params }) => {
      const keys = await ctx.logKeys(actor.region, actor.tenant)
      return ctx.read(actor, async (tx) => {
        const event = fromApi('evt', params.id)
        if (!actor.permissions.has('core.audit.read')) await requireRecordOf(ctx, tx, event)
        const proof = await proveAudit(tx.db, keys, event)
        tx.audit({ action: 'core.audit.proven', detail: { position: proof.position } })
        return proof
      })
    },
  }),
  route({
    method: 'GET',
    url: '/v1/audit/checkpoint',
    operationId: 'readCheckpoint',
    permission: 'core.record.read',
    summary: 'The newest signed checkpoint of the log',
    schema: { response: { 200: AuditCheckpoint } },
    handler: async (ctx, { actor }) => {
      const keys = await ctx.logKeys(actor.region, actor.tenant)
      return ctx.read(actor, async (tx) => {
        tx.audit({ action: 'core.audit.checkpointRead' })
        return latestCheckpoint(tx.db, keys)
      })
    },
  }),
  route({
    method: 'GET',
    url: '/v1/audit/consistency',
    operationId: 'proveConsistency',
    permission: 'core.record.read',
    summary: 'Proof that the log only grew between two sizes',
    schema: { querystring: ConsistencyQuery, response: { 200: Consistency } },
    handler: (ctx, { actor, query }) =>
      ctx.read(actor, async (tx) => {
        const proof = await proveConsistency(tx.db, query.from, query.to)
        tx.audit({ action: 'core.audit.proven', detail: { from: query.from, to: query.to } })
        return proof
      }),
  }),
  route({
    method: 'POST',
    url: '/v1/exports',
    operationId: 'createExport',
    permission: 'core.export.create',
    summary: 'Ask for an export',
    schema: { body: NewExport, response: { 202: Export } },
    handler: async (ctx, { actor, reply }) => {
      const made = await ctx.write(actor, createExport)
      reply.code(202)
      return made
    },
  }),
  route({
    method: 'GET',
    url: '/v1/exports/:id',
    operationId: 'readExport',
    permission: 'core.export.create',
    summary: 'How far an export is',
    schema: { params: ExportPath, response: { 200: Export } },
    handler: (ctx, { actor, params }) => ctx.read(actor, (tx) => findExport(tx, fromApi('exp', params.id))),
  }),
  route({
    method: 'GET',
    url: '/v1/exports/:id/content',
    operationId: 'readExportContent',
    permission: 'core.export.create',
    summary: 'The export itself',
    schema: { params: ExportPath, response: { 200: ExportContent } },
    handler: async (ctx, { actor, params, reply }) => {
      const stream = await ctx.read(actor, (tx) => openExport(tx, fromApi('exp', params.id)))
      return reply
        .header('content-disposition', 'attachment; filename="audit.ndjson"')
        .type('application/x-ndjson')
        .send(poured(stream))
    },
  }),
]

/** Throws `not_found` unless the event is about a record that the actor may open. */
async function requireRecordOf(ctx: Ctx, tx: TenantReader, event: string): Promise<void> {
  const row = await tx.db
    .selectFrom('audit')
    .select(['record_kind', 'record_id'])
    .where('id', '=', event)
    .executeTakeFirst()
  const kind = ctx.records.find((known) => known.kind === row?.record_kind)
  const record = kind && row?.record_id ? await kind.find(tx, row.record_id) : undefined
  if (!record || !tx.actor.permissions.has(record.permission)) throw new PublicError('not_found')
}

function recordUuid(ctx: Ctx, id: string): string {
  const kind = ctx.records.find(({ prefix }) => id.startsWith(`${prefix}_`))
  if (!kind) throw new PublicError('not_found')
  return fromApi(kind.prefix, id)
}

function shown(ctx: Ctx, item: AuditItem) {
  const kind = ctx.records.find((known) => known.kind === item.record?.kind)
  const { credentialId, personId } = item.actor
  return {
    ...item,
    id: toApi('evt', item.id),
    actor: {
      kind: item.actor.kind,
      personId: personId === null ? null : toApi('per', personId),
      credentialId:
        credentialId === null ? null : toApi(item.actor.kind === 'key' ? 'key' : 'ses', credentialId),
    },
    onBehalfOf: item.onBehalfOf === null ? null : toApi('per', item.onBehalfOf),
    record: item.record && {
      kind: item.record.kind,
      id: kind ? toApi(kind.prefix, item.record.id) : item.record.id,
    },
  }
}
