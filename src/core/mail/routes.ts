// Kept mail over HTTP: a tenant's own for its administrators, all of it, links included, for whoever holds the outbox's address.
import { hash } from 'node:crypto'
import { PublicError } from '../errors.ts'
import { toApi } from '../ids.ts'
import { PageQuery } from '../page.schema.ts'
import { publicRoute, type Route, route } from '../route.ts'
import { KeptMailList, OutboxPath } from './outbox.schema.ts'
import { OUTBOX_STYLE, outboxPage } from './outbox-page.ts'
import type { KeptMail } from './send-mail.ts'

export const mailRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/v1/outbox',
    operationId: 'listOutbox',
    permission: 'core.outbox.read',
    summary: 'Mail that was kept because no mail server is configured, without what opens its links',
    schema: { querystring: PageQuery, response: { 200: KeptMailList } },
    handler: (ctx, { actor, query: { cursor, limit = 50 } }) =>
      ctx.read(actor, async (tx) => {
        const { items, next } = await ctx.mail.listOf(actor.region, actor.tenant, { cursor, limit })
        tx.audit({ action: 'core.outbox.listed', detail: { count: items.length } })
        return { items: items.map(shown), next }
      }),
  }),
  publicRoute({
    method: 'GET',
    url: '/outbox/:secret',
    operationId: 'readOutbox',
    summary: 'All kept mail, for whoever holds this address',
    schema: { params: OutboxPath, querystring: PageQuery, response: { 200: KeptMailList } },
    async handler(ctx, { params, query, request, reply }) {
      const mails = await ctx.mail.listAll(params.secret, query)
      if (!mails) throw new PublicError('not_found')
      if (request.headers.accept?.includes('text/html')) {
        const style = hash('sha256', OUTBOX_STYLE, 'base64')
        reply.header(
          'content-security-policy',
          `default-src 'none'; style-src 'sha256-${style}'; frame-ancestors 'none'`,
        )
        return reply.type('text/html; charset=utf-8').serializer(String).send(outboxPage(mails))
      }
      return { items: mails.items.map(shown), next: mails.next }
    },
  }),
]

function shown({ id, to, subject, text, html, sentAt }: KeptMail) {
  return { id: toApi('mail', id), to, subject, text, html, sentAt: sentAt.toISOString() }
}
