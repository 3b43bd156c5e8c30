/** The reference client of tus (tus-js-client), as it comes, over the connections of an installation. */
import { readFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { DefaultHttpStack, type DetailedError, Upload, type UploadOptions } from 'tus-js-client'
import type { DemoTenant, Installation } from './installation.ts'

export interface Sending {
  readonly upload: Upload
  /** Resolves with the document, rejects with what the client could not overcome. */
  readonly done: Promise<string>
  /** Ends the connections that the client has open now. */
  cut(): void
}

/** Begins to send a file. The client resumes by itself as long as `retryDelays` last. */
export function sendByTus(
  house: Pick<Installation, 'ca'>,
  tenant: Pick<DemoTenant, 'url' | 'apiKey'>,
  bytes: Buffer,
  options: UploadOptions = {},
): Sending {
  const agent = new Agent({ ca: readFileSync(house.ca, 'utf8'), keepAlive: false })
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
    cut() {
      for (const sockets of Object.values(agent.sockets)) for (const socket of sockets ?? []) socket.destroy()
    },
  }
}
