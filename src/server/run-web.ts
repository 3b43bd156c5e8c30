// The web process: one app for all regions of this machine, a TLS port for each, and a plain port that only redirects.
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { join } from 'node:path'
import type { Config, RegionPlace, RunningRole } from '#core/config.ts'
import { openLog } from '#core/log.ts'
import { buildContext } from '#src/context.ts'
import { buildApp } from './app.ts'
import { docsRoutes } from './docs/docs-routes.ts'
import { openGuard } from './guard-server.ts'
import { openHostNames } from './host-names.ts'
import { allRoutes } from './route-table.ts'
import { readPage, webPages } from './web-pages.ts'

// 256-bit suites only (claim P9-33): AES-256-GCM and ChaCha20-Poly1305, always with forward secrecy.
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

/** Headers come at once; how long a body may take is for guard-server.ts to say, which knows uploads. */
const PATIENCE = { headersTimeout: 20_000, requestTimeout: 0, connectionsCheckingInterval: 5_000 }

/** Listens on every region's port and the redirecting one; reports the address of the outbox. */
export async function runWeb(config: Config): Promise<RunningRole> {
  const log = openLog(config)
  const ctx = buildContext(config, 'web')
  const webFolder = join(config.appFolder, 'dist/web')
  const app = await buildApp({
    ctx,
    log,
    routes: [...allRoutes(), ...docsRoutes()],
    hosts: openHostNames(config.regions),
    trustedProxies: [],
    page: readPage(webFolder),
    pages: webPages(webFolder),
  })
  await app.ready()
  const servers: Server[] = []
  ctx.limits.shedder.watch()
  const guard = openGuard()
  const guarded = (server: Server, region: RegionPlace): Server => {
    guard.protect(server, (ip, code) => {
      ctx.visits.count(region.name, ip, `none:${code}`).catch((err: unknown) => {
        log.error({ err }, 'the refusal could not be logged')
      })
    })
    return server
  }
  const handle: RequestListener = (request, response) => {
    guard.watch(request, response)
    app.routing(request, response)
  }
  for (const region of config.regions) {
    const make = () => guarded(tlsServer(region, handle), region)
    servers.push(...(await listen(make, region.port, config.listenHost)))
  }
  const makeRedirect = () => guarded(redirectServer(config.regions[0]), config.regions[0])
  servers.push(...(await listen(makeRedirect, config.httpPort, config.listenHost)))
  return {
    report: { outbox: `${config.regions[0].url}/outbox/${await ctx.mail.secret()}` },
    async stop() {
      // Open streams would hold their connections until they are cut off.
      ctx.unreadStreams.close()
      await Promise.all(servers.map(closeServer))
      await app.close()
      await ctx.close()
    },
  }
}

function tlsServer(region: RegionPlace, handler: RequestListener): Server {
  const server = createTlsServer(
    {
      key: readFileSync(region.certificateKeyFile),
      cert: readFileSync(region.certificateFile),
      ciphers: CIPHERS,
      honorCipherOrder: true,
      minVersion: 'TLSv1.2',
      ecdhCurve: 'X25519:P-256:P-384',
      handshakeTimeout: 10_000,
      ...PATIENCE,
    },
    handler,
  )
  server.keepAliveTimeout = 10_000
  return server as unknown as Server
}

function redirectServer(region: RegionPlace): Server {
  return createServer(PATIENCE, (request, response) => {
    const path = request.url?.startsWith('/') ? request.url : '/'
    response
      .writeHead(308, { location: `${region.url}${path}`, 'content-length': 0, connection: 'close' })
      .end()
    request.resume()
  })
}

/** The addresses behind `listenHost`: `localhost` is both loopbacks, and never another interface. */
const LOOPBACKS = ['127.0.0.1', '::1']

/** Listens on each address of a host; a machine without IPv6 has only the first loopback. */
async function listen(make: () => Server, port: number, host: string): Promise<Server[]> {
  if (host !== 'localhost') return [await listenOn(make(), port, host)]
  const servers: Server[] = []
  for (const address of LOOPBACKS) {
    try {
      servers.push(await listenOn(make(), port, address))
    } catch (error) {
      const isAbsent =
        error instanceof Error && 'code' in error && /^(EADDRNOTAVAIL|EAFNOSUPPORT)$/.test(String(error.code))
      if (!isAbsent || address === LOOPBACKS[0]) throw error
    }
  }
  return servers
}

function listenOn(server: Server, port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host }, () => resolve(server))
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
    setTimeout(() => server.closeAllConnections(), 5_000).unref()
  })
}
