// One request over a connection that stands, and the head of its answer. Sends what it is given and nothing of its own: no cookie, no
// credential, no referrer. Must stay true: head and headers of the answer are bounded in size and time; however the connection ends, so does the question.
import type { IncomingMessage } from 'node:http'
import { request } from 'node:http'
import type { Socket } from 'node:net'
import { PublicError } from '../../errors.ts'
import { failed } from './bounded-answer.ts'
import { STEP_MS } from './outbound-kinds.ts'

const LONGEST_HEADERS = 16 * 2 ** 10

export interface Question {
  readonly method: 'GET' | 'POST'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** Asks and answers the head. The body of the answer is to be read or destroyed, which ends the connection. */
export function askOnce(
  socket: Socket,
  { method, url, headers, body }: Question,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const sent = request({
    createConnection: () => socket,
    method,
    path: `${url.pathname}${url.search}`,
    setHost: false,
    headers: {
      host: url.host,
      'user-agent': 'Panoply',
      'accept-encoding': 'identity',
      connection: 'close',
      ...headers,
      ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    },
    maxHeaderSize: LONGEST_HEADERS,
    signal,
  })
  const fail = (error: Error): void => {
    clearTimeout(late)
    socket.destroy()
    if (signal.aborted) reject(signal.reason)
    else reject(error instanceof PublicError ? error : failed(reasonOf(error), error))
  }
  const late = setTimeout(() => fail(new PublicError('address_timed_out')), STEP_MS.headers)
  const broken = (): void => fail(failed('connection'))
  sent.once('response', (answer) => {
    clearTimeout(late)
    socket.off('close', broken)
    answer.once('close', () => socket.destroy())
    resolve(answer)
  })
  // Nobody asked for another protocol.
  sent.once('upgrade', () => fail(failed('form')))
  sent.on('error', fail)
  // A request hears nothing more of a connection that has ended before it was made.
  if (socket.destroyed) broken()
  else socket.once('close', broken)
  sent.end(body)
  return promise
}

function reasonOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : ''
  return code === 'HPE_HEADER_OVERFLOW' ? 'headers' : code.startsWith('HPE_') ? 'form' : 'connection'
}
