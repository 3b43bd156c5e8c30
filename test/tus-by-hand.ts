/** Requests of tus 1.0.0 made by hand, so that tests can send what no client would: wrong offsets, half bodies, too many bytes. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { openBlobStore } from '#core/blobs/blob-store.ts'
import { onePagePdf } from './one-page-pdf.ts'
import type { Resident } from './own-house.ts'
import type { Answer, OwnLibrary } from './own-library.ts'

const BYTES = 'application/offset+octet-stream'

/** `Upload-Metadata` of these pairs. */
export function metadata(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`.trim())
    .join(',')
}

/** Begins an upload; `bytes` come with it. */
export function start(
  library: OwnLibrary,
  resident: Resident,
  length: number,
  about = '',
  bytes?: Buffer,
): Promise<Answer> {
  return library.ask(resident, 'POST', '/v1/uploads', bytes, {
    'tus-resumable': '1.0.0',
    'upload-length': String(length),
    ...(about === '' ? {} : { 'upload-metadata': about }),
    ...(bytes ? { 'content-type': BYTES } : {}),
  })
}

/** Sends bytes from an offset on. */
export function patch(
  library: OwnLibrary,
  resident: Resident,
  id: string,
  offset: number | string,
  bytes: Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return library.ask(resident, 'PATCH', `/v1/uploads/${id}`, bytes, {
    'tus-resumable': '1.0.0',
    'content-type': BYTES,
    'upload-offset': String(offset),
    ...headers,
  })
}

/** Status and code of an answer. */
export function code({ status, json }: Answer): [number, string | undefined] {
  return [status, json?.code]
}

/** What one person asks and what their organisation has; `who` is asked when it is needed, so that a hook may make them. */
export function byHand(who: () => { readonly library: OwnLibrary; readonly reader: Resident }) {
  const tenant = () => who().reader.token.split('.')[0] ?? ''
  return {
    tenant,
    ask(
      method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
      url: string,
      headers: Record<string, string> = {},
      body?: Buffer,
    ): Promise<Answer> {
      const { library, reader } = who()
      return library.ask(reader, method, url, body, { 'tus-resumable': '1.0.0', ...headers })
    },
    async head(id: string, reader = who().reader) {
      const { statusCode: status, headers } = await who().library.house.app.inject({
        method: 'HEAD',
        url: `/v1/uploads/${id}`,
        headers: { authorization: `Bearer ${reader.token}`, 'tus-resumable': '1.0.0' },
      })
      return { status, headers }
    },
    db: async () => (await who().library.ctx.tenant(tenant())).db('activity'),
    /** Ids of all blobs, sorted. */
    async blobs(): Promise<string[]> {
      const store = openBlobStore(join(who().library.house.folder, 'blobs'))
      return (await Array.fromAsync(store.list(tenant()))).sort()
    },
  }
}

export interface HalfRequest extends AsyncDisposable {
  /** Resolves when the bytes were handed to the kernel. */
  send(bytes: Buffer): Promise<void>
  /** The end of a chunked body. */
  end(): Promise<void>
  /** All that was answered, at the end of the connection or of the first answer. */
  answer(): Promise<string>
  /** Ends the connection in the middle of the body. */
  destroy(): void
}

/** A PATCH over a connection of its own, whose body is sent by the test. `length` null for chunks. */
export async function aConnection(
  library: OwnLibrary,
  { token }: Resident,
  { id, from, length }: { readonly id: string; readonly from: number; readonly length: number | null },
): Promise<HalfRequest> {
  const { app } = library.house
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 })
  const address = app.server.address()
  if (typeof address !== 'object' || !address) throw new Error('the app listens nowhere')
  const socket = connect(address.port, '127.0.0.1')
  await once(socket, 'connect')
  let answered = ''
  const answer = Promise.withResolvers<string>()
  socket.on('data', (piece) => {
    answered += piece
    if (answered.includes('\r\n\r\n')) answer.resolve(answered)
  })
  socket.on('error', () => undefined)
  socket.once('close', () => answer.resolve(answered))
  const write = (bytes: Buffer | string) =>
    new Promise<void>((resolve) => socket.write(bytes, () => resolve()))
  const head = [
    `PATCH /v1/uploads/${id} HTTP/1.1`,
    'Host: localhost:8443',
    `Authorization: Bearer ${token}`,
    'Tus-Resumable: 1.0.0',
    `Content-Type: ${BYTES}`,
    `Upload-Offset: ${from}`,
    length === null ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`,
  ]
  await write(`${head.join('\r\n')}\r\n\r\n`)
  return {
    async send(bytes) {
      if (length === null) await write(`${bytes.length.toString(16)}\r\n`)
      await write(bytes)
      if (length === null) await write('\r\n')
    },
    end: () => write('0\r\n\r\n'),
    answer: () => answer.promise,
    destroy: () => socket.destroy(),
    async [Symbol.asyncDispose]() {
      socket.destroy()
    },
  }
}

/** A PDF of exactly so many bytes (at least 1,500), different each time. */
export function pdfOf(size: number): Buffer {
  const pdf = onePagePdf(`An upload ${randomBytes(8).toString('hex')}`)
  const filling = Buffer.alloc(size - pdf.length, randomBytes(4096))
  filling[0] = 0x0a
  filling[1] = 0x25
  return Buffer.concat([pdf, filling])
}
