// Accounts and sessions over HTTP.
import Type from 'typebox'
import { PublicError } from '../errors.ts'
import { fromApi } from '../ids.ts'
import { publicRoute, type Route, route } from '../route.ts'
import {
  AskedReset,
  ChangePassword,
  Credentials,
  Me,
  NewAccount,
  OpenedSession,
  PasswordReset,
  RegionList,
  ResetPassword,
  ResetQuery,
  Sent,
  SessionList,
  SessionPath,
  SessionQuery,
  Verification,
  VerificationQuery,
  VerifyAccount,
} from './account.schema.ts'
import { changePassword } from './change-password.ts'
import { closeSession } from './close-session.ts'
import { createAccount } from './create-account.ts'
import { listSessions } from './list-sessions.ts'
import { readMailAddress } from './mail-address.ts'
import { openSession } from './open-session.ts'
import { readMe } from './read-me.ts'
import { askPasswordReset, readPasswordReset, resetPassword } from './reset-password.ts'
import { noSessionCookie, sessionCookie } from './session-cookie.ts'
import { readVerification, verifyAccount } from './verify-account.ts'

export const authRoutes: readonly Route[] = [
  publicRoute({
    method: 'GET',
    url: '/v1/regions',
    operationId: 'listRegions',
    summary: 'The regions of this installation',
    schema: { response: { 200: RegionList } },
    handler: async (ctx) => ({ items: ctx.regions.map(({ name, url }) => ({ name, url })) }),
  }),
  publicRoute({
    method: 'POST',
    url: '/v1/accounts',
    operationId: 'createAccount',
    summary: 'Ask for an account; a mail with a link follows',
    schema: { body: NewAccount, response: { 202: Sent } },
    handler: async (ctx, { body, origin, reply }) => {
      ctx.limits.mailTo(readMailAddress(body.email).address, origin.ip)
      reply.code(202)
      return createAccount(ctx, body)
    },
  }),
  publicRoute({
    method: 'GET',
    url: '/v1/accounts/verification',
    operationId: 'readVerification',
    summary: 'What the link in the mail will do',
    schema: { querystring: VerificationQuery, response: { 200: Verification } },
    handler: (ctx, { region, origin, request, query }) =>
      readVerification(ctx, query.token, { region, origin, requestId: request.id }),
  }),
  publicRoute({
    method: 'POST',
    url: '/v1/accounts/verification',
    operationId: 'verifyAccount',
    summary: 'Found or join the organisation and sign in',
    passwordLine: true,
    schema: { body: VerifyAccount, response: { 201: OpenedSession } },
    handler: async (ctx, { body, region, origin, request, reply }) => {
      const opened = await verifyAccount(ctx, body, { region, origin, requestId: request.id })
      reply.code(201).header('set-cookie', sessionCookie(region, opened.token, opened.expiresAt))
      return { token: opened.token, expiresAt: opened.expiresAt.toISOString() }
    },
  }),
  publicRoute({
    method: 'POST',
    url: '/v1/password-resets',
    operationId: 'askPasswordReset',
    summary: 'Ask for another password; a mail with a link follows',
    schema: { body: AskedReset, response: { 202: Sent } },
    handler: async (ctx, { body, region, origin, reply }) => {
      // A bucket of its own: mail of sign-ups that a stranger asks for leaves room for the one that helps.
      ctx.limits.mailTo(`reset ${readMailAddress(body.email).address}`, origin.ip)
      reply.code(202)
      return askPasswordReset(ctx, body.email, { region })
    },
  }),
  publicRoute({
    method: 'GET',
    url: '/v1/password-resets/verification',
    operationId: 'readPasswordReset',
    summary: 'What the link in the mail will do',
    schema: { querystring: ResetQuery, response: { 200: PasswordReset } },
    handler: (ctx, { region, origin, request, query }) =>
      readPasswordReset(ctx, query.token, { region, origin, requestId: request.id }),
  }),
  publicRoute({
    method: 'POST',
    url: '/v1/password-resets/verification',
    operationId: 'resetPassword',
    summary: 'Choose another password and sign in; all other sessions end',
    passwordLine: true,
    schema: { body: ResetPassword, response: { 201: OpenedSession } },
    handler: async (ctx, { body, region, origin, request, reply }) => {
      const opened = await resetPassword(ctx, body, { region, origin, requestId: request.id })
      reply.code(201).header('set-cookie', sessionCookie(region, opened.token, opened.expiresAt))
      return { token: opened.token, expiresAt: opened.expiresAt.toISOString() }
    },
  }),
  publicRoute({
    method: 'POST',
    url: '/v1/sessions',
    operationId: 'openSession',
    summary: 'Sign in',
    passwordLine: true,
    schema: { body: Credentials, response: { 201: OpenedSession } },
    handler: async (ctx, { body, region, origin, request, reply }) => {
      const opened = await openSession(ctx, body, { region, origin, requestId: request.id })
      reply.code(201).header('set-cookie', sessionCookie(region, opened.token, opened.expiresAt))
      return { token: opened.token, expiresAt: opened.expiresAt.toISOString() }
    },
  }),
  route({
    method: 'GET',
    url: '/v1/sessions',
    operationId: 'listSessions',
    permission: 'core.session.read',
    summary: 'Open sessions',
    schema: { querystring: SessionQuery, response: { 200: SessionList } },
    handler: (ctx, { actor, query }) => ctx.read(actor, (tx) => listSessions(tx, query)),
  }),
  route({
    method: 'DELETE',
    url: '/v1/sessions/:id',
    operationId: 'closeSession',
    permission: 'core.session.close',
    summary: 'End a session',
    schema: { params: SessionPath, response: { 204: Type.Null() } },
    handler: async (ctx, { actor, params, region, reply }) => {
      const id = params.id === 'current' ? actor.credentialId : fromApi('ses', params.id)
      if (id === null) throw new PublicError('not_found')
      await ctx.write(actor, (tx) => closeSession(tx, id))
      ctx.credentials.forget()
      if (id === actor.credentialId) reply.header('set-cookie', noSessionCookie(region))
      reply.code(204)
      return null
    },
  }),
  route({
    method: 'POST',
    url: '/v1/me/password',
    operationId: 'changePassword',
    permission: 'session',
    summary: 'Change one’s own password; all other sessions end, this one has a new token',
    passwordLine: true,
    schema: { body: ChangePassword, response: { 200: OpenedSession } },
    handler: async (ctx, { actor, body, region, reply }) => {
      const opened = await changePassword(ctx, actor, body)
      reply.header('set-cookie', sessionCookie(region, opened.token, opened.expiresAt))
      return { token: opened.token, expiresAt: opened.expiresAt.toISOString() }
    },
  }),
  route({
    method: 'GET',
    url: '/v1/me',
    operationId: 'readMe',
    permission: 'session',
    summary: 'Who am I, where, and what may I do',
    schema: { response: { 200: Me } },
    handler: (ctx, { actor }) => ctx.read(actor, (tx) => readMe(ctx, tx), 'people'),
  }),
]
