// From a signed request to an actor: read what it claims, take its body, prove it, and only then believe any of it.
// Must stay true: nothing of an unproved body is parsed or kept; a request that changes something passes once over all processes;
// a stranger learns nothing of which keys there are.

import { hash } from 'node:crypto'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { readMessageSignature } from '#core/auth/signing/read-message-signature.ts'
import { readPdxHeader, readPdxQuery } from '#core/auth/signing/read-pdx.ts'
import type { SignableRequest } from '#core/auth/signing/signature-base.ts'
import type { Digests, SignatureClaim } from '#core/auth/signing/signature-claim.ts'
import { SignatureRefused } from '#core/auth/signing/signature-refused.ts'
import type { LiveSecret, SigningKey } from '#core/auth/signing/signing-key.ts'
import { speakFor } from '#core/auth/signing/speak-for.ts'
import { fieldsOf } from '#core/auth/signing/wire-request.ts'
import { SPOOL } from '#core/blobs/blob-store.ts'
import type { Ctx } from '#core/ctx.ts'
import { PublicError } from '#core/errors.ts'
import type { Actor, Origin } from '#core/tenancy/actor.ts'
import type { SignedBy } from './answer-signature.ts'
import { IN_MEMORY, type TakenBody, takeBody } from './body-spool.ts'
import { allowSlowBody } from './guard-server.ts'

/** How far clocks may differ, milliseconds. */
const SKEW_MS = 60_000

export type SignatureScheme = 'pdx-header' | 'pdx-query' | 'message'

export interface Where {
  readonly region: string
  readonly origin: Origin
  readonly requestId: string
}

/** How a request is signed; null when it is not. Throws SignatureRefused when it is in two ways at once. */
export function signatureScheme({ headers, url }: FastifyRequest['raw']): SignatureScheme | null {
  const isMessage = headers['signature-input'] !== undefined || headers.signature !== undefined
  const isInQuery = /[?&]x-pdx-/i.test(url ?? '')
  const { authorization } = headers
  if (!isMessage && !isInQuery) return authorization?.startsWith('PDX-') ? 'pdx-header' : null
  if (authorization !== undefined || (isMessage && isInQuery)) throw new SignatureRefused('both')
  return isMessage ? 'message' : 'pdx-query'
}

/** The actor of a signed request, whose body and query are from here on what was signed. Throws SignatureRefused, `wrong_region`, `body_too_large`. */
export async function authenticateSigned(
  ctx: Ctx,
  request: FastifyRequest,
  reply: FastifyReply,
  scheme: SignatureScheme,
  where: Where,
): Promise<{ actor: Actor; signedBy: SignedBy }> {
  const { raw } = request
  const isSafe = raw.method === 'GET' || raw.method === 'HEAD'
  const hasBody =
    raw.headers['transfer-encoding'] !== undefined || Number(raw.headers['content-length'] ?? 0) > 0
  if (isSafe && hasBody) throw new SignatureRefused('ambiguous')
  const wire: SignableRequest = {
    method: raw.method ?? '',
    scheme: 'https',
    host: raw.headers.host ?? '',
    target: raw.url ?? '',
    fields: fieldsOf(raw.rawHeaders),
  }
  const claim = readClaim(scheme, wire, hasBody)
  const now = ctx.now()
  demandHost(ctx, wire.host, where.region)
  demandTime(claim, now)
  const key = await ctx.signing.find(claim.credential)
  // The proof of a body needs the body; where it does not, a stranger's is not even read.
  const early = claim.provesBody ? undefined : prove(ctx, claim, key, new Map())
  // A large body may take its time, from whoever names a key that is there.
  if (hasBody && key && request.routeOptions.bodyLimit > IN_MEMORY) allowSlowBody(raw)
  const body = hasBody ? await takeInTurn(key) : null
  if (body) discardAfter(reply, body)
  const { actor, secret, proved } = await accepted().catch(async (refused: unknown) => {
    await body?.discard()
    throw refused
  })
  if (body) replaceBody(request, await body.replay())
  if (claim.query) request.query = Object.fromEntries(claim.query)
  const answering = secret.kind === 'hmac' ? secret : proved.secrets.find(({ kind }) => kind === 'hmac')
  return {
    actor,
    signedBy: {
      keyid: claim.credential,
      secret: answering?.key ?? null,
      request: wire,
      place: claim.place,
      isInQuery: scheme === 'pdx-query',
    },
  }

  /** The body. A large one of somebody who has proved nothing yet has its turn among those of its address. */
  async function takeInTurn(whose: SigningKey | undefined): Promise<TakenBody> {
    const limit = request.routeOptions.bodyLimit
    const leave = limit > IN_MEMORY ? await ctx.limits.begin(null, where.origin.ip, 'stream') : undefined
    try {
      return await takeBody(raw, { limit, hashes: claim.hashes, into: spoolOf(ctx, whose) })
    } finally {
      leave?.()
    }
  }

  /** The proof and its terms, with the body at hand. What is refused here leaves nothing of the body. */
  async function accepted() {
    const digests = body?.digests ?? emptyDigests(claim)
    const { secret, key: proved } = early ?? prove(ctx, claim, key, digests)
    // Said to who holds the key, not to everybody who names one.
    if (proved.region !== where.region) throw new PublicError('wrong_region')
    demandTerms(claim, proved, digests, now)
    if (!isSafe && !(await isFirst(ctx, claim, proved, now))) throw refusal('replayed', proved)
    const actor = await speakFor(ctx, proved, claim.person, where)
    await ctx.signing.used(proved, secret, now)
    return { actor, secret, proved }
  }
}

function readClaim(scheme: SignatureScheme, wire: SignableRequest, hasBody: boolean): SignatureClaim {
  if (scheme === 'message') return readMessageSignature({ ...wire, hasBody })
  return scheme === 'pdx-header' ? readPdxHeader(wire) : readPdxQuery(wire)
}

/** Hosts are those of the region; a signature for another door, or for this one under another name, is none. */
function demandHost(ctx: Ctx, host: string, region: string): void {
  const named = host.toLowerCase().replace(/:443$/, '')
  if (named !== authoritiesOf(ctx).get(region)) throw new SignatureRefused('host')
}

const authorities = new WeakMap<Ctx['regions'], ReadonlyMap<string, string>>()

/** The authority of each region's own address. */
function authoritiesOf({ regions }: Ctx): ReadonlyMap<string, string> {
  const known = authorities.get(regions)
  if (known) return known
  const read = new Map(regions.map(({ name, url }) => [name, new URL(url).host]))
  authorities.set(regions, read)
  return read
}

function demandTime({ signedAt, expiresAt }: SignatureClaim, now: Date): void {
  if (signedAt.getTime() - SKEW_MS > now.getTime()) throw new SignatureRefused('early')
  if (expiresAt && expiresAt < now) throw new SignatureRefused('expired')
}

/** The secret that made the signature. Throws SignatureRefused. */
function prove(
  ctx: Ctx,
  claim: SignatureClaim,
  key: SigningKey | undefined,
  digests: Digests,
): { secret: LiveSecret; key: SigningKey } {
  const secrets = key?.secrets.length
    ? key.secrets
    : [ctx.signing.decoy(claim.algorithm === 'ed25519' ? 'ed25519' : 'hmac')]
  const secret = secrets.filter((one) => claim.isMadeBy(one, digests))[0]
  const proved = key?.secrets.find(({ id }) => id === secret?.id)
  if (key && proved) return { secret: proved, key }
  throw new SignatureRefused('signature', {
    reason: key ? (key.refused ?? 'mismatch') : 'unknown',
    key: key ? named(key) : null,
  })
}

/** What the key, now that its holder is known, does not allow. */
function demandTerms(claim: SignatureClaim, key: SigningKey, digests: Digests, now: Date): void {
  if (key.refused) throw refusal('signature', key, key.refused)
  if (key.endsAt && key.endsAt <= now) throw refusal('signature', key, 'expired_key')
  if (!claim.matchesBody(digests)) throw refusal('digest', key)
  if (claim.isWeak && !key.allowsWeak) throw refusal('weak', key)
  const longest = key.longestSeconds * 1_000
  const seconds = (claim.expiresAt?.getTime() ?? claim.signedAt.getTime()) - claim.signedAt.getTime()
  if (seconds > longest) throw refusal('too_long', key)
  if (endOf(claim, key) < now) throw refusal('expired', key)
}

function endOf(claim: SignatureClaim, key: SigningKey): Date {
  return claim.expiresAt ?? new Date(claim.signedAt.getTime() + key.longestSeconds * 1_000)
}

async function isFirst(ctx: Ctx, claim: SignatureClaim, key: SigningKey, now: Date): Promise<boolean> {
  if (claim.once === null) return false
  const spending = { key: key.id, once: claim.once, expiresAt: endOf(claim, key) }
  return ctx.signing.spent.spend(await ctx.tenant(key.tenant), spending, now)
}

function refusal(
  shown: 'signature' | 'digest' | 'weak' | 'too_long' | 'expired' | 'replayed',
  key: SigningKey,
  reason?: string,
) {
  return new SignatureRefused(shown, {
    key: named(key),
    isProven: true,
    ...(reason === undefined ? {} : { reason }),
  })
}

function named({ tenant, id, maker }: SigningKey) {
  return { tenant, id, person: maker }
}

const digestsOfNothing = new Map<string, Buffer>()

function emptyDigests({ hashes }: SignatureClaim): Digests {
  return new Map(hashes.map((name) => [name, digestOfNothing(name)]))
}

function digestOfNothing(name: string): Buffer {
  const known = digestsOfNothing.get(name) ?? hash(name, '', 'buffer')
  digestsOfNothing.set(name, known)
  return known
}

/** Forgets the body when its answer has gone out, or its sender has. */
function discardAfter(reply: FastifyReply, body: TakenBody): void {
  if (reply.raw.destroyed) void body.discard()
  else reply.raw.once('close', () => void body.discard())
}

function spoolOf(ctx: Ctx, key: SigningKey | undefined) {
  const place = ctx.regions.find(({ name }) => name === key?.region)
  return key && place ? { folder: join(place.blobRoot, SPOOL), tenant: key.tenant } : null
}

/** From here on the request has the proved body; everything else of it is the original's. */
function replaceBody(request: FastifyRequest, body: Readable): void {
  const original = request.raw
  for (const name of [
    'headers',
    'rawHeaders',
    'method',
    'url',
    'socket',
    'httpVersion',
    'httpVersionMajor',
    'httpVersionMinor',
    'aborted',
    'complete',
    'trailers',
  ])
    Object.defineProperty(body, name, { get: () => Reflect.get(original, name) })
  Object.defineProperty(request, 'raw', { value: body, writable: true, enumerable: true, configurable: true })
}
