/**
 * The client of a load, in a process of its own: sends one request over and over on connections that stay open and says how long
 * that took. As cheap as a client can be, so that what is measured is the server.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Load, LoadResult } from './http-load.ts'

/** Sends `requests` requests over `connections` connections, or as many as `seconds` allow. Throws when an answer is not a 2xx. */
async function sendAll({
  url,
  connections,
  requests,
  seconds,
  method = 'GET',
  headers = {},
  body = '',
}: Load): Promise<LoadResult> {
  const { hostname, port, pathname, search, host } = new URL(url)
  const sent = { host, ...headers, ...(body ? { 'content-length': Buffer.byteLength(body) } : {}) }
  const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}\r\n`)
  const question = Buffer.from(`${method} ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
  const sockets = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true })
      await once(socket, 'connect')
      return socket
    }),
  )
  const times: number[] = []
  let begun = 0
  const started = performance.now()
  const end = started + seconds * 1000
  await Promise.all(
    sockets.map((socket) =>
      askInTurn(socket, question, {
        another: () => begun < requests && performance.now() < end && begun++ >= 0,
        took: (milliseconds) => times.push(milliseconds),
      }),
    ),
  )
  const took = (performance.now() - started) / 1000
  for (const socket of sockets) socket.destroy()
  times.sort((a, b) => a - b)
  const quantile = (share: number) => times[Math.floor(share * times.length)] ?? Number.NaN
  return { requests: times.length, perSecond: times.length / took, p50: quantile(0.5), p99: quantile(0.99) }
}

interface Turns {
  /** Whether one more is to be sent. */
  another(): boolean
  took(milliseconds: number): void
}

/** One request at a time on one connection, until none is left. */
function askInTurn(socket: Socket, question: Buffer, turns: Turns): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let since = 0
  let held: Buffer | undefined
  const ask = () => {
    if (!turns.another()) return resolve()
    since = performance.now()
    socket.write(question)
  }
  socket.on('error', reject)
  socket.on('close', () => reject(new Error('the server closed a connection')))
  socket.on('data', (chunk: Buffer) => {
    const answer: Buffer = held ? Buffer.concat([held, chunk]) : chunk
    const length = lengthOf(answer)
    held = length === undefined || answer.length < length ? answer : undefined
    if (held) return
    if (answer.length !== length || answer[9] !== 0x32)
      return reject(new Error(`not one good answer: ${answer.toString('latin1', 0, 1_000)}`))
    turns.took(performance.now() - since)
    ask()
  })
  ask()
  return promise
}

/** Bytes of the answer with its head; undefined while the head has not come whole. */
function lengthOf(answer: Buffer): number | undefined {
  const end = answer.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [, digits] = /\r\ncontent-length: (\d+)/i.exec(answer.toString('latin1', 0, end)) ?? []
  if (digits === undefined) throw new Error('an answer without a length')
  return end + 4 + Number(digits)
}

if (import.meta.main)
  process.on('message', (load: Load) => {
    sendAll(load).then(
      (result) => process.send?.({ result }),
      (error: Error) => process.send?.({ error: `${load.url}: ${error.message}` }),
    )
  })
