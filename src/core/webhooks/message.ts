// What a receiver is told: the name of an event, when, and ids. Must stay true: made from the row of the delivery alone, so it is the same at every
// attempt; nothing of what people wrote is in it.
import type { ActorKind } from '../audit/audit-event.ts'
import { type IdPrefix, toApi } from '../ids.ts'

/** What of a delivery its body is made of. */
export interface Told {
  readonly event: string
  readonly type: string
  readonly at: Date
  readonly record_kind: string | null
  readonly record_id: string | null
  readonly actor_kind: string
  readonly actor: string | null
}

/** Who did it, as an event of the audit log names them. */
export interface Doer {
  readonly kind: ActorKind
  readonly person: string | null
  readonly credential: string | null
  readonly onBehalf: string | null
}

/** Who is told to have done it: the person, also where a key or a job acted for one; else the key. */
export function toldActor({ kind, person, credential, onBehalf }: Doer): Pick<Told, 'actor_kind' | 'actor'> {
  if (onBehalf !== null) return { actor_kind: 'person', actor: onBehalf }
  return { actor_kind: kind, actor: kind === 'key' ? credential : person }
}

/** The id prefix of a kind of record; undefined for kinds without one. */
export type PrefixOf = (kind: string) => IdPrefix | undefined

/** The record as the API names it; null when there is none, or none that has an id there. */
export function toldRecord(told: Told, prefixOf: PrefixOf): { kind: string; id: string } | null {
  const prefix = told.record_kind === null ? undefined : prefixOf(told.record_kind)
  if (told.record_kind === null || told.record_id === null || !prefix) return null
  return { kind: told.record_kind, id: toApi(prefix, told.record_id) }
}

/** The body as it is sent. */
export function messageBody(told: Told, prefixOf: PrefixOf): string {
  const actor = told.actor === null ? null : toApi(told.actor_kind === 'key' ? 'key' : 'per', told.actor)
  return JSON.stringify({
    type: told.type,
    timestamp: told.at.toISOString(),
    data: { event: toApi('evt', told.event), record: toldRecord(told, prefixOf), actor },
  })
}
