// One request to this installation's own web, for probes. Must stay true: it goes to the address that a region serves under, is
// checked against the installation's own certificate authority, and carries no credential.
import { readFileSync } from 'node:fs'
import { type ClientRequest, request as plainRequest } from 'node:http'
import { request } from 'node:https'

export interface OwnAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** At most 64 KiB. */
  readonly body: string
  /** Cipher of the connection, null without TLS. */
  readonly cipher: { readonly name: string; readonly bits: number; readonly version: string } | null
}

export interface OwnQuestion {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** File of the certificate authority; without it only certificates that the machine trusts are accepted. */
  readonly ca: string
  /** Milliseconds; 5,000 unless said. */
  readonly limit?: number
}

/** Asks `url`. Rejects when nobody answers, or the certificate is not for that name. */
export function askOwnWeb(url: string, question: OwnQuestion): Promise<OwnAnswer> {
  const { method = 'GET', headers = {}, limit = 5_000 } = question
  const isTls = url.startsWith('https:')
  return new Promise((resolve, reject) => {
    const options = { method, headers: { ...headers }, timeout: limit, agent: false as const }
    const asked: ClientRequest = isTls
      ? request(url, { ...options, ca: readFileSync(question.ca) })
      : plainRequest(url, options)
    asked.once('timeout', () => asked.destroy(new Error(`no answer within ${limit} ms`)))
    asked.once('error', reject)
    asked.once('response', (response) => {
      let body = ''
      const { socket } = response
      const cipher =
        'getCipher' in socket && typeof socket.getCipher === 'function' ? socket.getCipher() : null
      response.setEncoding('latin1').on('data', (piece: string) => {
        if (body.length < 65_536) body += piece
      })
      response.once('error', reject)
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body,
          cipher: cipher && {
            name: cipher.standardName,
            bits: bitsOf(cipher.standardName),
            version: cipher.version,
          },
        }),
      )
    })
    asked.end()
  })
}

/** Key length of a suite by its name. */
export function bitsOf(suite: string): number {
  if (/AES_?256|CHACHA20/.test(suite)) return 256
  return /AES_?128|128/.test(suite) ? 128 : 0
}
