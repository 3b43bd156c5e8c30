// Records of the core that carry a seal.
import { openIfWhole } from '../keys/is-damage.ts'
import type { RecordKind, SealedRecord } from '../product.ts'
import type { TenantReader } from '../tenancy/tenant-door.ts'

interface Stamped {
  readonly created_by: string
  readonly created_at: Date
  readonly updated_by: string
  readonly updated_at: Date
  readonly origin: Buffer
  /** What else of it is sealed under the tenant's key. */
  readonly card?: Buffer
}

type CoreTable = 'member' | 'organisation' | 'api_key' | 'export' | 'webhook'
const STAMP = ['created_by', 'created_at', 'updated_by', 'updated_at', 'origin'] as const
const CARDED = [...STAMP, 'card'] as const

export const coreRecords: readonly RecordKind[] = [
  {
    kind: 'person',
    prefix: 'per',
    async find(tx, id) {
      const row = await tx.db.selectFrom('member').select(STAMP).where('person', '=', id).executeTakeFirst()
      return row && sealed(tx, 'member', id, row, 'core.people.read', { purpose: 'person', id })
    },
  },
  {
    kind: 'organisation',
    prefix: 'org',
    async find(tx, id) {
      const row = await tx.db
        .selectFrom('organisation')
        .select(CARDED)
        .where('id', '=', id)
        .executeTakeFirst()
      return row && sealed(tx, 'organisation', id, row, 'core.organisation.read', null)
    },
  },
  {
    kind: 'key',
    prefix: 'key',
    async find(tx, id) {
      const row = await tx.db.selectFrom('api_key').select(CARDED).where('id', '=', id).executeTakeFirst()
      return row && sealed(tx, 'api_key', id, row, 'core.key.manage', null)
    },
  },
  {
    kind: 'export',
    prefix: 'exp',
    async find(tx, id) {
      const row = await tx.db.selectFrom('export').select(STAMP).where('id', '=', id).executeTakeFirst()
      return row && sealed(tx, 'export', id, row, 'core.export.create', { purpose: 'document', id })
    },
  },
  {
    kind: 'webhook',
    prefix: 'whk',
    async find(tx, id) {
      const row = await tx.db.selectFrom('webhook').select(CARDED).where('id', '=', id).executeTakeFirst()
      return row && sealed(tx, 'webhook', id, row, 'core.webhook.manage', null)
    },
  },
  {
    kind: 'session',
    prefix: 'ses',
    async find(tx, id) {
      const row = await tx.db
        .selectFrom('session')
        .select(['person', 'created_at', 'last_seen_at', 'origin'])
        .where('id', '=', id)
        .executeTakeFirst()
      if (!row) return undefined
      const origin = openIfWhole(() =>
        tx.keys.open<{ ip: string }>('activity', 'session', id, 'origin', row.origin),
      )
      const ip = origin?.ip ?? null
      return {
        createdBy: row.person,
        createdAt: row.created_at,
        createdIp: ip,
        updatedBy: row.person,
        updatedAt: row.last_seen_at,
        updatedIp: ip,
        keySubject: null,
        storageClass: 'metadata',
        isWhole: origin !== null,
        permission: 'core.session.manage',
      }
    },
  },
]

function sealed(
  tx: TenantReader,
  table: CoreTable,
  id: string,
  row: Stamped,
  permission: string,
  keySubject: SealedRecord['keySubject'],
): SealedRecord {
  const open = (column: 'origin' | 'card', bytes: Buffer) => () =>
    tx.keys.open<{ createdIp?: string; updatedIp?: string }>('activity', table, id, column, bytes)
  const origin = openIfWhole(open('origin', row.origin))
  return {
    createdBy: row.created_by,
    createdAt: row.created_at,
    createdIp: origin?.createdIp ?? null,
    updatedBy: row.updated_by,
    updatedAt: row.updated_at,
    updatedIp: origin?.updatedIp ?? null,
    keySubject,
    storageClass: 'metadata',
    isWhole: origin !== null && (!row.card || openIfWhole(open('card', row.card)) !== null),
    permission,
  }
}
