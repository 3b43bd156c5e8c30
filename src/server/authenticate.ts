// From a request to an actor: cookie, bearer token, API key or signature; exactly one of them.
// Must stay true: a cookie opens nothing for another site, and is enough for nothing that changes state unless the request is our own.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { CredentialRefused } from '#core/auth/credentials.ts'
import { cookieName } from '#core/auth/session-cookie.ts'
import type { Ctx } from '#core/ctx.ts'
import { PublicError } from '#core/errors.ts'
import type { Actor, Origin } from '#core/tenancy/actor.ts'
import type { SignedBy } from './answer-signature.ts'
import { authenticateSigned, signatureScheme } from './authenticate-signed.ts'

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Where a request comes from. */
export function originOf(request: FastifyRequest): Origin {
  return {
    // A connection that is gone has no address any more.
    ip: (request.ip ?? 'unknown').replace(/^::ffff:(?=[\d.]+$)/, ''),
    userAgent: (request.headers['user-agent'] ?? '').slice(0, 512),
  }
}

/** Who asks, and how the request was signed if it was. */
export interface Asker {
  readonly actor: Actor
  readonly signedBy: SignedBy | null
}

/** The actor of a request. Throws `unauthenticated`, `signature_refused`, `cross_site`, `wrong_region`. */
export async function authenticate(
  ctx: Ctx,
  request: FastifyRequest,
  reply: FastifyReply,
  region: string,
): Promise<Asker> {
  const scheme = signatureScheme(request.raw)
  if (scheme) {
    const where = { region, origin: request.origin, requestId: request.id }
    return authenticateSigned(ctx, request, reply, scheme, where)
  }
  return { actor: await bearerOf(ctx, request, region), signedBy: null }
}

async function bearerOf(ctx: Ctx, request: FastifyRequest, region: string): Promise<Actor> {
  const where = { region, origin: request.origin, requestId: request.id }
  const header = request.headers.authorization
  if (header !== undefined) {
    const match = /^(Bearer|API-Key) ([^\s,]{1,200})$/i.exec(header)
    if (!match?.[1] || !match[2]) throw new CredentialRefused('unreadable')
    return ctx.credentials.actorOf(match[2], match[1].toLowerCase() === 'bearer' ? 's' : 'k', where)
  }
  const cookie = readCookie(request.headers.cookie, cookieName(region))
  if (cookie === undefined) throw new CredentialRefused('absent')
  if (!SAFE.has(request.method) && !isOwnPage(ctx, request, region)) throw new PublicError('cross_site')
  return ctx.credentials.actorOf(cookie, 's', where)
}

/** Whether a browser says that the request was made by a page of this very origin. */
function isOwnPage(ctx: Ctx, request: FastifyRequest, region: string): boolean {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin'
  const { origin } = request.headers
  return origin !== undefined && ctx.regions.some(({ name, url }) => name === region && url === origin)
}

function readCookie(header: string | undefined, name: string): string | undefined {
  for (const part of header?.split(';') ?? []) {
    const at = part.indexOf('=')
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim()
  }
  return undefined
}
