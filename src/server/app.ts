// The HTTP app, built apart from listening: headers, who asks, what they may, the routes, and what every request leaves behind.
// Must stay true: every request leaves an event or a count, refused ones too, and before the answer.

import { randomUUID } from 'node:crypto'
import { pipeline, type Readable, Transform } from 'node:stream'
import multipart from '@fastify/multipart'
import {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  type RawServerDefault,
} from 'fastify'
import { CredentialRefused } from '#core/auth/credentials.ts'
import { SignatureRefused } from '#core/auth/signing/signature-refused.ts'
import type { Ctx } from '#core/ctx.ts'
import { ERROR_CODES, PublicError } from '#core/errors.ts'
import { LimitReached } from '#core/limits/limit-reached.ts'
import type { Log } from '#core/log.ts'
import { type Call, jsonBodyOf, type Route, type StreamType } from '#core/route.ts'
import type { Actor, Origin } from '#core/tenancy/actor.ts'
import { type Door, MissingAudit } from '#core/tenancy/open-door.ts'
import { systemActor } from '#core/tenancy/system-actor.ts'
import { answerSignature, type SignedBy } from './answer-signature.ts'
import { authenticate, originOf } from './authenticate.ts'
import { allowSlowBody } from './guard-server.ts'
import type { HostNames } from './host-names.ts'
import { inTurn } from './in-turn.ts'
import { Problem, problemOf, publicErrorOf } from './problem.ts'
import { serializerCompiler, validatorCompiler } from './validation.ts'
import type { ReaderBounds } from './watch-reader.ts'
import { isPage, sendPage } from './web-pages.ts'

const JSON_LIMIT = 1024 * 1024
const JSON_TYPE = 'application/json'
/** The most bytes of a file (claim PX-32). */
export const FILE_LIMIT = 100 * 1024 * 1024
/** Read by nobody but the route's own handler. */
const BYTES: StreamType = 'application/offset+octet-stream'

/** On every answer; pages and files loosen what they must. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

export interface AppOptions {
  readonly ctx: Ctx & Pick<Door, 'hasAudited'>
  readonly log: Log
  readonly routes: readonly Route[]
  readonly hosts: HostNames
  /** Addresses (CIDR) of proxies whose forwarded address is believed. */
  readonly trustedProxies: readonly string[]
  /** How slowly files may be taken; without it, by the bounds of watch-reader.ts. */
  readonly readers?: ReaderBounds
  /** The page of the web app, for addresses that are neither API nor file. */
  readonly page?: string
  /** Mounts what is not the API: the files of the web app. */
  readonly pages?: (app: FastifyInstance) => Promise<void>
}

declare module 'fastify' {
  interface FastifyRequest {
    actor: Actor | null
    /** The region it is counted under, from its first moment on; the one that serves it once its host was looked at. */
    region: string
    /** Where it comes from, read while the connection is there. */
    origin: Origin
    signedBy: SignedBy | null
  }
}

/** Builds the app. The caller listens or injects. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { ctx, log } = options
  const app: FastifyInstance = fastify<RawServerDefault>({
    bodyLimit: JSON_LIMIT,
    genReqId: () => randomUUID(),
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    routerOptions: { caseSensitive: true, ignoreTrailingSlash: false, maxParamLength: 200 },
    forceCloseConnections: 'idle',
    // The servers are made in run-web.ts, and their time-outs with them.
    requestTimeout: 0,
    // Where tests and benchmarks listen by the app itself: longer than their clients wait between two requests.
    keepAliveTimeout: 55_000,
    // An address that cannot be read meets no hook.
    frameworkErrors: (error, request, reply) => {
      receive(request, reply)
      void answerError(options, regionOf, error, request, reply)
    },
  })
  const receive = (request: FastifyRequest, reply: FastifyReply): void => {
    request.origin = originOf(request)
    request.region = options.hosts.arrivalOf(request)
    reply.headers(HEADERS)
  }
  const regionOf = (request: FastifyRequest): string => request.region
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.decorateRequest('actor', null)
  app.decorateRequest('region', '')
  app.decorateRequest('origin')
  app.decorateRequest('signedBy', null)
  app.addHook('onRequest', (request, reply, done) => {
    receive(request, reply)
    request.region = options.hosts.regionOf(request)
    ctx.limits.requestFrom(request.origin.ip)
    // A path that begins like a host is nobody's address.
    if (request.url.startsWith('//')) throw new PublicError('not_found')
    done()
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    if (request.signedBy) signAnswer(ctx, request, reply, payload)
    done(null, payload)
  })
  await app.register(multipart, {
    throwFileSizeLimit: false,
    limits: { fileSize: FILE_LIMIT + 1, files: 1, fields: 10, fieldSize: 10_000, headerPairs: 100 },
  })
  app.addContentTypeParser(BYTES, async (request: FastifyRequest) => {
    const { config } = request.routeOptions
    if (!('streaming' in config && config.streaming === BYTES))
      throw new PublicError('unsupported_media_type')
  })
  app.setErrorHandler((error: Error, request, reply) => answerError(options, regionOf, error, request, reply))
  app.setNotFoundHandler((request, reply) => {
    if (options.page !== undefined && isPage(request)) return sendPage(reply, options.page)
    return answerError(options, regionOf, new PublicError('not_found'), request, reply)
  })
  for (const route of options.routes) mount(app, route, options, regionOf)
  await options.pages?.(app)
  app.addHook('onClose', async () => log.info('web closed'))
  return app
}

function mount(
  app: FastifyInstance,
  route: Route,
  options: AppOptions,
  regionOf: (request: FastifyRequest) => string,
): void {
  const { ctx } = options
  const response = { ...route.schema.response, '4xx': Problem, '5xx': Problem }
  const isStream =
    route.streaming || Object.values(route.schema.response).some((shape) => 'contentMediaType' in shape)
  const kind = isStream ? 'stream' : route.passwordLine ? 'password' : 'work'
  app.route({
    method: route.method,
    url: route.url,
    config: {
      operationId: route.operationId,
      ...(route.streaming ? { streaming: route.streaming } : {}),
    },
    bodyLimit: route.bodyLimit ?? (route.streaming ? FILE_LIMIT + JSON_LIMIT : JSON_LIMIT),
    schema: {
      ...(route.schema.params ? { params: route.schema.params } : {}),
      ...(route.schema.querystring ? { querystring: route.schema.querystring } : {}),
      ...(route.schema.headers ? { headers: route.schema.headers } : {}),
      ...bodySchema(route),
      response: Object.fromEntries(
        Object.entries(response).filter(([, shape]) => !('contentMediaType' in shape)),
      ),
    },
    ...(route.streaming && route.schema.json ? ofTwoKinds : {}),
    onRequest: async (request, reply) => {
      if (route.answers) reply.headers({ ...route.answers })
      if (route.permission === 'public') return
      const { actor, signedBy } = await authenticate(ctx, request, reply, regionOf(request))
      // A signed body, which is read before, has its patience in authenticate-signed.ts, when its sender names a key that is there.
      if (route.streaming && !signedBy) allowSlowBody(request.raw)
      request.actor = actor
      request.signedBy = signedBy
      reply.headers(ctx.limits.requestOf(actor))
      if (route.permission !== 'session' && !actor.permissions.has(route.permission)) {
        throw new PublicError('forbidden', undefined, { details: { permission: route.permission } })
      }
    },
    handler: async (request, reply) => {
      const region = regionOf(request)
      const { origin } = request
      const call = {
        actor: request.actor,
        params: request.params,
        query: request.query,
        headers: request.headers,
        body: request.body,
        json: route.streaming && typeof request.body === 'object' ? (request.body ?? undefined) : undefined,
        region,
        origin,
        request,
        reply,
      } as unknown as Call
      const result = await inTurn(options, kind, request, reply, () => route.handle(ctx, call))
      if (request.actor === null) await ctx.visits.count(region, origin.ip, `${route.operationId}:done`)
      else if (!ctx.hasAudited(request.actor)) throw new MissingAudit(`${route.operationId} left no event`)
      return result
    },
  })
}

/** What of the body is checked before the handler: JSON, also where a stream may come instead. */
function bodySchema(route: Route): object {
  const body = jsonBodyOf(route)
  if (!body) return {}
  return { body: route.streaming ? { content: { [JSON_TYPE]: { schema: body } } } : body }
}

/** Fastify knows one bound a route, which is that of the stream. */
const ofTwoKinds = {
  preParsing: async (request: Pick<FastifyRequest, 'headers'>, _reply: unknown, payload: Readable) =>
    boundJson(request, payload),
}

/** Holds JSON to its own bound where a stream may come instead. */
function boundJson(request: Pick<FastifyRequest, 'headers'>, payload: Readable): Readable {
  if (!request.headers['content-type']?.startsWith(JSON_TYPE)) return payload
  let passed = 0
  const bounded = new Transform({
    transform(piece: Buffer, _encoding, done) {
      passed += piece.length
      if (passed > JSON_LIMIT) return done(new PublicError('body_too_large'))
      done(null, piece)
    },
  })
  return pipeline(payload, bounded, () => undefined)
}

/** Signs the answer for whoever asked for that; the answer to a signed address is for its reader alone. */
function signAnswer(ctx: Ctx, request: FastifyRequest, reply: FastifyReply, payload: unknown): void {
  const { signedBy } = request
  if (!signedBy) return
  if (signedBy.isInQuery && !/\bprivate\b/.test(String(reply.getHeader('cache-control'))))
    reply.header('cache-control', 'private, no-store')
  const contentType = reply.getHeader('content-type')
  const isWhole = typeof payload === 'string' || payload instanceof Uint8Array
  const isEmpty = payload === null || payload === undefined
  const answer = {
    status: reply.statusCode,
    contentType: contentType === undefined ? undefined : String(contentType),
    body: isWhole ? payload : isEmpty ? '' : null,
    requestId: request.id,
  }
  reply.headers(answerSignature(signedBy, answer, ctx.now()))
}

async function answerError(
  { ctx, log }: AppOptions,
  regionOf: (request: FastifyRequest) => string,
  error: Error,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const known =
    publicErrorOf(error) ??
    (isCutOff(request)
      ? new PublicError('invalid_request', 'The request ended before its end.', { cause: error })
      : undefined)
  const shown = known ?? new PublicError('internal', undefined, { cause: error })
  // Too much at once is expected of strangers; it is counted, and no reason to write a line each.
  if (shown.status >= 500 && shown.code !== 'busy')
    log.error({ requestId: request.id, err: error, cause: error.cause }, 'request failed')
  await leaveTrace(ctx, regionOf(request), error, shown, request).catch(async (cause: unknown) => {
    // Nothing seals into the log of a tenant whose keys were destroyed: that is no fault, and is counted.
    if (!(cause instanceof PublicError && cause.code === 'keys_destroyed'))
      log.error({ requestId: request.id, err: cause }, 'the refusal could not be logged')
    const reason = `${operationOf(request)}:${shown.code}`
    await ctx.visits.count(regionOf(request), request.origin.ip, reason).catch(() => undefined)
  })
  if (shown.code === 'wrong_region' && shown.details.url === undefined)
    shown.details.url = await urlOfTenant(ctx, request)
  if (shown.code === 'too_many_requests' || (shown.status >= 503 && ERROR_CODES[shown.code].retry))
    sendWait(reply, shown)
  if (shown.code === 'range_not_satisfiable')
    reply.header('content-range', `bytes */${String(shown.details.size)}`)
  if (shown.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer, API-Key')
  if (shown.code === 'signature_refused') reply.header('www-authenticate', 'PDX-HMAC-SHA256, Signature')
  if (reply.sent) return reply
  return reply
    .code(shown.status)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(problemOf(shown, request.id))
}

function operationOf({ routeOptions: { config } }: FastifyRequest): string {
  return String(config && 'operationId' in config ? config.operationId : 'none')
}

/** Whether the client went away before it had sent everything. */
function isCutOff({ raw }: FastifyRequest): boolean {
  return raw.destroyed && !raw.complete
}

async function leaveTrace(
  ctx: AppOptions['ctx'],
  region: string,
  error: Error,
  shown: PublicError,
  request: FastifyRequest,
): Promise<void> {
  const operation = operationOf(request)
  const detail = { operation, code: shown.code }
  const outcome = shown.status >= 500 ? 'failed' : 'refused'
  const { origin } = request
  const tooMuch = shown.code === 'too_many_requests' || shown.code === 'busy'
  if (
    request.actor &&
    tooMuch &&
    !ctx.limits.isFirstRefusal(credentialOf(request.actor), origin.ip, `${operation}:${shown.code}`)
  ) {
    await ctx.visits.count(region, origin.ip, `${operation}:${shown.code}`)
    return
  }
  if (request.actor) {
    await ctx.read(request.actor, async (tx) => tx.audit({ action: 'core.request.refused', outcome, detail }))
    return
  }
  if (
    error instanceof CredentialRefused &&
    error.tenant !== null &&
    ctx.limits.isFirstRefusal(
      `${error.tenant}.${error.credentialId}`,
      origin.ip,
      `${operation}:${error.reason}`,
    )
  ) {
    const actor = {
      ...systemActor(error.tenant, { region, origin, requestId: request.id }),
      credentialId: error.credentialId,
      onBehalfOf: error.person,
    }
    await ctx.read(actor, async (tx) =>
      tx.audit({ action: 'core.session.refused', outcome, detail: { ...detail, reason: error.reason } }),
    )
    return
  }
  if (error instanceof SignatureRefused) {
    await leaveSignatureTrace(ctx, error, { region, origin, requestId: request.id }, detail)
    return
  }
  // What a flood repeats within a minute is counted, so that it does not fill a log that is kept for good.
  const reason =
    error instanceof CredentialRefused ? `${operation}:${error.reason}` : `${operation}:${shown.code}`
  await ctx.visits.count(region, origin.ip, reason)
}

/** An event in the log of the key's tenant; but what a stranger can repeat without a secret is counted after its first time in a minute. */
async function leaveSignatureTrace(
  ctx: AppOptions['ctx'],
  { key, reason, isProven }: SignatureRefused,
  where: { region: string; origin: Origin; requestId: string },
  detail: { operation: string; code: string },
): Promise<void> {
  const { region, origin } = where
  if (!key || !(isProven || ctx.limits.isFirstRefusal(key.id, origin.ip, reason))) {
    await ctx.visits.count(region, origin.ip, `${detail.operation}:signature_${reason}`)
    return
  }
  const actor = { ...systemActor(key.tenant, where), credentialId: key.id, onBehalfOf: key.person }
  const record = { kind: 'key', id: key.id }
  await ctx.read(actor, async (tx) =>
    tx.audit({ action: 'core.key.refused', outcome: 'refused', record, detail: { ...detail, reason } }),
  )
}

function credentialOf({ tenant, credentialId }: Actor): string {
  return `${tenant}.${credentialId}`
}

/** When to come back, and what is left until then. */
function sendWait(reply: FastifyReply, shown: PublicError): void {
  const isLimit = shown instanceof LimitReached
  reply.header('retry-after', String(isLimit ? shown.retryAfter : 2))
  if (isLimit) reply.headers({ ...shown.fields })
}

async function urlOfTenant(ctx: Ctx, request: FastifyRequest): Promise<string | undefined> {
  const { authorization = '', 'signature-input': input = '' } = request.headers
  const credential =
    /^(?:(?:Bearer|API-Key) |PDX-\S+ Credential=)([a-z2-7]{13})\./i.exec(authorization)?.[1] ??
    /;keyid="([a-z2-7]{13})\./.exec(String(input))?.[1] ??
    /[?&]X-Pdx-Credential=([a-z2-7]{13})\./.exec(request.url)?.[1]
  return credential ? (await ctx.directory.find(credential))?.region.url : undefined
}
