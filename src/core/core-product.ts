// The core's own manifest: what every product stands on is declared the same way as a product.
import { corePermissions } from './access/permissions.ts'
import { accessRoutes } from './access/routes.ts'
import { coreRecords } from './access/core-records.ts'
import { exportAuditTask } from './audit/export-audit.job.ts'
import { auditRoutes } from './audit/routes.ts'
import { apiKeyRoutes } from './auth/api-key-routes.ts'
import { authRoutes } from './auth/routes.ts'
import { evidenceRoutes } from './evidence/routes.ts'
import { activityRoutes } from './jobs/routes.ts'
import { mailRoutes } from './mail/routes.ts'
import type { Product } from './product.ts'
import { mergeSegmentsTask } from './search/merge-segments.job.ts'
import { tenancyRoutes } from './tenancy/routes.ts'

export const core: Product = {
  name: 'core',
  routes: [
    ...authRoutes,
    ...accessRoutes,
    ...tenancyRoutes,
    ...apiKeyRoutes,
    ...activityRoutes,
    ...auditRoutes,
    ...evidenceRoutes,
    ...mailRoutes,
  ],
  tasks: [exportAuditTask, mergeSegmentsTask],
  permissions: corePermissions,
  records: coreRecords,
}
