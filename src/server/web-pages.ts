// The built web app: immutable assets, and one page that carries a fresh nonce for its styles each time it is served.

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** The page of the app in `folder` (dist/web). Without a build it says so. */
export function readPage(folder: string): string {
  const index = join(folder, 'index.html')
  if (existsSync(index)) return readFileSync(index, 'utf8')
  return '<!doctype html><title>Panoply</title><p>The web app is not built yet: run npm start.</p>'
}

/** Serves the files beside the page. */
export function webPages(folder: string): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    if (existsSync(folder)) {
      await app.register(fastifyStatic, {
        root: folder,
        wildcard: true,
        // The build puts a twin in brotli beside what is text.
        preCompressed: true,
        index: false,
        prefix: '/',
        decorateReply: false,
        cacheControl: false,
        setHeaders(response, path) {
          response.header(
            'cache-control',
            path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
          )
        },
        allowedPath: (path) => !/^\/index\.html(\.br)?$/.test(path),
        globIgnore: ['index.html'],
      })
    }
    app.get('/', (_request, reply) => reply.callNotFound())
  }
}

/** The page itself, under a policy with a nonce of its own. */
export function sendPage(reply: FastifyReply, page: string): FastifyReply {
  const nonce = randomBytes(16).toString('base64')
  reply.code(200).header('content-security-policy', policy(nonce)).type('text/html; charset=utf-8')
  return reply.serializer((text: string) => text).send(page.replaceAll('__CSP_NONCE__', nonce))
}

/** Whether an address that is no route and no file belongs to the web app: its router shows it, or says that there is nothing. */
export function isPage(request: FastifyRequest): boolean {
  return (
    (request.method === 'GET' || request.method === 'HEAD') &&
    !/^\/(v1|assets|docs|outbox)(\/|$|\?)/.test(request.url)
  )
}

function policy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' blob: data:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}
