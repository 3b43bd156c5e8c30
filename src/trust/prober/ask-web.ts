// The prober's way to the web: over TLS like any client, on this machine, trusting the installation's own authority and nothing else.
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import type { Config } from '#core/config.ts'
import { PublicError } from '#core/errors.ts'
import type { AskWeb } from './probe-ground.ts'

const PATIENCE = 20_000

/** Connections are kept. Throws `busy` when the web does not answer. */
export function openAskWeb(
  config: Pick<Config, 'regions' | 'listenHost' | 'caCertificateFile'>,
): AskWeb & Disposable {
  const agent = new Agent({ ca: readFileSync(config.caCertificateFile), keepAlive: true, maxSockets: 8 })
  // On this machine whatever its name says to others, so that nothing leaves it.
  const host = /^(0\.0\.0\.0|::)$/.test(config.listenHost) ? 'localhost' : config.listenHost
  const ask: AskWeb = ({ region, method, path, headers, body }) => {
    const place = config.regions.find(({ name }) => name === region)
    if (!place) throw new Error(`no region ${region} here`)
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>()
    const fail = (cause: unknown) => reject(new PublicError('busy', undefined, { cause }))
    const told = {
      host: new URL(place.url).host,
      ...headers,
      ...(body ? { 'content-length': String(body.length) } : {}),
    }
    const sent = request(
      {
        agent,
        host,
        port: place.port,
        path,
        servername: place.hostName,
        method,
        headers: told,
        timeout: PATIENCE,
      },
      (incoming) => {
        const pieces: Buffer[] = []
        incoming.on('data', (piece: Buffer) => pieces.push(piece))
        incoming.on('error', fail)
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(pieces).toString() }),
        )
      },
    )
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')))
    sent.on('error', fail)
    sent.end(body)
    return promise
  }
  return Object.assign(ask, { [Symbol.dispose]: () => agent.destroy() })
}
