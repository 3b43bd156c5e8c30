// What a room that can be mounted declares about itself: data, read by server, worker, tests and the trust page.

import type { Permission } from './access/permissions.ts'
import type { Ctx } from './ctx.ts'
import type { Evidence } from './evidence/evidence.ts'
import type { FirstStep } from './guide/first-step.ts'
import type { IdPrefix } from './ids.ts'
import type { Job, Task } from './jobs/job.ts'
import type { BlindTable } from './keys/blind-values.ts'
import type { SubjectSealed } from './keys/reseal-subject.ts'
import type { SealedTable } from './keys/rotate-keys.ts'
import type { NotificationKind } from './notifications/notification-kind.ts'
import type { StandingSource } from './notifications/standing-notices.ts'
import type { Route } from './route.ts'
import type { TenantReader } from './tenancy/tenant-door.ts'
import type { EventType } from './webhooks/event-type.ts'

/** What the seal of a record needs to know; times are instants, persons are UUIDs. */
export interface SealedRecord {
  readonly createdBy: string | null
  readonly createdAt: Date
  readonly createdIp: string | null
  readonly updatedBy: string | null
  readonly updatedAt: Date
  readonly updatedIp: string | null
  /** Subject whose key seals the record; null when the tenant's field key does. */
  readonly keySubject: { readonly purpose: 'document' | 'person'; readonly id: string } | null
  readonly storageClass: 'configuration' | 'metadata' | 'content'
  /** Whether what the record holds opens; where it does not, it was damaged. */
  readonly isWhole: boolean
  /** The permission that lets somebody read it. */
  readonly permission: string
}

/** A kind of record that carries a seal, found by its UUID; undefined when there is none. */
export interface RecordKind {
  readonly kind: string
  readonly prefix: IdPrefix
  find(tx: TenantReader, id: string): Promise<SealedRecord | undefined>
}

/** One request to the product's own API with the credential of a canary. */
export type CanaryAsk = (question: {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly file?: { readonly name: string; readonly type: string; readonly bytes: Uint8Array }
}) => Promise<{ readonly status: number; readonly json: unknown }>

export type IndexRestorer = (ctx: Ctx, job: Job) => Promise<void>

/** A product's manifest. */
export interface Product {
  readonly name: string
  readonly routes: readonly Route[]
  readonly tasks: readonly Task[]
  readonly permissions: readonly Permission[]
  /** Events of its operations that webhooks may be told of. */
  readonly eventTypes?: readonly EventType[]
  readonly records: readonly RecordKind[]
  /** Columns sealed under the tenant's field and people keys; rotation seals them again. */
  readonly sealed: readonly SealedTable[]
  /** Columns found again by blind index; rotation blinds them anew. */
  readonly blinds?: readonly BlindTable[]
  /** Columns and blobs sealed under document keys; rotation seals them again. */
  readonly subjects?: SubjectSealed
  /** Puts what is found of its records into an index that lost them, and can do so again. */
  readonly restoreIndex?: IndexRestorer
  /** What it leads people to who are new. */
  readonly firstSteps?: readonly FirstStep[]
  /** What it tells people. */
  readonly notifications?: readonly NotificationKind[]
  /** What is the case in the whole installation and administrators should hear of. */
  readonly standing?: StandingSource
  /** What runs to show the claims that the room keeps. */
  readonly evidence?: readonly Evidence[]
  /**
   * Gives a canary something of this product for the other one to reach for: makes what is missing, with `word` in its text. Asked
   * again and again; what cannot be made yet is made the next time.
   */
  readonly furnish?: (ask: CanaryAsk, word: string) => Promise<void>
}
