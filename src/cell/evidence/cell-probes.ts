// The probes that run with the rights of the cell process, by the name of their evidence.
import { authorship } from './authorship.ts'
import { callsAudited } from './calls-audited.ts'
import { canaries } from './canaries.ts'
import type { CellProbe } from './cell-ground.ts'
import { columnClasses } from './column-classes.ts'
import { copies } from './copies.ts'
import { egress } from './egress.ts'
import { erasures } from './erasures.ts'
import { jobPayloads } from './job-payloads.ts'
import { leastPrivilege } from './least-privilege.ts'
import { passwordPlace } from './password-place.ts'
import { processWalls } from './process-walls.ts'
import { recoveryKit } from './recovery-kit.ts'
import { regionPinning } from './region-pinning.ts'
import { sealedColumns } from './sealed-columns.ts'
import { separateStores } from './separate-stores.ts'
import { tenantWalls } from './tenant-walls.ts'
import { tiers } from './tiers.ts'
import { transit } from './transit.ts'

export const cellProbes: Readonly<Record<string, CellProbe>> = {
  authorship,
  'calls-audited': callsAudited,
  canaries,
  'column-classes': columnClasses,
  copies,
  egress,
  erasures,
  'job-payloads': jobPayloads,
  'least-privilege': leastPrivilege,
  'password-place': passwordPlace,
  'process-walls': processWalls,
  'recovery-kit': recoveryKit,
  'region-pinning': regionPinning,
  'sealed-columns': sealedColumns,
  'separate-stores': separateStores,
  'tenant-walls': tenantWalls,
  tiers,
  transit,
}
