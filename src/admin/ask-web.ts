// How an admin command speaks to the installation: over the web's own API with a key of the organisation, so that it may do exactly
// what the key's maker may, and the log names them. Must stay true: only the home's own certificate authority is trusted.
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import Type, { type TSchema } from 'typebox'
import { Check } from 'typebox/value'
import { type Config, ConfigError } from '#core/config.ts'

/** The web said no; `code` is one of docs/errors.md. */
export class Refused extends Error {
  override name = 'Refused'
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** The web could not be reached; asking again may help. */
export class Unreachable extends Error {
  override name = 'Unreachable'
}

/** Asks and answers in the schema's shape. Throws Refused, Unreachable. */
export type AskWeb = <S extends TSchema>(
  method: 'GET' | 'POST',
  path: string,
  shape: S,
) => Promise<Type.Static<S>>

const Said = Type.Object({
  code: Type.String(),
  detail: Type.String(),
  details: Type.Optional(Type.Object({ url: Type.Optional(Type.String()) })),
})
const PATIENCE = 30_000

/**
 * A client with the key from PANOPLY_API_KEY. It begins in the first region and follows the web's word to the key's own.
 * Throws ConfigError without a key or without the authority's certificate.
 */
export function openAskWeb(config: Config): AskWeb {
  const { apiKey, caCertificateFile } = config
  if (apiKey === null)
    throw new ConfigError(
      'Set PANOPLY_API_KEY to an API key of the organisation, made by one of its administrators under Settings, API keys.',
    )
  const ca = readAuthority(caCertificateFile)
  let origin = config.regions[0].url
  const known = new Set(config.regions.map(({ url }) => url))
  return async (method, path, shape) => {
    for (let turns = 0; ; turns++) {
      const { status, body } = await send(new URL(path, origin), { method, ca, apiKey })
      if (status < 300) {
        if (!Check(shape, body))
          throw new Refused('unknown_answer', `${path} answered in a shape of another version.`)
        return body
      }
      if (!Check(Said, body))
        throw new Refused('unknown_answer', `${path} answered ${status} without a reason.`)
      const elsewhere = body.details?.url
      // A key is shown to the regions of this home only.
      const isMoving = body.code === 'wrong_region' && elsewhere !== undefined && known.has(elsewhere)
      if (!isMoving || turns > 0) throw new Refused(body.code, body.detail)
      origin = elsewhere
    }
  }
}

function readAuthority(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new ConfigError(`${file} cannot be read. Was this home ever started?`, { cause })
  }
}

function send(url: URL, { method, ca, apiKey }: { method: string; ca: Buffer; apiKey: string }) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: unknown }>()
  const headers = { authorization: `API-Key ${apiKey}`, accept: 'application/json' }
  const signal = AbortSignal.timeout(PATIENCE)
  const fail = (cause: unknown) =>
    reject(new Unreachable(`${url.origin} does not answer. Is the installation running?`, { cause }))
  const sent = request(url, { method, headers, ca, signal, agent: false }, (incoming) => {
    const pieces: Buffer[] = []
    incoming.on('data', (piece: Buffer) => pieces.push(piece))
    incoming.on('error', fail)
    incoming.on('end', () => {
      resolve({ status: incoming.statusCode ?? 0, body: parse(Buffer.concat(pieces).toString()) })
    })
  })
  sent.on('error', fail)
  sent.end()
  return promise
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
