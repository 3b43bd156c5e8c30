/** The reference client of tus (tus-js-client), as it comes, over the connections of an installation. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { connect, createServer } from 'node:net'
import { DefaultHttpStack, type DetailedError, Upload, type UploadOptions } from 'tus-js-client'
import type { DemoTenant, Installation } from './installation.ts'

export interface Sending {
  readonly upload: Upload
  /** Resolves with the document, rejects with what the client could not overcome. */
  readonly done: Promise<string>
}

/** What lies between the client and the installation: ends the first connection that has carried so many bytes. */
export async function cuttingWire(url: string, after: number): Promise<{ port: number } & AsyncDisposable> {
  let isCut = false
  const wire = createServer((client) => {
    const server = connect(Number(new URL(url).port), '127.0.0.1')
    let carried = 0
    client.on('data', (piece) => {
      carried += piece.length
      if (!isCut && carried >= after) {
        isCut = true
        client.destroy()
        server.end()
      } else if (!server.write(piece)) client.pause()
    })
    server.on('drain', () => client.resume())
    server.pipe(client)
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => undefined)
      one.on('close', () => (one === client ? other.end() : other.destroy()))
    }
  }).listen(0, '127.0.0.1')
  await once(wire, 'listening')
  const address = wire.address()
  if (typeof address !== 'object' || !address) throw new Error('the wire leads nowhere')
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      wire.close()
    },
  }
}

/** Goes over a wire whatever the address says. */
class WiredAgent extends Agent {
  readonly #port: number

  constructor(ca: string, port: number) {
    super({ ca, keepAlive: false })
    this.#port = port
  }

  override createConnection(...[options, done]: Parameters<Agent['createConnection']>) {
    return super.createConnection({ ...options, host: '127.0.0.1', port: this.#port }, done)
  }
}

/** Begins to send a file. The client resumes by itself as long as `retryDelays` last. `wire` is the port of one. */
export function sendByTus(
  house: Pick<Installation, 'ca'>,
  tenant: Pick<DemoTenant, 'url' | 'apiKey'>,
  bytes: Buffer,
  options: UploadOptions = {},
  wire?: number,
): Sending {
  const ca = readFileSync(house.ca, 'utf8')
  const agent = new WiredAgent(ca, wire ?? Number(new URL(tenant.url).port))
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const upload = new Upload(bytes, {
    endpoint: `${tenant.url}/v1/uploads`,
    httpStack: new DefaultHttpStack({ agent }),
    headers: { Authorization: `API-Key ${tenant.apiKey}` },
    retryDelays: Array.from({ length: 20 }, () => 500),
    ...options,
    onSuccess: ({ lastResponse }) => resolve(lastResponse.getHeader('Panoply-Document') ?? ''),
    onError: (error: Error | DetailedError) => reject(error),
  })
  upload.start()
  return {
    upload,
    done: promise,
  }
}
