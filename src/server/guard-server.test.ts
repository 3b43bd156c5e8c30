/** The guard on a real server with small bounds: who holds a connection without use loses it, who is only slow does not. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type FastifyInstance, fastify } from 'fastify'
import { IN_MEMORY, takeBody } from './body-spool.ts'
import { allowSlowBody, type Guard, openGuard, SERVER_BOUNDS } from './guard-server.ts'
import { problemOf, publicErrorOf } from './problem.ts'

const BOUNDS = {
  ...SERVER_BOUNDS,
  connectionsPerAddress: 8,
  connections: 12,
  bodyMs: 150,
  slowestBytes: 1000,
  slowestMs: 150,
  // What is answered within it is heard; a busy machine needs a moment.
  lingerMs: 2_000,
  silentMs: 400,
}

describe('a guarded server', () => {
  let app: FastifyInstance
  let server: Server
  let guard: Guard
  const counted: string[] = []
  const folder = mkdtempSync(join(tmpdir(), 'panoply-guard-'))
  let streamed = 0

  before(async () => {
    app = fastify()
    app.setErrorHandler((error: Error, request, reply) => {
      const known = publicErrorOf(error)
      if (!known) throw error
      return reply.code(known.status).type('application/problem+json').send(problemOf(known, request.id))
    })
    app.post('/whole', async () => ({ read: true }))
    app.post(
      '/refused',
      { onRequest: async (_, reply) => reply.code(401).send({ refused: true }) },
      async () => ({}),
    )
    app.addContentTypeParser('application/octet-stream', (_request, _body, done) => done(null))
    app.post('/stream', async (request) => {
      allowSlowBody(request.raw)
      for await (const piece of request.raw) streamed += piece.length
      return { streamed }
    })
    app.post('/signed', async (request) => {
      allowSlowBody(request.raw)
      await takeBody(request.raw, {
        limit: 8 * IN_MEMORY,
        hashes: ['sha256'],
        into: { folder, tenant: 'abcdefghijklm' },
      })
      return { signed: true }
    })
    await app.ready()
    guard = openGuard(BOUNDS)
    server = createServer({ headersTimeout: 200, connectionsCheckingInterval: 50 }, (request, response) => {
      guard.watch(request, response)
      app.routing(request, response)
    })
    guard.protect(server, (ip, code) => counted.push(`${ip} ${code}`))
    server.listen(0, '0.0.0.0')
    await once(server, 'listening')
  })
  after(async () => {
    server.closeAllConnections()
    server.close()
    await app.close()
    rmSync(folder, { recursive: true })
  })

  /** A connection from an address of its own; what it says is kept. */
  async function aClient(from = '127.0.0.1') {
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const socket: Socket = connect({ port: address.port, host: '127.0.0.1', localAddress: from })
    let answer = ''
    socket.setEncoding('latin1').on('data', (text) => {
      answer += text
    })
    socket.on('error', () => undefined)
    const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(answer)))
    await once(socket, 'connect')
    return { socket, closed }
  }

  const head = (path: string, type = 'application/json', length = 900_000) =>
    `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`

  it('answers 408 to a body that does not come, and closes', async () => {
    const { socket, closed } = await aClient()
    socket.write(`${head('/whole')}{`)
    const answer = await closed
    assert.match(answer, /^HTTP\/1\.1 408 /)
    assert.match(answer, /"code":"request_timeout"/)
  })

  it('closes on who drips a body it reads whole', async () => {
    const { socket, closed } = await aClient()
    socket.write(head('/whole'))
    const drip = setInterval(() => socket.write(' '), 10)
    assert.match(await closed, /^HTTP\/1\.1 408 /)
    clearInterval(drip)
  })

  it('closes on who was refused and goes on sending nothing', async () => {
    const { socket, closed } = await aClient()
    socket.write(`${head('/refused')}{`)
    assert.match(await closed, /^HTTP\/1\.1 401 /)
  })

  it('lets an upload take many times as long, as long as it moves, and no longer', async () => {
    const { socket, closed } = await aClient()
    socket.write(head('/stream', 'application/octet-stream', 20_000))
    const begun = performance.now()
    for (let sent = 0; sent < 20_000; sent += 500) {
      socket.write('x'.repeat(500))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    assert.ok(performance.now() - begun > 4 * BOUNDS.bodyMs)
    socket.end()
    assert.match(await closed, /^HTTP\/1\.1 200 [\s\S]*"streamed":20000/)

    const stalled = await aClient()
    stalled.socket.write(head('/stream', 'application/octet-stream', 20_000) + 'x'.repeat(500))
    await stalled.closed
    assert.equal(streamed, 20_500)
  })

  it('ends an upload that comes by drops, small or large, also where it is taken before it is proved', async () => {
    for (const path of ['/stream', '/signed'])
      for (const size of [1, IN_MEMORY + 1]) {
        const { socket, closed } = await aClient()
        socket.write(head(path, 'application/octet-stream', 4 * IN_MEMORY) + 'x'.repeat(size))
        const drip = setInterval(() => socket.write('x'), 10)
        assert.match(await closed, /^HTTP\/1\.1 408 /, `${path} ${size}`)
        clearInterval(drip)
      }
    assert.deepEqual(readdirSync(folder), [])
  })

  it('ends a connection on which nothing is said', async () => {
    const { closed } = await aClient()
    assert.match(await closed, /^(HTTP\/1\.1 408 [\s\S]*)?$/)
  })

  it('answers what is no request with a problem, and counts it', async () => {
    const cases = {
      invalid_request: ['NONSENSE\r\n\r\n', 400],
      headers_too_large: [`GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
      expectation_failed: ['GET / HTTP/1.1\r\nHost: a\r\nExpect: a-miracle\r\n\r\n', 417],
      method_not_allowed: ['CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n', 405],
      request_timeout: ['GET / HTTP/1.1\r\nHost: a\r\nX-Half: ', 408],
    } as const
    for (const [code, [bytes, status]] of Object.entries(cases)) {
      counted.length = 0
      const { socket, closed } = await aClient()
      socket.write(bytes)
      const answer = await closed
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), code)
      assert.match(answer, /content-type: application\/problem\+json/i, code)
      assert.match(answer, /content-security-policy: default-src 'none'/i, code)
      assert.match(answer, new RegExp(`"code":"${code}"`))
      assert.deepEqual(counted, [`127.0.0.1 ${code}`])
    }
  })

  it('gives one address its share of connections, and makes room for others when all are taken', async () => {
    const mine = await Promise.all(Array.from({ length: 8 }, () => aClient('127.0.0.2')))
    const ninth = await aClient('127.0.0.2')
    assert.equal(await ninth.closed, '')
    const others = await Promise.all(Array.from({ length: 4 }, () => aClient('127.0.0.3')))
    while (guard.open < 12) await new Promise((resolve) => setImmediate(resolve))
    // All twelve places are taken: the newcomer gets one of whoever has most.
    const newcomer = await aClient('127.0.0.4')
    await Promise.race(mine.map(({ closed }) => closed))
    newcomer.socket.write(`${head('/whole', 'application/json', 2)}{}`)
    await once(newcomer.socket, 'data')
    for (const { socket } of [...mine, ...others, newcomer]) socket.destroy()
  })
})
