/** Knowledge: what an organisation reads, captures and finds again. */
import { ROLES } from '#core/access/permissions.ts'
import type { Product } from '#core/product.ts'
import { documentBlinds, documentBlobs } from './documents/document-seals.ts'
import { drawPictureTask } from './documents/draw-picture.job.ts'
import { eraseDocumentTask } from './documents/erase-document.job.ts'
import { fetchDocumentTask } from './documents/fetch-document.job.ts'
import { readDocumentTask } from './documents/read-document.job.ts'
import { documentRoutes } from './documents/routes.ts'
import { knowledgeFirstSteps } from './first-steps.ts'
import { furnishCanary } from './furnish-canary.ts'
import { knowledgeRecords } from './knowledge-records.ts'
import { moveSealsTask } from './move-seals.job.ts'
import { restoreKnowledgeIndex } from './restore-index.ts'
import { searchRoutes } from './search/routes.ts'
import { eraseSnipTask } from './snips/erase-snip.job.ts'
import { snipRoutes } from './snips/routes.ts'
import { tagBlinds } from './snips/snip-tags.ts'
import { uploadRoutes } from './uploads/routes.ts'
import { sweepUploadsTask } from './uploads/sweep-uploads.job.ts'

export const knowledge: Product = {
  name: 'knowledge',
  routes: [...documentRoutes, ...uploadRoutes, ...snipRoutes, ...searchRoutes],
  tasks: [
    readDocumentTask,
    fetchDocumentTask,
    drawPictureTask,
    eraseDocumentTask,
    eraseSnipTask,
    sweepUploadsTask,
    moveSealsTask,
  ],
  eventTypes: [
    {
      name: 'knowledge.document.added',
      summary: 'A document was added',
      // The same bytes once more are no new document.
      when: ({ isDuplicate }) => isDuplicate !== true,
    },
    { name: 'knowledge.document.readingEnded', summary: 'A document was read, or could not be' },
    { name: 'knowledge.document.renamed', summary: 'A document got another title' },
    { name: 'knowledge.document.removed', summary: 'A document was removed' },
    { name: 'knowledge.snip.created', summary: 'A snip was captured' },
    { name: 'knowledge.snip.updated', summary: 'A snip was changed' },
    { name: 'knowledge.snip.removed', summary: 'A snip was removed' },
  ],
  permissions: [
    { name: 'knowledge.document.create', roles: ROLES, summary: 'Add documents' },
    { name: 'knowledge.document.read', roles: ROLES, summary: 'Read and search documents' },
    { name: 'knowledge.document.update', roles: ROLES, summary: 'Rename documents' },
    {
      name: 'knowledge.document.remove',
      roles: ROLES,
      summary: 'Remove documents and the snips taken from them',
    },
    { name: 'knowledge.snip.create', roles: ROLES, summary: 'Capture snips' },
    { name: 'knowledge.snip.read', roles: ROLES, summary: 'Read and search snips' },
    { name: 'knowledge.snip.update', roles: ROLES, summary: 'Change insight, note and tags of snips' },
    { name: 'knowledge.snip.remove', roles: ROLES, summary: 'Remove snips' },
  ],
  sealed: [],
  blinds: [documentBlinds, tagBlinds],
  subjects: {
    columns: [
      { table: 'document_page', column: 'text', row: "document_id || '/' || page", subject: 'document_id' },
      { table: 'document', column: 'card', row: 'id', subject: 'id' },
      { table: 'document', column: 'origin', row: 'id', subject: 'id' },
      { table: 'document_fetch', column: 'card', row: 'id', subject: 'id' },
      { table: 'document_fetch', column: 'origin', row: 'id', subject: 'id' },
      { table: 'upload', column: 'card', row: 'id', subject: 'document_id' },
      { table: 'upload', column: 'origin', row: 'id', subject: 'document_id' },
      { table: 'snip', column: 'card', row: 'id', subject: 'document_id' },
      { table: 'snip', column: 'origin', row: 'id', subject: 'document_id' },
      { table: 'snip', column: 'evidence', row: 'id', subject: 'document_id' },
    ],
    blobs: [documentBlobs],
  },
  restoreIndex: restoreKnowledgeIndex,
  records: knowledgeRecords,
  firstSteps: knowledgeFirstSteps,
  furnish: furnishCanary,
}
