// Bytes that come before their record: announced in one write, stored outside any, adopted in another or withdrawn.
// Must stay true: nothing is stored that no row and no event tell of; what was adopted is never removed.
import type { BlobStore } from '../blobs/blob-store.ts'
import type { TenantKeys } from '../keys/tenant-keys.ts'
import type { Actor } from './actor.ts'
import type { StagePlan, TenantDoor, TenantStage } from './tenant-door.ts'

export interface StageGround {
  readonly write: TenantDoor['write']
  readonly keys: TenantKeys
  readonly store: BlobStore
}

/** See TenantDoor.stage. An error of `work` passes through also when its traces cannot be removed now: the sweep does it then. */
export async function stageBlob<T>(
  { write, keys, store }: StageGround,
  actor: Actor,
  plan: StagePlan,
  work: (stage: TenantStage) => Promise<T>,
): Promise<T> {
  await write(actor, plan.announce)
  let isKept = false
  const stage: TenantStage = {
    newSubject: keys.newSubject,
    put: (key, source) => store.put(keys.tenant, plan.blob, key, source),
    keep() {
      isKept = true
    },
  }
  const done = await work(stage).catch(async (cause: unknown) => {
    // Whatever hinders the withdrawal, a store that is away for instance, the caller hears of what came first.
    if (!isKept) await write(actor, plan.withdraw).catch(() => undefined)
    throw cause
  })
  if (!isKept) await write(actor, plan.withdraw)
  return done
}
