// Every read the screens share, as query options: one key per operation and input, so a write knows what to refresh.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import * as api from './api.gen.ts'
import type { Snip } from './records.ts'

const minute = 60_000
const unfinished = new Set(['fetching', 'received', 'reading', 'waiting', 'running'])

/** True while something in the list is still being worked on. */
export function hasUnfinished(items: readonly { state: string }[]): boolean {
  return items.some((item) => unfinished.has(item.state))
}

/** True while the picture of an area that was just captured is still being drawn. */
function awaitsPicture(items: readonly Snip[]): boolean {
  const recent = Date.now() - minute
  return items.some((snip) => snip.kind === 'area' && !snip.hasImage && Date.parse(snip.createdAt) > recent)
}

/** True while the log has yet to take in something that was made a moment ago. */
function awaitsSeal(items: readonly { seal?: string | undefined; createdAt: string }[]): boolean {
  const recent = Date.now() - minute
  return items.some((item) => item.seal === 'unknown' && Date.parse(item.createdAt) > recent)
}

/** Everything of a list that is read page by page. */
async function whole<T>(
  page: (query: { limit: number; cursor?: string }) => Promise<{ items: T[]; next: string | null }>,
): Promise<{ items: T[]; next: null }> {
  const items: T[] = []
  for (let next: string | null = ''; next !== null; ) {
    const answer = await page({ limit: 200, ...(next ? { cursor: next } : {}) })
    items.push(...answer.items)
    next = answer.next
  }
  return { items, next: null }
}

export const queries = {
  regions: () =>
    queryOptions({
      queryKey: ['listRegions'],
      queryFn: ({ signal }) => api.listRegions(signal),
      staleTime: 60 * minute,
    }),
  verification: (token: string) =>
    queryOptions({
      queryKey: ['readVerification', token],
      queryFn: ({ signal }) => api.readVerification({ query: { token } }, signal),
      retry: false,
      staleTime: Number.POSITIVE_INFINITY,
    }),
  passwordReset: (token: string) =>
    queryOptions({
      queryKey: ['readPasswordReset', token],
      queryFn: ({ signal }) => api.readPasswordReset({ query: { token } }, signal),
      retry: false,
      staleTime: Number.POSITIVE_INFINITY,
    }),
  me: () =>
    queryOptions({ queryKey: ['readMe'], queryFn: ({ signal }) => api.readMe(signal), staleTime: minute }),
  people: () =>
    queryOptions({
      queryKey: ['listPeople'],
      queryFn: async ({ signal }) => {
        const { items, next } = await whole((query) => api.listPeople({ query }, signal))
        return { items: items.sort((a, b) => a.displayName.localeCompare(b.displayName)), next }
      },
      staleTime: 5 * minute,
    }),
  sessions: () =>
    infiniteQueryOptions({
      queryKey: ['listSessions'],
      queryFn: ({ pageParam, signal }) =>
        api.listSessions({ query: { limit: 100, ...(pageParam ? { cursor: pageParam } : {}) } }, signal),
      initialPageParam: '',
      getNextPageParam: (last) => last.next ?? undefined,
    }),
  organisation: () =>
    queryOptions({ queryKey: ['readOrganisation'], queryFn: ({ signal }) => api.readOrganisation(signal) }),
  webhooks: () =>
    queryOptions({ queryKey: ['listWebhooks'], queryFn: ({ signal }) => api.listWebhooks(signal) }),
  webhookTypes: () =>
    queryOptions({
      queryKey: ['listWebhookTypes'],
      queryFn: ({ signal }) => api.listWebhookTypes(signal),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  webhook: (id: string) =>
    queryOptions({
      queryKey: ['readWebhook', id],
      queryFn: ({ signal }) => api.readWebhook({ path: { id } }, signal),
    }),
  webhookDeliveries: (id: string, state: 'waiting' | 'delivered' | 'failed' | undefined) =>
    infiniteQueryOptions({
      queryKey: ['listWebhookDeliveries', id, state],
      queryFn: ({ pageParam, signal }) =>
        api.listWebhookDeliveries(
          {
            path: { id },
            query: { limit: 50, ...(state ? { state } : {}), ...(pageParam ? { cursor: pageParam } : {}) },
          },
          signal,
        ),
      initialPageParam: '',
      getNextPageParam: (last) => last.next ?? undefined,
      // What was just queued is on its way.
      refetchInterval: (query) =>
        query.state.data?.pages.some(({ items }) => items.some((item) => item.state === 'waiting'))
          ? 3000
          : false,
    }),
  webhookDelivery: (id: string, delivery: string) =>
    queryOptions({
      queryKey: ['readWebhookDelivery', id, delivery],
      queryFn: ({ signal }) => api.readWebhookDelivery({ path: { id, delivery } }, signal),
      refetchInterval: (query) => (query.state.data?.state === 'waiting' ? 3000 : false),
    }),
  apiKeys: () =>
    queryOptions({
      queryKey: ['listApiKeys'],
      queryFn: ({ signal }) => whole((query) => api.listApiKeys({ query }, signal)),
    }),
  outbox: () =>
    infiniteQueryOptions({
      queryKey: ['listOutbox'],
      queryFn: ({ pageParam, signal }) =>
        api.listOutbox({ query: { limit: 100, ...(pageParam ? { cursor: pageParam } : {}) } }, signal),
      initialPageParam: '',
      getNextPageParam: (last) => last.next ?? undefined,
    }),
  activity: () =>
    queryOptions({
      queryKey: ['listActivity'],
      queryFn: ({ signal }) => api.listActivity({ query: { limit: 100 } }, signal),
      refetchInterval: (query) => (hasUnfinished(query.state.data?.items ?? []) ? 2500 : false),
    }),
  guide: () =>
    queryOptions({
      queryKey: ['readGuide'],
      queryFn: ({ signal }) => api.readGuide(signal),
      // What is over or put away changes here alone; everything else is done on other screens.
      staleTime: ({ state: { data } }) =>
        data?.isDismissed || data?.steps.every(({ isTaken }) => isTaken) ? Number.POSITIVE_INFINITY : 0,
    }),
  unread: () =>
    queryOptions({
      queryKey: ['countUnread'],
      queryFn: ({ signal }) => api.countUnread(signal),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  notifications: (show: 'all' | 'unread') =>
    infiniteQueryOptions({
      queryKey: ['listNotifications', show],
      queryFn: ({ pageParam, signal }) => {
        const query = { limit: 50, ...(show === 'unread' ? { isRead: false } : {}) }
        return api.listNotifications(
          { query: { ...query, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        )
      },
      initialPageParam: '',
      getNextPageParam: (last) => last.next ?? undefined,
    }),
  documents: (filter: DocumentFilter) =>
    infiniteQueryOptions({
      queryKey: ['listDocuments', filter],
      queryFn: ({ pageParam, signal }) =>
        api.listDocuments(
          { query: { ...filter, limit: 200, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        ),
      initialPageParam: '',
      getNextPageParam: (last) => last.next ?? undefined,
      refetchInterval: (query) =>
        query.state.data?.pages.some((page) => hasUnfinished(page.items) || awaitsSeal(page.items))
          ? 3000
          : false,
    }),
  document: (id: string) =>
    queryOptions({
      queryKey: ['findDocument', id],
      queryFn: ({ signal }) => api.findDocument({ path: { id } }, signal),
      refetchInterval: (query) => (query.state.data && hasUnfinished([query.state.data]) ? 2500 : false),
    }),
  pages: (id: string) =>
    queryOptions({
      queryKey: ['listDocumentPages', id],
      queryFn: ({ signal }) => api.listDocumentPages({ path: { id }, query: { limit: 10_000 } }, signal),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  pageText: (id: string, from: number, to: number) =>
    queryOptions({
      queryKey: ['readDocumentText', id, from, to],
      queryFn: ({ signal }) => api.readDocumentText({ path: { id }, query: { from, to } }, signal),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  snips: (filter: {
    documentId?: string | undefined
    tag?: string | undefined
    author?: string | undefined
  }) =>
    infiniteQueryOptions({
      queryKey: ['listSnips', filter],
      queryFn: ({ pageParam, signal }) =>
        api.listSnips(
          { query: { ...filter, limit: 50, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        ),
      initialPageParam: '',
      getNextPageParam: (last) => last.next ?? undefined,
      refetchInterval: (query) =>
        query.state.data?.pages.some((page) => awaitsPicture(page.items) || awaitsSeal(page.items))
          ? 3000
          : false,
    }),
  snip: (id: string) =>
    queryOptions({
      queryKey: ['findSnip', id],
      queryFn: ({ signal }) => api.findSnip({ path: { id } }, signal),
    }),
  tags: () =>
    queryOptions({
      queryKey: ['listTags'],
      queryFn: ({ signal }) => api.listTags(signal),
      staleTime: minute,
    }),
  search: (q: string, kind: 'document' | 'snip' | undefined, limit: number) =>
    queryOptions({
      queryKey: ['searchKnowledge', q, kind ?? 'all', limit],
      queryFn: ({ signal }) =>
        api.searchKnowledge({ query: { q, limit, ...(kind ? { kind } : {}) } }, signal),
      enabled: q.trim() !== '',
      staleTime: 15_000,
    }),
  audit: (filter: AuditFilter) =>
    infiniteQueryOptions({
      queryKey: ['listAudit', filter],
      queryFn: ({ pageParam, signal }) =>
        api.listAudit(
          { query: { ...filter, limit: 100, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        ),
      initialPageParam: '',
      getNextPageParam: (last) => last.next ?? undefined,
    }),
  destructions: () =>
    infiniteQueryOptions({
      queryKey: ['listDestructions'],
      queryFn: ({ pageParam, signal }) =>
        api.listDestructions({ query: { limit: 100, ...(pageParam ? { cursor: pageParam } : {}) } }, signal),
      initialPageParam: '',
      getNextPageParam: (last) => last.next ?? undefined,
      refetchInterval: (query) =>
        query.state.data?.pages.some((page) => page.items.some(({ state }) => state !== 'certified'))
          ? 10_000
          : false,
    }),
  certificate: (id: string) =>
    queryOptions({
      queryKey: ['readOrganisationCertificate', id],
      queryFn: ({ signal }) => api.readOrganisationCertificate({ path: { id } }, signal),
      retry: false,
      refetchInterval: (query) => (query.state.data ? false : 10_000),
      staleTime: minute,
    }),
  proof: (id: string) =>
    queryOptions({
      queryKey: ['proveAuditEvent', id],
      queryFn: ({ signal }) => api.proveAuditEvent({ path: { id } }, signal),
      retry: false,
      staleTime: 0,
    }),
  claims: () =>
    queryOptions({
      queryKey: ['listClaims'],
      queryFn: ({ signal }) => api.listClaims(signal),
      // The first checks come in one by one after a start; afterwards they come every few minutes.
      refetchInterval: (query) =>
        query.state.data?.some((claim) => claim.evidence.runs.some(({ reason }) => reason === 'never-run'))
          ? 5000
          : minute,
    }),
  claim: (id: string) =>
    queryOptions({
      queryKey: ['readClaim', id],
      queryFn: ({ signal }) => api.readClaim({ path: { id } }, signal),
      refetchInterval: minute,
    }),
  checkpoint: () =>
    queryOptions({
      queryKey: ['readCheckpoint'],
      queryFn: ({ signal }) => api.readCheckpoint(signal),
      retry: false,
    }),
  sealCode: (code: string) =>
    queryOptions({
      queryKey: ['findBySealCode', code],
      queryFn: ({ signal }) => api.findBySealCode({ query: { code } }, signal),
      retry: false,
      staleTime: minute,
    }),
  seal: (id: string) =>
    queryOptions({
      queryKey: ['readSeal', id],
      queryFn: ({ signal }) => api.readSeal({ path: { id } }, signal),
      staleTime: minute,
      // A record of this second is in the log in the next.
      refetchInterval: (query) => (query.state.data?.code === null ? 2000 : false),
    }),
}

type DocumentFilter = Omit<NonNullable<api.ListDocumentsInput['query']>, 'cursor' | 'limit'>

export interface AuditFilter {
  action?: string | undefined
  actor?: string | undefined
  record?: string | undefined
  outcome?: 'done' | 'refused' | 'failed' | undefined
  from?: string | undefined
  to?: string | undefined
}
