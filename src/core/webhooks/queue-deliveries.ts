// Deliveries are written in the transaction of the event they tell of, in one statement that is empty where nobody listens.
// Must stay true: an event that commits has its deliveries, one that does not has none; a business write never waits for a receiver.
import { CompiledQuery } from 'kysely'
import type { NewAuditEvent } from '../audit/append-audit.ts'
import type { EventType } from './event-type.ts'
import { toldActor } from './message.ts'

export const DELIVER_TASK = 'core.webhook.deliver'

/** An event with the id under which it is appended. */
export type KnownEvent = NewAuditEvent & { readonly id: string }

/** Finds which events are told, and how. */
export interface Teller {
  /** The statement that queues the deliveries of these events; undefined when none of them is of a kind that is told. */
  queue(events: readonly KnownEvent[]): CompiledQuery | undefined
}

/** A teller of the kinds that the manifests name. */
export function openTeller(types: readonly EventType[]): Teller {
  const known = new Map(types.map((type) => [type.name, type]))
  const isTold = ({ action, outcome, detail }: KnownEvent): boolean => {
    const type = known.get(action)
    return type !== undefined && outcome === 'done' && (type.when?.(detail ?? {}) ?? true)
  }
  return {
    queue(events) {
      const told = events.filter(isTold)
      return told.length === 0 ? undefined : statement(told)
    },
  }
}

/**
 * Ids begin with the time of their event, so that they sort by it. One job a webhook waits at most. Webhooks in order, so that two writes
 * never wait for each other.
 */
function statement(events: readonly KnownEvent[]): CompiledQuery {
  const parameters: unknown[] = []
  const rows = events.map((event) => {
    const { actorKind: kind, actor: person, credential, onBehalf } = event
    const told = toldActor({ kind, person, credential, onBehalf })
    const values = [
      event.id,
      event.action,
      event.at.toISOString(),
      event.record?.kind ?? null,
      event.record?.id ?? null,
      told.actor_kind,
      told.actor,
    ]
    const [id, action, at, recordKind, record, actorKind, actor] = values.map(
      (value) => `$${parameters.push(value)}`,
    )
    return `(${id}::uuid, ${action}, ${at}::timestamptz, ${recordKind}, ${record}::uuid, ${actorKind}, ${actor}::uuid)`
  })
  return CompiledQuery.raw(
    `with told (event, type, at, record_kind, record_id, actor_kind, actor) as (values ${rows.join(', ')}),
     made as (
       insert into webhook_delivery (id, webhook, event, type, at, record_kind, record_id, actor_kind, actor, next_at)
       select (left(told.event::text, 19) || right(gen_random_uuid()::text, 17))::uuid, webhook.id, told.event, told.type, told.at,
         told.record_kind, told.record_id, told.actor_kind, told.actor, told.at
       from told join webhook on webhook.state <> 'disabled' and told.type = any (webhook.types)
       returning webhook)
     select cell.enqueue('${DELIVER_TASK}', webhook, jsonb_build_object('key', webhook)) from (select distinct webhook from made order by 1) as due`,
    parameters,
  )
}
