// The turn of a request. Must stay true: whatever becomes of a request or its connection, its turn comes free.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AppOptions } from './app.ts'
import { watchReader } from './watch-reader.ts'

/** Does the work of a request in its turn. A file keeps its turn until it has gone out, or nobody takes it any longer. */
export async function inTurn<T>(
  { ctx, readers }: Pick<AppOptions, 'ctx' | 'readers'>,
  kind: 'work' | 'stream' | 'password',
  request: FastifyRequest,
  reply: FastifyReply,
  work: () => Promise<T>,
): Promise<T> {
  const leave = await ctx.limits.begin(request.actor, request.origin.ip, kind)
  const isStream = kind === 'stream'
  if (isStream && !reply.raw.destroyed) {
    reply.raw.once('close', leave).once('finish', leave)
    watchReader(request.raw, reply.raw, readers)
  }
  try {
    return await work()
  } finally {
    if (!isStream || reply.raw.destroyed) leave()
  }
}
