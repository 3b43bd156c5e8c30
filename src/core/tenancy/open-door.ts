// The door itself: binds an actor to its tenant's connection, keys, blobs, search and audit, and decides when a write may commit.
// Must stay true: no audit entry, no commit; events of a read are in the log before the answer leaves.
import type { Compilable, Kysely } from 'kysely'
import { ANNOUNCE_EVERY_MS, announceAudit, createAnnouncer } from '../audit/announce-audit.ts'
import {
  type AuditQueue,
  appendAudit,
  createAuditQueue,
  type NewAuditEvent,
  readWithEvent,
} from '../audit/append-audit.ts'
import type { BlobStore } from '../blobs/blob-store.ts'
import { tenantBlobs } from '../blobs/tenant-blobs.ts'
import type { TenantTables } from '../db/tables.gen.ts'
import { inTransaction, type SendStatement } from '../db/transaction.ts'
import { PublicError } from '../errors.ts'
import { enqueue } from '../jobs/enqueue.ts'
import type { TenantKeys } from '../keys/tenant-keys.ts'
import { giveNudge } from '../notifications/nudge.ts'
import { bindTenantSearch } from '../search/bind-tenant-search.ts'
import type { SearchCache } from '../search/search-cache.ts'
import { type Clock, stopwatch } from '../time.ts'
import type { Actor } from './actor.ts'
import { stageBlob } from './stage-blob.ts'
import type { OpenTenant, TenantConnections } from './tenant-connections.ts'
import type { AuditEntry, Store, TenantDoor, TenantReader, TenantWriter } from './tenant-door.ts'

export interface DoorOptions {
  readonly tenants: TenantConnections
  readonly blobs: (region: string) => BlobStore
  readonly searchCache: SearchCache
  /** Hears of each tenant that was nudged here, after the commit. */
  readonly nudged?: (tenant: string) => void
  readonly now: Clock
}

/** The door, and whether an actor has left an event through it. */
export interface Door extends TenantDoor {
  hasAudited(actor: Actor): boolean
}

/** A write that recorded nothing is a bug of the operation, never the caller's mistake. */
export class MissingAudit extends Error {
  override name = 'MissingAudit'
}

/** Opens the door over the tenants of this process. */
export function openDoor({ tenants, blobs, searchCache, nudged, now }: DoorOptions): Door {
  const queues = new Map<string, AuditQueue>()
  const announcer = createAnnouncer()
  const audited = new WeakSet<Actor>()

  function queueOf(tenant: OpenTenant): AuditQueue {
    const name = tenant.place.tenant
    const known = queues.get(name)
    if (known) return known
    const queue = createAuditQueue(async (events) =>
      appendAudit(tenant.db('activity'), await tenant.keys(), events, 'relaxed'),
    )
    if (queues.size >= 2_000) queues.clear()
    queues.set(name, queue)
    return queue
  }

  interface Reading {
    readonly actor: Actor
    readonly tenant: OpenTenant
    readonly keys: TenantKeys
    readonly db: Kysely<TenantTables>
    readonly entries: AuditEntry[]
    readonly found: TenantReader['found']
    readonly send?: SendStatement
  }

  function readerOn({ actor, tenant, keys, db, entries, found, send }: Reading): TenantReader {
    return {
      actor,
      db,
      keys,
      blobs: tenantBlobs(blobs(tenant.place.region.name), keys),
      search: bindTenantSearch(db, keys, searchCache, send),
      now,
      require(permission) {
        if (!actor.permissions.has(permission))
          throw new PublicError('forbidden', undefined, { details: { permission } })
      },
      audit(entry) {
        entries.push(entry)
      },
      found,
    }
  }

  /** Tells the streams of this process at once, those of others by the cell. What gets lost is found when they look by themselves. */
  function passNudge(tenant: OpenTenant): void {
    nudged?.(tenant.place.tenant)
    giveNudge(tenant.db('activity')).catch(() => undefined)
  }

  async function announce(tenant: OpenTenant): Promise<void> {
    await announcer.announce(tenant.place.tenant, () => announceAudit(tenant.db('activity')))
  }

  const door: Door = {
    async read<T>(actor: Actor, work: (tx: TenantReader) => Promise<T>, store: Store = 'activity') {
      const tenant = await tenants.of(actor.tenant)
      const keys = await tenant.keys()
      const entries: AuditEntry[] = []
      const db = tenant.db(store)
      const found: TenantReader['found'] = async (query, entry) => {
        await announce(tenant)
        const rows = await readWithEvent(db, keys, query, eventOf(actor, entry, now()))
        if (rows.length > 0) audited.add(actor)
        return rows
      }
      const result = await work(readerOn({ actor, tenant, keys, db, entries, found }))
      if (entries.length > 0) {
        await announce(tenant)
        const queue = queueOf(tenant)
        await Promise.all(entries.map((entry) => queue.append(eventOf(actor, entry, now()))))
        audited.add(actor)
      }
      return result
    },

    async write<T>(actor: Actor, work: (tx: TenantWriter) => Promise<T>, store: Store = 'activity') {
      const tenant = await tenants.of(actor.tenant)
      const keys = await tenant.keys()
      const entries: AuditEntry[] = []
      const begun = stopwatch()
      let isNudged = false
      await announce(tenant)
      const result = await inTransaction<TenantTables, T>(
        await tenant.lease(store),
        async (db, send) => {
          const found = async <Row>(query: Compilable<Row>, entry: AuditEntry) => {
            const { rows } = await db.executeQuery<Row>(query.compile())
            if (rows.length > 0) entries.push(entry)
            return rows
          }
          const tx: TenantWriter = {
            ...readerOn({ actor, tenant, keys, db, entries, found, send }),
            send: (query) => send(query.compile()),
            nudge() {
              isNudged = true
            },
            enqueue: (task, record, options) => enqueue(tx, task, record, options),
          }
          const done = await work(tx)
          if (entries.length === 0) throw new MissingAudit('a write recorded no audit entry')
          return done
        },
        async (db) => {
          await appendAudit(
            db,
            keys,
            entries.map((entry) => eventOf(actor, entry, now())),
          )
        },
      )
      audited.add(actor)
      if (isNudged) passNudge(tenant)
      // A long transaction may commit when the sealer has long stopped looking at its tenant.
      if (stopwatch() - begun > ANNOUNCE_EVERY_MS) await announce(tenant)
      return result
    },

    async stage(actor, plan, work) {
      const tenant = await tenants.of(actor.tenant)
      const ground = {
        write: door.write,
        keys: await tenant.keys(),
        store: blobs(tenant.place.region.name),
      }
      return stageBlob(ground, actor, plan, work)
    },

    hasAudited: (actor) => audited.has(actor),
  }
  return door
}

function eventOf(actor: Actor, entry: AuditEntry, at: Date): NewAuditEvent {
  return {
    at,
    action: entry.action,
    outcome: entry.outcome ?? 'done',
    actorKind: actor.kind,
    actor: actor.kind === 'person' ? actor.personId : null,
    credential: actor.credentialId,
    onBehalf: actor.onBehalfOf,
    record: entry.record ?? null,
    requestId: actor.requestId,
    detail: entry.detail ?? null,
    personal: actor.origin,
  }
}
