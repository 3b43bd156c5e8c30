// Guards one server against those who hold connections: how many each address and all together may have, how long a request may take
// to arrive, and what is answered to bytes that are no request.
// Must stay true: a stranger's connection ends by itself, whatever is or is not sent on it; a slow upload that moves does not.
import { randomUUID } from 'node:crypto'
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ErrorCode, PublicError } from '#core/errors.ts'
import { addressKey } from '#core/limits/address-key.ts'
import { problemOf } from './problem.ts'

export interface ServerBounds {
  /** Most connections of one address (IPv6: of one /64), and of all. */
  readonly connectionsPerAddress: number
  readonly connections: number
  /** Until a body must be whole, unless it was allowed to take longer. */
  readonly bodyMs: number
  /** A body that may take longer moves by so many bytes in every such span, or is refused. */
  readonly slowestBytes: number
  readonly slowestMs: number
  /** How long bytes may still come after the answer was sent. */
  readonly lingerMs: number
  /** How long a connection may be silent in both directions. */
  readonly silentMs: number
}

/** 64 KB in 20 s is a quarter of what the slowest phone networks carry. */
export const SERVER_BOUNDS: ServerBounds = {
  connectionsPerAddress: 256,
  connections: 2_000,
  bodyMs: 30_000,
  slowestBytes: 64 * 1024,
  slowestMs: 20_000,
  lingerMs: 5_000,
  silentMs: 120_000,
}

export interface Guard {
  /** Watches a request that has arrived; before the app sees it. */
  watch(request: IncomingMessage, response: ServerResponse): void
  /** Guards the connections of a server. `count` stores that an address sent what is no request; it gets the code. */
  protect(server: Server, count: (ip: string, code: ErrorCode) => void): void
  /** Connections open now. */
  readonly open: number
}

const SLOW_IS_FINE = 'panoply:slow'

/** Lets the body of this request take its time, as long as it moves; said once its sender is known. */
export function allowSlowBody(request: IncomingMessage): void {
  request.emit(SLOW_IS_FINE)
}

/** One guard for all servers of a process: they share its memory. */
export function openGuard(bounds: ServerBounds = SERVER_BOUNDS): Guard {
  const byAddress = new Map<string, Set<Socket>>()
  let open = 0

  function admit(socket: Socket): void {
    // Asked for now: once the other side has gone there is nobody to name.
    const address = addressKey(socket.remoteAddress ?? '')
    const own = byAddress.get(address) ?? new Set()
    if (own.size >= bounds.connectionsPerAddress || (open >= bounds.connections && !makeRoom(own.size))) {
      socket.destroy()
      return
    }
    own.add(socket)
    byAddress.set(address, own)
    open++
    socket.once('close', () => {
      open--
      own.delete(socket)
      if (own.size === 0 && byAddress.get(address) === own) byAddress.delete(address)
    })
  }

  /** When all places are taken, whoever has most gives one up, unless that would be the newcomer. */
  function makeRoom(newcomers: number): boolean {
    const [most] = [...byAddress.values()].sort((a, b) => b.size - a.size)
    if (!most || most.size <= newcomers + 1) return false
    const [oldest] = most
    oldest?.destroy()
    return oldest !== undefined
  }

  return {
    get open() {
      return open
    },
    watch: (request, response) => watchBody(request, response, bounds),
    protect(server, count) {
      server.on('connection', admit)
      // Asked for while there is somebody to name; a connection that is gone tells nothing.
      server.on('secureConnection', addressOf)
      server.timeout = bounds.silentMs
      server.on('clientError', (error: Error, socket: Duplex) => {
        const code = codeOf(error)
        if (code !== undefined) count(addressOf(socket), code)
        endWith(socket, code)
      })
      server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
        count(addressOf(request.socket), 'expectation_failed')
        refuse(response, 'expectation_failed')
      })
      server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
        count(addressOf(socket), 'method_not_allowed')
        endWith(socket, 'method_not_allowed')
      })
    },
  }
}

/** Ends a request that does not arrive: with an answer where there is somebody to give it, without one when the answer was given. */
function watchBody(request: IncomingMessage, response: ServerResponse, bounds: ServerBounds): void {
  if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined)
    return
  const { socket } = request
  let timer: NodeJS.Timeout
  let isPatient = false
  let seen = socket.bytesRead
  request.once(SLOW_IS_FINE, () => {
    isPatient = true
  })
  const stop = (): void => clearTimeout(timer)
  const cutOff = (): void => {
    if (!request.complete) request.destroy()
  }
  const late = (): void => {
    if (request.complete || request.destroyed) return
    response.shouldKeepAlive = false
    // Whoever reads the body hears of it and answers; a body that nobody reads is cut off.
    if (!response.headersSent && request.listenerCount('error') > 0) {
      request.emit('error', new PublicError('request_timeout'))
      timer = setTimeout(() => request.destroy(), bounds.lingerMs)
    } else request.destroy()
  }
  const look = (): void => {
    const moved = socket.bytesRead - seen
    seen = socket.bytesRead
    // A body that waits because we do not take more is not slow. Who reads it by iterating has it paused all the time.
    const isMoving = moved >= bounds.slowestBytes || request.readableLength >= request.readableHighWaterMark
    if (isPatient && isMoving) timer = setTimeout(look, bounds.slowestMs)
    else late()
  }
  timer = setTimeout(look, bounds.bodyMs)
  request.once('end', stop)
  request.once('close', stop)
  response.once('finish', () => {
    stop()
    if (!request.complete) timer = setTimeout(cutOff, bounds.lingerMs)
  })
}

/** What a parser's error is to the sender; undefined when nobody is there to hear it. */
function codeOf(error: Error): ErrorCode | undefined {
  const code = 'code' in error ? String(error.code) : ''
  if (code === 'ECONNRESET' || code === 'EPIPE') return undefined
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_timeout'
  if (code === 'HPE_HEADER_OVERFLOW' || code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 'headers_too_large'
  return code.startsWith('HPE_') ? 'invalid_request' : undefined
}

function addressOf(socket: Duplex): string {
  const address: unknown = 'remoteAddress' in socket ? socket.remoteAddress : undefined
  return (typeof address === 'string' ? address : 'unknown').replace(/^::ffff:(?=[\d.]+$)/, '')
}

function bodyOf(code: ErrorCode): { readonly status: number; readonly body: string } {
  const error = new PublicError(code)
  return { status: error.status, body: JSON.stringify(problemOf(error, randomUUID())) }
}

const BARE_HEADERS = {
  'content-type': 'application/problem+json',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  connection: 'close',
}

function refuse(response: ServerResponse, code: ErrorCode): void {
  const { status, body } = bodyOf(code)
  response.writeHead(status, { ...BARE_HEADERS, 'content-length': Buffer.byteLength(body) }).end(body)
}

/** Answers on a connection that has no response yet, and ends it. */
function endWith(socket: Duplex, code: ErrorCode | undefined): void {
  if (code === undefined || !socket.writable) {
    socket.destroy()
    return
  }
  const { status, body } = bodyOf(code)
  const headers = { ...BARE_HEADERS, 'content-length': String(Buffer.byteLength(body)) }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  // What still comes is not read: the sender gets the answer, then the end.
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`, () =>
    socket.destroy(),
  )
}
