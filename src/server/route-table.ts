// Every route of the product's own API: the core's and those of the manifests. Server, API document and door tests read this.
import { accessRoutes } from '#core/access/routes.ts'
import { auditRoutes } from '#core/audit/routes.ts'
import { apiKeyRoutes } from '#core/auth/api-key-routes.ts'
import { authRoutes } from '#core/auth/routes.ts'
import { evidenceRoutes } from '#core/evidence/routes.ts'
import { activityRoutes } from '#core/jobs/routes.ts'
import { mailRoutes } from '#core/mail/routes.ts'
import type { Route } from '#core/route.ts'
import { tenancyRoutes } from '#core/tenancy/routes.ts'
import { products } from '#src/products.ts'

/** All routes, in the order of the API document. */
export function allRoutes(): readonly Route[] {
  return [
    ...authRoutes,
    ...accessRoutes,
    ...tenancyRoutes,
    ...apiKeyRoutes,
    ...activityRoutes,
    ...auditRoutes,
    ...evidenceRoutes,
    ...mailRoutes,
    ...products.flatMap(({ routes }) => routes),
  ]
}
