// The core's own manifest: what every product stands on is declared the same way as a product.

import { coreRecords } from './access/core-records.ts'
import { corePermissions } from './access/permissions.ts'
import { openPersonCard } from './access/person-card.ts'
import { accessRoutes } from './access/routes.ts'
import { exportAuditTask } from './audit/export-audit.job.ts'
import { exportBlobs } from './audit/exports.ts'
import { auditRoutes } from './audit/routes.ts'
import { apiKeyRoutes } from './auth/api-key-routes.ts'
import { authRoutes } from './auth/routes.ts'
import { certifyTask } from './destruction/certify-destruction.job.ts'
import { reindexTask } from './destruction/reindex.job.ts'
import { destructionRoutes } from './destruction/routes.ts'
import { coreEvidence } from './evidence/core-evidence.ts'
import { evidenceRoutes } from './evidence/routes.ts'
import { coreFirstSteps } from './guide/core-first-steps.ts'
import { guideRoutes } from './guide/routes.ts'
import { activityRoutes } from './jobs/routes.ts'
import { blindColumn } from './keys/blind-values.ts'
import { isDamage } from './keys/is-damage.ts'
import { prepareRotationTask } from './keys/prepare-rotation.job.ts'
import { rotateKeysTask } from './keys/rotate-keys.job.ts'
import { keyRoutes } from './keys/routes.ts'
import { mailRoutes } from './mail/routes.ts'
import { coreNotifications } from './notifications/core-notifications.ts'
import { notificationRoutes } from './notifications/routes.ts'
import type { Product } from './product.ts'
import { mergeSegmentsTask } from './search/merge-segments.job.ts'
import { restoreIndexTask } from './search/restore-index.job.ts'
import { tenancyRoutes } from './tenancy/routes.ts'
import { deliverWebhookTask } from './webhooks/deliver-webhook.job.ts'
import { coreEventTypes } from './webhooks/event-type.ts'
import { webhookRoutes } from './webhooks/routes.ts'
import { sweepDeliveriesTask } from './webhooks/sweep-deliveries.job.ts'
import { tellOwnersTask } from './webhooks/tell-owners.job.ts'

export const core: Product = {
  name: 'core',
  routes: [
    ...authRoutes,
    ...accessRoutes,
    ...tenancyRoutes,
    ...apiKeyRoutes,
    ...keyRoutes,
    ...destructionRoutes,
    ...activityRoutes,
    ...auditRoutes,
    ...evidenceRoutes,
    ...mailRoutes,
    ...notificationRoutes,
    ...guideRoutes,
    ...webhookRoutes,
  ],
  tasks: [
    certifyTask,
    deliverWebhookTask,
    exportAuditTask,
    mergeSegmentsTask,
    restoreIndexTask,
    prepareRotationTask,
    reindexTask,
    rotateKeysTask,
    sweepDeliveriesTask,
    tellOwnersTask,
  ],
  permissions: corePermissions,
  eventTypes: coreEventTypes,
  records: coreRecords,
  sealed: [
    { store: 'activity', table: 'organisation', row: 'id', columns: ['card', 'origin'] },
    { store: 'activity', table: 'member', row: 'person', columns: ['origin'] },
    { store: 'activity', table: 'session', row: 'id', columns: ['origin'] },
    { store: 'activity', table: 'api_key', row: 'id', columns: ['card', 'origin'] },
    { store: 'activity', table: 'api_key_secret', row: 'id', columns: ['secret', 'origin'] },
    { store: 'activity', table: 'webhook', row: 'id', columns: ['card', 'origin'] },
    { store: 'activity', table: 'webhook_secret', row: 'id', columns: ['secret', 'origin'] },
    { store: 'activity', table: 'webhook_attempt', row: 'id', columns: ['answer'] },
    { store: 'activity', table: 'export', row: 'id', columns: ['origin'] },
    {
      store: 'activity',
      table: 'activity',
      row: 'id',
      columns: ['title', 'origin'],
      where: 'subject is null',
    },
    { store: 'activity', table: 'notification', row: 'id', columns: ['card', 'origin'] },
    {
      store: 'people',
      table: 'person',
      row: 'id',
      columns: ['card', 'password', 'former_passwords', 'origin'],
    },
  ],
  blinds: [
    blindColumn({
      store: 'people',
      table: 'person',
      column: 'email_blind',
      purpose: 'blind',
      label: 'person.email',
      async values(tx, rows) {
        const emails = new Map<string, string>()
        for (const { id, card } of rows)
          try {
            emails.set(id, (await openPersonCard(tx, id, card)).email)
          } catch (error) {
            if (!isDamage(error)) throw error
          }
        return emails
      },
    }),
  ],
  subjects: {
    columns: [
      { table: 'activity', column: 'title', row: 'id', subject: 'subject' },
      { table: 'activity', column: 'origin', row: 'id', subject: 'subject' },
    ],
    blobs: [exportBlobs],
  },
  firstSteps: coreFirstSteps,
  notifications: coreNotifications,
  evidence: coreEvidence,
}
