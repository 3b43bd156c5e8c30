/** Trust: what the installation claims, and what shows it. */
import { ROLES } from '#core/access/permissions.ts'
import type { Product } from '#core/product.ts'
import { claimFailed, failingClaims } from './claims/failing-claims.ts'
import { claimRoutes } from './claims/routes.ts'
import { trustFirstSteps } from './first-steps.ts'
import { noteCanaryTask } from './prober/note-canary.job.ts'
import { proberRoutes } from './prober/routes.ts'
import { trustEvidence } from './trust-evidence.ts'

export const trust: Product = {
  name: 'trust',
  routes: [...claimRoutes, ...proberRoutes],
  tasks: [noteCanaryTask],
  permissions: [
    { name: 'trust.claim.read', roles: ROLES, summary: 'See what the installation claims and what shows it' },
    { name: 'trust.evidence.run', roles: ['owner', 'administrator'], summary: 'Run checks again now' },
  ],
  records: [],
  sealed: [],
  firstSteps: trustFirstSteps,
  notifications: [claimFailed],
  standing: failingClaims,
  evidence: trustEvidence,
}
