// The first things somebody does here. Each is declared by the room where it is done and named in its manifest; the web app has words and a
// place for each. Must stay true: a step is taken by what is there, never because somebody says so.
import { sql } from 'kysely'
import type { Ctx } from '../ctx.ts'
import type { Actor } from '../tenancy/actor.ts'
import type { TenantReader } from '../tenancy/tenant-door.ts'

/** A first step. `name` is product.noun.pastParticiple, like an audit event. */
export interface FirstStep {
  readonly name: string
  /** Who is led to it. */
  readonly isFor: (actor: Actor) => boolean
  /** Whether it was taken; asked until it was. `tx` is on the activity store. */
  readonly isTaken: (tx: TenantReader, ctx: Ctx) => Promise<boolean>
}

/** Whether the actor did something, signed in as themselves. Actions are those of the index `audit_of_first_steps`. */
export async function hasDone(
  tx: TenantReader,
  action: 'core.audit.proven' | 'knowledge.search.asked',
): Promise<boolean> {
  const found = await tx.db
    .selectFrom('audit')
    .select('id')
    .where('actor', '=', tx.actor.personId)
    // Written out, so that the planner sees that the index is enough.
    .where('action', '=', sql.lit(action))
    .where('actor_kind', '=', 'person')
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}
