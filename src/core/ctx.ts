// What the composition root hands to everything: the door, and the few things that live outside a tenant.

import type { RegionPurpose } from '#protocol/keeper/keeper.schema.ts'
import type { PermissionsByRole } from './access/permissions.ts'
import type { Credentials } from './auth/credentials.ts'
import type { Passwords } from './auth/password.ts'
import type { SigningKeys } from './auth/signing/signing-keys.ts'
import type { RegionPlace } from './config.ts'
import type { Evidence } from './evidence/evidence.ts'
import type { IsolationLog } from './evidence/isolation-log.ts'
import type { EvidenceLog } from './evidence/read-results.ts'
import type { FirstStep } from './guide/first-step.ts'
import type { ParserPlace } from './jobs/capped-child.ts'
import type { BlindTable } from './keys/blind-values.ts'
import type { RegionKeys } from './keys/region-keys.ts'
import type { SubjectSealed } from './keys/reseal-subject.ts'
import type { SealedTable } from './keys/rotate-keys.ts'
import type { Limits } from './limits/limits.ts'
import type { Outbox } from './mail/send-mail.ts'
import type { Outbound } from './net/outbound/outbound.ts'
import type { StandingNotices } from './notifications/standing-notices.ts'
import type { UnreadStreams } from './notifications/unread-streams.ts'
import type { IndexRestorer, RecordKind } from './product.ts'
import type { Directory } from './regions/directory.ts'
import type { VisitLog } from './regions/visit-log.ts'
import type { OpenTenant } from './tenancy/tenant-connections.ts'
import type { TenantDoor } from './tenancy/tenant-door.ts'
import type { Clock } from './time.ts'
import type { Courier } from './webhooks/courier.ts'
import type { EventType } from './webhooks/event-type.ts'

export interface Ctx extends TenantDoor {
  readonly now: Clock
  readonly regions: readonly RegionPlace[]
  readonly directory: Directory
  readonly passwords: Passwords
  readonly credentials: Credentials
  readonly signing: SigningKeys
  readonly rolePermissions: PermissionsByRole
  /** The most that a key may, by the role of its maker. */
  readonly keyPermissions: PermissionsByRole
  readonly records: readonly RecordKind[]
  /** What people who are new are led to. */
  readonly firstSteps: readonly FirstStep[]
  readonly sealedTables: readonly SealedTable[]
  readonly blindTables: readonly BlindTable[]
  readonly subjectSealed: readonly SubjectSealed[]
  /** What puts all records of a product into an index that lost them. */
  readonly indexRestorers: readonly IndexRestorer[]
  readonly mail: Outbox
  /** Pages that wait for what concerns their person. */
  readonly unreadStreams: UnreadStreams
  /** What administrators are told of the whole installation. */
  readonly standing: StandingNotices
  /** What webhooks may be told of, and who carries it; nobody but in the worker. */
  readonly eventTypes: readonly EventType[]
  readonly courier: Courier | null
  /** The one door to addresses outside. */
  readonly outbound: Outbound
  /** What tenants, credentials and addresses may ask of this process. */
  readonly limits: Limits
  /** The region's log of what belongs to no tenant. */
  readonly visits: VisitLog
  /** What the canaries of a region's cell tried. */
  isolation(region: string): IsolationLog
  /** A tenant's connections, for what happens before there is an actor. Throws `not_found`. */
  tenant(id: string): Promise<OpenTenant>
  regionKeys(region: string, purpose: RegionPurpose): RegionKeys
  /** Takes a spare tenant for a mail domain (or answers the one it has). Throws `busy` when none is spare yet. */
  claimTenant(region: string, domain: string): Promise<string>
  /** Ends a tenant for good and forgets it here. Answers the destruction (UUID). Throws `not_found`, `busy`. */
  endTenant(region: string, tenant: string, organisation: string): Promise<string>
  /** Lends a tenant's keys again, so that new versions are known here. */
  renewKeys(tenant: string): Promise<void>
  /** Public keys of a tenant's log, oldest first, as vkey text (C2SP signed-note). */
  logKeys(region: string, tenant: string): Promise<string[]>
  /** The evidence that all rooms name, and what a region's log says it showed. */
  readonly evidence: readonly Evidence[]
  readonly evidenceLog: EvidenceLog
  /** Runs one evidence now and answers the position of its result. Throws `not_found`, `busy`. */
  runEvidence(region: string, evidence: string): Promise<number>
  /** Where parsers of hostile input run; null but in the worker. */
  readonly parsing: ParserPlace | null
  close(): Promise<void>
}
