/** A house with a key that signs, and requests signed with it as they would come over the wire. */
import type { FastifyInstance } from 'fastify'
import { type OwnHouse, openHouse, type Resident } from './own-house.ts'
import { type PdxQuestion, type SigningPair, signMessage, signPdx } from './sign-request.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test reads answers by hand and fails where they differ.
type Json = any

/** What goes on the wire; a test changes it where it likes. */
export interface WireQuestion {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string | string[]>
  readonly body?: string | Buffer
}

export interface WireReply {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly json: Json
  readonly text: string
}

export interface SigningHouse {
  readonly house: OwnHouse
  readonly owner: Resident
  readonly domain: string
  /** Seconds since 1970 by the clock of the house. */
  now(): number
  makeKey(input?: object, resident?: Resident): Promise<{ id: string; key: string; hmac: SigningPair }>
  /** A signed question; `change` overrides what is signed. */
  pdx(
    mechanism: 'header' | 'query',
    pair: SigningPair,
    method: string,
    url: string,
    change?: Partial<PdxQuestion> & { readonly json?: object },
  ): WireQuestion
  message(
    pair: SigningPair,
    method: string,
    url: string,
    change?: Partial<Parameters<typeof signMessage>[1]> & { readonly json?: object },
  ): WireQuestion
  send(question: WireQuestion, app?: FastifyInstance): Promise<WireReply>
}

export const HOST = 'localhost:8443'

/** Opens a house with an owner; the caller stops it. */
export async function openSigningHouse(): Promise<SigningHouse> {
  const house = await openHouse()
  const owner = await house.aResident()
  const domain = owner.email.split('@')[1] ?? ''
  const now = () => Math.floor(house.ctx.now().getTime() / 1_000)
  return {
    house,
    owner,
    domain,
    now,
    async makeKey(input = {}, resident = owner) {
      const made = await house.ask(resident, 'POST', '/v1/api-keys', {
        name: 'signer',
        domains: [domain],
        ...input,
      })
      if (made.status !== 201) throw new Error(`making a key answered ${made.status}: ${made.text}`)
      return made.json
    },
    pdx(mechanism, pair, method, url, { json, ...change } = {}) {
      const [path = '', query = ''] = url.split('?')
      const body = json === undefined ? change.body : JSON.stringify(json)
      const signed = signPdx(mechanism, pair, {
        method,
        path,
        query: Object.fromEntries(new URLSearchParams(query)),
        headers: { Host: HOST },
        date: new Date(now() * 1_000).toISOString().replace('.000', ''),
        expires: 90,
        originator: 'tests',
        email: owner.email,
        displayName: 'A Resident',
        ...change,
        ...(body === undefined ? {} : { body }),
      })
      return wire(method, signed.url, signed.headers, body)
    },
    message(pair, method, url, { json, ...change } = {}) {
      const body = json === undefined ? change.body : JSON.stringify(json)
      const headers = signMessage(pair.key, {
        method,
        url,
        host: HOST,
        created: now(),
        keyid: pair.id,
        ...change,
        ...(body === undefined ? {} : { body }),
      })
      return wire(method, url, headers, body)
    },
    async send({ method, url, headers, body }, app = house.app) {
      const response = await app.inject({
        method: method as 'GET',
        url,
        headers,
        ...(body === undefined ? {} : { payload: body }),
      })
      const isJson = /json/.test(String(response.headers['content-type']))
      return {
        status: response.statusCode,
        headers: response.headers,
        json: isJson ? response.json() : undefined,
        text: response.body,
      }
    },
  }
}

function wire(
  method: string,
  url: string,
  headers: Record<string, string>,
  body: string | Uint8Array | undefined,
): WireQuestion {
  if (body === undefined) return { method, url, headers }
  const type = typeof body === 'string' ? { 'content-type': 'application/json' } : {}
  return {
    method,
    url,
    headers: { ...type, ...headers },
    body: typeof body === 'string' ? body : Buffer.from(body),
  }
}
