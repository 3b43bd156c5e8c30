// The door itself: binds an actor to its tenant's connection, keys, blobs, search and audit, and decides when a write may commit.
// Must stay true: no audit entry, no commit; events of a read are in the log before the answer leaves.
import type { Compilable } from 'kysely'
import { ANNOUNCE_EVERY_MS, announceAudit, createAnnouncer } from '../audit/announce-audit.ts'
import {
  type AuditQueue,
  appendAudit,
  createAuditQueue,
  type NewAuditEvent,
  readWithEvent,
} from '../audit/append-audit.ts'
import type { BlobStore } from '../blobs/blob-store.ts'
import { type DirectKysely, statementOf } from '../db/kysely-on.ts'
import type { TenantTables } from '../db/tables.gen.ts'
import { inTransaction } from '../db/transaction.ts'
import { newId } from '../ids.ts'
import type { TenantKeys } from '../keys/tenant-keys.ts'
import { giveNudge } from '../notifications/nudge.ts'
import type { SearchCache } from '../search/search-cache.ts'
import { type Clock, stopwatch } from '../time.ts'
import type { KnownEvent, Teller } from '../webhooks/queue-deliveries.ts'
import type { Actor } from './actor.ts'
import { stageBlob } from './stage-blob.ts'
import type { OpenTenant, TenantConnections } from './tenant-connections.ts'
import type { AuditEntry, Store, TenantDoor, TenantReader, TenantWriter } from './tenant-door.ts'
import { Reader, Writer } from './tenant-reader.ts'

export interface DoorOptions {
  readonly tenants: TenantConnections
  readonly blobs: (region: string) => BlobStore
  readonly searchCache: SearchCache
  /** Hears of each tenant that was nudged here, after the commit. */
  readonly nudged?: (tenant: string) => void
  /** Which events webhooks are told of. */
  readonly teller?: Teller
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

/** From how many reads of a tenant at once their events go together. */
const MANY_READS = 4

/** The reads of a tenant that are under way in this process, and the events of those that are done. */
interface Reads {
  readonly queue: AuditQueue
  running: number
}

/** Opens the door over the tenants of this process. */
export function openDoor({ tenants, blobs, searchCache, nudged, teller, now }: DoorOptions): Door {
  const reads = new Map<string, Reads>()
  const announcer = createAnnouncer()
  const audited = new WeakSet<Actor>()
  const ground = { blobs, searchCache, now }

  function readsOf(tenant: OpenTenant): Reads {
    const name = tenant.place.tenant
    const known = reads.get(name)
    if (known) return known
    const queue = createAuditQueue(async (events) =>
      appendAudit(tenant.db('activity'), await tenant.keys(), events, 'relaxed'),
    )
    if (reads.size >= 2_000) reads.clear()
    const fresh = { queue, running: 0 }
    reads.set(name, fresh)
    return fresh
  }

  /**
   * A read that is alone writes its event in the same trip to the database. Of several at once each reads first, and their events
   * go together: an event that shares its statement and its commit costs the server a fraction.
   */
  async function findWithEvent<Row>(
    tenant: OpenTenant,
    db: DirectKysely<TenantTables>,
    keys: TenantKeys,
    query: Compilable<Row>,
    event: NewAuditEvent,
  ): Promise<Row[]> {
    const mine = readsOf(tenant)
    mine.running++
    try {
      if (mine.running < MANY_READS) return await readWithEvent(db, keys, query, event)
      const { rows } = await db.run(statementOf(query.compile()))
      if (rows.length > 0) await mine.queue.append(event)
      return rows
    } finally {
      mine.running--
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
      const db = tenant.db(store)
      const entries: AuditEntry[] = []
      const found: TenantReader['found'] = async (query, entry) => {
        await announce(tenant)
        const rows = await findWithEvent(tenant, db, keys, query, eventOf(actor, entry, now()))
        if (rows.length > 0) audited.add(actor)
        return rows
      }
      const result = await work(new Reader({ ...ground, actor, tenant, keys, db, entries, found }))
      if (entries.length > 0) {
        await announce(tenant)
        const { queue } = readsOf(tenant)
        await Promise.all(entries.map((entry) => queue.append(eventOf(actor, entry, now()))))
        audited.add(actor)
      }
      return result
    },

    async write<T>(actor: Actor, work: (tx: TenantWriter) => Promise<T>, store: Store = 'activity') {
      const tenant = await tenants.of(actor.tenant)
      const keys = await tenant.keys()
      const entries: AuditEntry[] = []
      let events: KnownEvent[] = []
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
          const nudge = () => {
            isNudged = true
          }
          const tx = new Writer({ ...ground, actor, tenant, keys, db, entries, found, send, nudge })
          const done = await work(tx)
          if (entries.length === 0) throw new MissingAudit('a write recorded no audit entry')
          events = entries.map((entry) => knownEvent(eventOf(actor, entry, now())))
          const deliveries = teller?.queue(events)
          if (deliveries) send(deliveries)
          return done
        },
        async (db) => {
          await appendAudit(db, keys, events)
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

/** The event with the id under which it will be in the log. */
function knownEvent(event: NewAuditEvent): KnownEvent {
  return { ...event, id: newId(event.at.getTime()) }
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
