/** The HTTP client of our tests: one request over TLS with the installation's own authority, the answer whole. */
import { Agent, request } from 'node:https'

export interface Question {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** A session token. */
  readonly session?: string | undefined
  readonly apiKey?: string | undefined
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is, with its own content type. */
  readonly body?: { readonly type: string; readonly bytes: Uint8Array | string }
  readonly signal?: AbortSignal
}

export interface FileForm {
  readonly type: string
  readonly bytes: Buffer
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly bytes: Buffer
  /** The body as JSON; its shape is what the test expects. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads answers by hand and fails where they differ.
  readonly json: any
}

export type Ask = (url: string, question?: Question) => Promise<Reply>

/** A client that trusts `ca` (PEM) and nothing else. Connections are kept and do not hold the process. */
export function createAsk(ca: string): Ask & Disposable {
  const agent = new Agent({ ca, keepAlive: true, maxSockets: 16 })
  const ask: Ask = (url, question = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    const content = contentOf(question)
    const headers: Record<string, string> = { ...content.headers, ...question.headers }
    if (question.session !== undefined) headers.authorization = `Bearer ${question.session}`
    if (question.apiKey !== undefined) headers.authorization = `API-Key ${question.apiKey}`
    // Node frames the body of a DELETE only when told.
    if (content.bytes !== undefined) headers['content-length'] ??= String(Buffer.byteLength(content.bytes))
    const { method = content.bytes ? 'POST' : 'GET', signal } = question
    const sent = request(url, { agent, method, headers, ...(signal ? { signal } : {}) }, (incoming) => {
      const pieces: Buffer[] = []
      incoming.on('data', (piece: Buffer) => pieces.push(piece))
      incoming.on('error', reject)
      incoming.on('end', () => {
        const bytes = Buffer.concat(pieces)
        const { statusCode = 0, headers } = incoming
        resolve({ status: statusCode, headers, bytes, json: parsed(headers['content-type'], bytes) })
      })
    })
    // A server may refuse before it has read everything; its answer counts, not the broken pipe.
    sent.on('error', (error) => {
      // A kept connection that the server closed just now; a question that changes nothing may go again (RFC 9110, 9.2.2).
      const isStale = sent.reusedSocket && 'code' in error && error.code === 'ECONNRESET'
      if (isStale && method === 'GET') resolve(ask(url, question))
      else if (sent.writableEnded) reject(error)
      else setTimeout(reject, 200, error)
    })
    sent.end(content.bytes)
    return promise
  }
  return Object.assign(ask, { [Symbol.dispose]: () => agent.destroy() })
}

/** A multipart form with one file, as `curl -F file=@…` sends it. */
export function fileForm(
  name: string,
  bytes: Uint8Array,
  type = 'application/pdf',
  title?: string,
): FileForm {
  const mark = `form-${crypto.randomUUID()}`
  const field = title === undefined ? '' : part(mark, 'name="title"', '', title)
  const head = `--${mark}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`
  const all = Buffer.concat([Buffer.from(field + head), bytes, Buffer.from(`\r\n--${mark}--\r\n`)])
  return { type: `multipart/form-data; boundary=${mark}`, bytes: all }
}

function part(mark: string, disposition: string, type: string, value: string): string {
  return `--${mark}\r\nContent-Disposition: form-data; ${disposition}\r\n${type}\r\n${value}\r\n`
}

function contentOf(question: Question): { headers: Record<string, string>; bytes?: Uint8Array | string } {
  if (question.json !== undefined) {
    return { headers: { 'content-type': 'application/json' }, bytes: JSON.stringify(question.json) }
  }
  if (question.body === undefined) return { headers: {} }
  return { headers: { 'content-type': question.body.type }, bytes: question.body.bytes }
}

function parsed(type: string | undefined, bytes: Buffer): unknown {
  return type !== undefined && /\bjson\b/.test(type) && bytes.length > 0
    ? JSON.parse(String(bytes))
    : undefined
}
