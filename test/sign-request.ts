/**
 * Signers as a host would write them from docs/signing.md and the specifications alone: they share no line with the verifier.
 */
import { createHash, createHmac, type KeyObject, sign } from 'node:crypto'

export interface SigningPair {
  readonly id: string
  readonly key: string
}

export interface PdxQuestion {
  readonly method: string
  /** Path and query parameters before any encoding. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly date: string
  readonly expires: number
  readonly originator: string
  readonly email: string
  readonly displayName: string
  readonly profileImage?: string
  readonly algorithm?: string
}

/** A question signed: what goes on the wire. */
export interface Signed {
  readonly url: string
  readonly headers: Record<string, string>
  readonly signature: string
}

type Pairs = readonly (readonly [string, string])[]
const sorted = (pairs: Pairs) => [...pairs].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
const encode = (text: string) =>
  encodeURIComponent(text).replaceAll('%3A', ':').replaceAll('%3B', ';').replaceAll('%40', '@')

/** Signs as Pandexio's SDK does. */
export function signPdx(
  mechanism: 'header' | 'query',
  { id, key }: SigningPair,
  question: PdxQuestion,
): Signed {
  const { algorithm = 'PDX-HMAC-SHA256', body = '' } = question
  const hash = algorithm.slice('PDX-HMAC-'.length).toLowerCase()
  const attributes: [string, string][] = [
    ['X-Pdx-Date', question.date],
    ['X-Pdx-Expires', String(question.expires)],
    ['X-Pdx-Originator', question.originator],
    ['X-Pdx-EmailAddress', question.email],
    ['X-Pdx-DisplayName', question.displayName],
  ]
  if (question.profileImage) attributes.push(['X-Pdx-ProfileImage', question.profileImage])
  const query = [...Object.entries(question.query ?? {}), ...(mechanism === 'query' ? attributes : [])]
  const headers = sorted(
    [...Object.entries(question.headers), ...(mechanism === 'header' ? attributes : [])].map(
      ([name, value]) => [name.toLowerCase(), value],
    ),
  )
  const names = headers.map(([name]) => name).join(';')
  const text = [
    algorithm,
    question.date,
    question.method,
    question.path,
    sorted(query)
      .map(([name, value]) => `${name}=${value}`)
      .join('&'),
    headers.map(([name, value]) => `${name}:${value}`).join('\r\n'),
    names,
    createHash(hash).update(body).digest('hex'),
  ].join('\r\n')
  const signature = createHmac(hash, key).update(text).digest('hex')
  const parts: Pairs =
    mechanism === 'query'
      ? [
          ['X-Pdx-Algorithm', algorithm],
          ['X-Pdx-Credential', id],
          ['X-Pdx-SignedHeaders', names],
          ['X-Pdx-Signature', signature],
        ]
      : []
  const search = [...query, ...parts].map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')
  const sent = Object.fromEntries(
    headers.map(([name, value]) => [name, Buffer.from(value).toString('latin1')]),
  )
  if (mechanism === 'header')
    sent.authorization = `${algorithm} Credential=${id}, SignedHeaders=${names}, Signature=${signature}`
  const path = question.path.split('/').map(encode).join('/')
  return { url: search ? `${path}?${search}` : path, headers: sent, signature }
}

export interface MessageQuestion {
  readonly method: string
  readonly url: string
  readonly host: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Left out of what is covered. */
  readonly without?: readonly string[]
  readonly created: number
  /** Null leaves it out. */
  readonly expires?: number | null
  readonly nonce?: string | null
  readonly keyid: string
  readonly alg?: string
  readonly digest?: 'sha-256' | 'sha-512'
}

/** Signs by RFC 9421, with a shared secret or an Ed25519 key. */
export function signMessage(key: string | KeyObject, question: MessageQuestion): Record<string, string> {
  const [path = '', query] = question.url.split('?')
  const headers: Record<string, string> = { host: question.host, ...question.headers }
  const { digest = 'sha-256' } = question
  if (question.body !== undefined)
    headers['content-digest'] =
      `${digest}=:${createHash(digest.replace('-', '')).update(question.body).digest('base64')}:`
  const lines: [string, string][] = [
    ['@method', question.method],
    ['@authority', question.host.toLowerCase()],
    ['@path', path],
    ...(query === undefined ? [] : ([['@query', `?${query}`]] as [string, string][])),
    ...Object.entries(headers).filter(([name]) => name !== 'host' && name !== 'accept-signature'),
  ]
  const covered = lines.filter(([name]) => !question.without?.includes(name))
  const { expires = question.created + 60, nonce = `n-${question.created}-${counter.next++}` } = question
  const parameters = [
    `created=${question.created}`,
    ...(expires === null ? [] : [`expires=${expires}`]),
    ...(nonce === null ? [] : [`nonce="${nonce}"`]),
    `keyid="${question.keyid}"`,
    ...(question.alg ? [`alg="${question.alg}"`] : []),
  ].join(';')
  const input = `(${covered.map(([name]) => `"${name}"`).join(' ')});${parameters}`
  const base = Buffer.from(
    [...covered.map(([name, value]) => `"${name}": ${value}`), `"@signature-params": ${input}`].join('\n'),
    'latin1',
  )
  const signature =
    typeof key === 'string' ? createHmac('sha256', key).update(base).digest() : sign(null, base, key)
  return {
    ...headers,
    'signature-input': `sig1=${input}`,
    signature: `sig1=:${signature.toString('base64')}:`,
  }
}

const counter = { next: 1 }
