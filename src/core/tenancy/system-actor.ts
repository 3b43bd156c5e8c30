// The system acting in a tenant: before anybody is signed in, and in jobs.
import type { Actor, Origin } from './actor.ts'

/** An actor without any permission, for steps that the core itself decides. */
export function systemActor(
  tenant: string,
  where: { region: string; origin: Origin; requestId: string },
): Actor {
  return {
    tenant,
    region: where.region,
    kind: 'system',
    personId: null,
    credentialId: null,
    role: 'system',
    permissions: new Set(),
    storage: new Set(),
    origin: where.origin,
    requestId: where.requestId,
    onBehalfOf: null,
  }
}
