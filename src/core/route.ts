// What a route is: data. The server turns it into HTTP, the API document, the door tests and the audit of refusals.
// Must stay true: a route has a schema for 2xx, 4xx and 5xx and names the permission it needs.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { Ctx } from './ctx.ts'
import type { Actor, Origin } from './tenancy/actor.ts'

/** The shapes of a route. `response` is keyed by status; '4xx' and '5xx' are added by {@link route} where absent. */
export interface RouteSchema {
  readonly params?: TSchema
  readonly querystring?: TSchema
  /** Fields a request may bring, by their names in lower case; each a string. */
  readonly headers?: TSchema
  readonly body?: TSchema
  /** What a streaming route takes as JSON instead of its stream. */
  readonly json?: TSchema
  readonly response: Readonly<Record<string, TSchema>>
}

type Shape<S, K extends keyof RouteSchema> =
  S extends Readonly<Record<K, infer T>> ? (T extends TSchema ? Static<T> : undefined) : undefined

/** One validated request, as a handler sees it. */
export interface Call<S extends RouteSchema = RouteSchema> extends PublicCall<S> {
  readonly actor: Actor
}

/** One validated request without a session. */
export interface PublicCall<S extends RouteSchema = RouteSchema> {
  readonly params: Shape<S, 'params'>
  readonly query: Shape<S, 'querystring'>
  readonly headers: Shape<S, 'headers'>
  readonly body: Shape<S, 'body'>
  /** Undefined when the stream came. */
  readonly json: Shape<S, 'json'> | undefined
  readonly region: string
  readonly origin: Origin
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** What a body that is read as a stream is: a form with a file, or bytes of one (tus 1.0.0). */
export type StreamType = 'multipart/form-data' | 'application/offset+octet-stream'

interface RouteHead<S extends RouteSchema> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE' | 'OPTIONS'
  readonly url: string
  readonly operationId: string
  /** One line for the API document. */
  readonly summary: string
  readonly schema: S
  /** Most bytes of the body; 1 MiB unless said. Multipart routes read their own stream and name their own bound. */
  readonly bodyLimit?: number
  /** The body is of this type and read by the handler as a stream (uploads). */
  readonly streaming?: StreamType
  /** Fields of every answer, of a refusal too. */
  readonly answers?: Readonly<Record<string, string>>
  /** Its work waits in the line of passwords, and takes no turn of the common one while it does. */
  readonly passwordLine?: true
}

/** A route as the server mounts it. */
export interface Route {
  readonly method: RouteHead<RouteSchema>['method']
  readonly url: string
  readonly operationId: string
  readonly summary: string
  readonly schema: RouteSchema
  readonly bodyLimit?: number
  readonly streaming?: StreamType
  readonly answers?: Readonly<Record<string, string>>
  readonly passwordLine?: true
  /** A permission name, 'session' (any signed-in actor) or 'public'. */
  readonly permission: string
  readonly handle: (ctx: Ctx, call: Call) => Promise<unknown>
}

/** The shape of the JSON that a route takes, alone or instead of a stream. */
export function jsonBodyOf({ streaming, schema }: Route): TSchema | undefined {
  return streaming ? schema.json : schema.body
}

/** Declares a route for signed-in actors. The handler's result is serialised by the schema of the reply's status. */
export function route<const S extends RouteSchema>(
  definition: RouteHead<S> & {
    readonly permission: string
    readonly handler: (ctx: Ctx, call: Call<S>) => Promise<unknown>
  },
): Route {
  const { handler, ...head } = definition
  return { ...head, handle: (ctx, call) => handler(ctx, call as unknown as Call<S>) }
}

/** Declares a route that needs no session. */
export function publicRoute<const S extends RouteSchema>(
  definition: RouteHead<S> & { readonly handler: (ctx: Ctx, call: PublicCall<S>) => Promise<unknown> },
): Route {
  const { handler, ...head } = definition
  return {
    ...head,
    permission: 'public',
    handle: (ctx, call) => handler(ctx, call as unknown as PublicCall<S>),
  }
}
