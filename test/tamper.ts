/**
 * Whatever somebody who holds a signed request, but not its key, may make of it: each part changed, dropped, doubled, reordered
 * or added to. No form here means the same as the request it was made from.
 */
import type { WireQuestion } from './signing-house.ts'

export type Scheme = 'header' | 'query' | 'message'

/** A form: what was done, and the request that came of it. */
export type Tampered = readonly [what: string, question: WireQuestion]

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Every form of a request that was signed by a scheme. */
export function tampered(scheme: Scheme, question: WireQuestion): Tampered[] {
  const signature =
    scheme === 'header' ? inAuthorization(question) : scheme === 'message' ? inMessage(question) : []
  return [
    ...ofMethod(question),
    ...ofPath(question),
    ...ofQuery(scheme, question),
    ...ofHeaders(scheme, question),
    ...ofBody(question),
    ...signature,
    ...ofMechanism(scheme, question),
  ]
}

function ofMethod(question: WireQuestion): Tampered[] {
  return METHODS.filter((method) => method !== question.method).map((method) => [
    `method ${method}`,
    { ...question, method },
  ])
}

function ofPath(question: WireQuestion): Tampered[] {
  const [path = '', query] = question.url.split('?')
  const to = (other: string) => ({ ...question, url: query === undefined ? other : `${other}?${query}` })
  return [
    ['path of another record', to(`/v1/documents/doc_${'0'.repeat(26)}`)],
    ['path of another noun', to('/v1/people')],
    ['path longer', to(`${path}s`)],
    ['path with a slash at its end', to(`${path}/`)],
    ['path with a slash doubled', to(path.replace('/v1/', '/v1//'))],
    ['path with a slash encoded', to(path.replace('/v1/', '/v1%2f'))],
    ['path in capitals', to(path.toUpperCase())],
  ]
}

function ofQuery(scheme: Scheme, question: WireQuestion): Tampered[] {
  const [path = '', query = ''] = question.url.split('?')
  const pairs = query === '' ? [] : query.split('&')
  const to = (changed: readonly string[]) => ({
    ...question,
    url: changed.length > 0 ? `${path}?${changed.join('&')}` : path,
  })
  const forms = pairs.flatMap((pair, at): Tampered[] => {
    const [name = '', value = ''] = pair.split('=')
    const withPair = (...instead: string[]) => to(pairs.toSpliced(at, 1, ...instead))
    return [
      [`query without ${name}`, withPair()],
      [`query with ${name} twice`, withPair(pair, pair)],
      [`query with another ${name} first`, withPair(`${name}=x`, pair)],
      [`query with another ${name} last`, withPair(pair, `${name}=x`)],
      [`query with ${name} changed`, withPair(`${name}=${changedAt(value, value.length - 1)}`)],
      [`query with ${name} empty`, withPair(`${name}=`)],
      [`query with ${name} longer`, withPair(`${name}=${value}0`)],
      [`query with ${name} shorter`, withPair(`${name}=${value.slice(0, -1)}`)],
      [`query with ${name} named otherwise`, withPair(`${name}x=${value}`)],
      [`query with ${name} in capitals`, withPair(`${name.toUpperCase()}=${value}`)],
    ]
  })
  // The order of pairs is no part of what PDX signs; RFC 9421 signs the query as it is.
  if (scheme === 'message' && pairs.length > 1) forms.push(['query reordered', to(pairs.toReversed())])
  forms.push(['query with a pair more', to([...pairs, 'more=1'])])
  if (scheme !== 'message' || pairs.length > 0)
    forms.push(['query with a pair before', to(['aaa=1', ...pairs])])
  return forms
}

function ofHeaders(scheme: Scheme, question: WireQuestion): Tampered[] {
  const names = Object.keys(question.headers).filter(
    (name) => scheme !== 'header' || name !== 'authorization',
  )
  const forms = names.flatMap((name): Tampered[] => {
    const value = String(question.headers[name])
    const to = (instead: string | string[]) => ({
      ...question,
      headers: { ...question.headers, [name]: instead },
    })
    const { [name]: _, ...others } = question.headers
    return [
      [`${name} dropped`, { ...question, headers: others }],
      [`${name} twice`, to([value, value])],
      [`${name} with another first`, to(['x', value])],
      [`${name} with another last`, to([value, 'x'])],
      [`${name} changed at its beginning`, to(changedAt(value, 0))],
      [`${name} changed in its middle`, to(changedAt(value, Math.floor(value.length / 2)))],
      [`${name} longer`, to(`${value}0`)],
      [`${name} shorter`, to(value.slice(0, -1))],
    ]
  })
  if (scheme === 'header')
    for (const name of ['x-pdx-profileimage', 'x-pdx-role'])
      forms.push([`${name} added`, { ...question, headers: { ...question.headers, [name]: 'x' } }])
  if (scheme === 'message')
    for (const name of ['panoply-person-name', ...(question.body === undefined ? ['content-digest'] : [])])
      forms.push([`${name} added`, { ...question, headers: { ...question.headers, [name]: 'x' } }])
  return forms
}

function ofBody(question: WireQuestion): Tampered[] {
  const { body } = question
  if (body === undefined) return [['a body added', { ...question, body: '{}' }]]
  const text = String(body)
  const bodies: [string, string][] = [
    ['emptied', ''],
    ['shorter', text.slice(0, -1)],
    ['longer', `${text} `],
    ['written otherwise', ` ${text}`],
    ['with another value', text.replace(/"[^"]*"\}$/, '"Another"}')],
    ['with a field more', text.replace('{', '{"more":1,')],
    ['twice', text + text],
    ['null', 'null'],
  ]
  return bodies.map(([what, changed]) => [`body ${what}`, { ...question, body: changed }])
}

/** The parts of `Authorization: PDX-…`. */
function inAuthorization(question: WireQuestion): Tampered[] {
  const value = String(question.headers.authorization)
  const [, algorithm = '', id = '', names = '', signature = ''] =
    /^(\S+) Credential=(\S+), SignedHeaders=(\S+), Signature=(\S+)$/.exec(value) ?? []
  const list = names.split(';')
  const parts = { algorithm, id, names, signature }
  const to = (change: Partial<typeof parts>): WireQuestion => {
    const all = { ...parts, ...change }
    return authorized(
      question,
      `${all.algorithm} Credential=${all.id}, SignedHeaders=${all.names}, Signature=${all.signature}`,
    )
  }
  const forms: Tampered[] = [
    ...['MD5', 'SHA1', 'SHA256', 'SHA384', 'SHA512', 'SHA3', 'NONE']
      .map((name) => `PDX-HMAC-${name}`)
      .filter((name) => name !== algorithm)
      .map((name): Tampered => [`algorithm ${name}`, to({ algorithm: name })]),
    ['credential changed', to({ id: changedAt(id, id.length - 1) })],
    ['credential shorter', to({ id: id.slice(0, -1) })],
    ['credential empty', to({ id: '' })],
    ['signature empty', to({ signature: '' })],
    ['signature shorter', to({ signature: signature.slice(0, -2) })],
    ['signature longer', to({ signature: `${signature}00` })],
    ['signature in capitals', to({ signature: `${signature.slice(0, -1)}${'F'}` })],
    ['signature of zeros', to({ signature: '0'.repeat(signature.length) })],
    ['signed headers reordered', to({ names: list.toReversed().join(';') })],
    ['signed headers in capitals', to({ names: names.toUpperCase() })],
    ['signed headers with one that is not there', to({ names: `${names};zz` })],
    ['signed headers with the signature itself', to({ names: `authorization;${names}` })],
    ['parts reordered', authorized(question, value.replace(/(Credential=\S+), (.*)$/, '$2, $1'))],
    ['authorization twice', { ...question, headers: { ...question.headers, authorization: [value, value] } }],
    ['authorization with a part twice', authorized(question, `${value}, Signature=${signature}`)],
    ['authorization in small letters', authorized(question, value.replace('Credential', 'credential'))],
    ['authorization without its parts', authorized(question, algorithm)],
    ['authorization dropped', { ...question, headers: { ...question.headers, authorization: '' } }],
  ]
  for (let at = 0; at < signature.length; at++)
    forms.push([`signature changed at ${at}`, to({ signature: changedAt(signature, at) })])
  for (const name of list) {
    forms.push([`${name} signed no more`, to({ names: list.filter((one) => one !== name).join(';') })])
    forms.push([`${name} signed twice`, to({ names: names.replace(name, `${name};${name}`) })])
  }
  return forms
}

function authorized(question: WireQuestion, authorization: string): WireQuestion {
  return { ...question, headers: { ...question.headers, authorization } }
}

/** The parts of `Signature-Input` and `Signature`. */
function inMessage(question: WireQuestion): Tampered[] {
  const input = String(question.headers['signature-input'])
  const value = String(question.headers.signature)
  const [, list = '', rest = ''] = /^sig1=\((.*?)\);(.*)$/.exec(input) ?? []
  const items = list.split(' ')
  const parameters = rest.split(';')
  const withInput = (text: string): WireQuestion => ({
    ...question,
    headers: { ...question.headers, 'signature-input': text },
  })
  const withSignature = (text: string): WireQuestion => ({
    ...question,
    headers: { ...question.headers, signature: text },
  })
  const to = (list: readonly string[], given: readonly string[] = parameters) =>
    withInput(`sig1=(${list.join(' ')});${given.join(';')}`)
  const forms: Tampered[] = [
    ['components reordered', to(items.toReversed())],
    ['no component', to([])],
    ['components with one that is not there', to([...items, '"x-absent"'])],
    ['components with the status of an answer', to([...items, '"@status"'])],
    ['parameters reordered', to(items, parameters.toReversed())],
    ['no parameter', withInput(`sig1=(${list})`)],
    ['parameter tag added', to(items, [...parameters, 'tag="x"'])],
    ['another label', withInput(input.replace('sig1=', 'sig2='))],
    ['another label for the signature', withSignature(value.replace('sig1=', 'sig2='))],
    ['a label twice', withInput(`${input}, ${input}`)],
    ['a second signature', withSignature(`${value}, sig2=:AAAA:`)],
    ['signature as text', withSignature(value.replace(/:(.*):/, '"$1"'))],
    ['signature empty', withSignature('sig1=::')],
    ['signature shorter', withSignature(bytesOf(value, (bytes) => bytes.subarray(1)))],
    ['signature longer', withSignature(bytesOf(value, (bytes) => Buffer.concat([bytes, bytes])))],
    ['signature of zeros', withSignature(bytesOf(value, (bytes) => Buffer.alloc(bytes.length)))],
  ]
  for (const [at, item] of items.entries()) {
    forms.push([`${item} covered no more`, to(items.toSpliced(at, 1))])
    forms.push([`${item} covered twice`, to([...items, item])])
    forms.push([`${item} of the request`, to(items.with(at, `${item};req`))])
    forms.push([`${item} in bytes`, to(items.with(at, `${item};bs`))])
  }
  for (const [at, parameter] of parameters.entries()) {
    const name = parameter.split('=')[0]
    const other = parameter.replace(/\w("?)$/, (end) =>
      end.startsWith('1') ? `2${end.slice(1)}` : `1${end.slice(1)}`,
    )
    forms.push([`parameter ${name} dropped`, to(items, parameters.toSpliced(at, 1))])
    forms.push([`parameter ${name} changed`, to(items, parameters.with(at, other))])
    forms.push([`parameter ${name} twice`, to(items, [...parameters, other])])
    forms.push([`parameter ${name} of another type`, to(items, parameters.with(at, `${name}=?1`))])
  }
  for (const alg of ['none', 'hmac-sha256', 'ed25519', 'rsa-pss-sha512', 'ecdsa-p256-sha256'])
    forms.push([`algorithm ${alg} said`, to(items, [...parameters, `alg="${alg}"`])])
  const { length } = Buffer.from(/:(.*):/.exec(value)?.[1] ?? '', 'base64')
  for (let at = 0; at < length; at++) {
    const flipped = bytesOf(value, (bytes) => bytes.with(at, (bytes[at] ?? 0) ^ 1))
    forms.push([`signature changed at ${at}`, withSignature(flipped)])
  }
  return forms
}

function bytesOf(value: string, change: (bytes: Buffer) => Uint8Array): string {
  return value.replace(
    /:(.*):/,
    (_, text) => `:${Buffer.from(change(Buffer.from(text, 'base64'))).toString('base64')}:`,
  )
}

/** A second way of signing in beside the first. */
function ofMechanism(scheme: Scheme, question: WireQuestion): Tampered[] {
  const { url, headers } = question
  const added = (more: Record<string, string>) => ({ ...question, headers: { ...headers, ...more } })
  const inQuery: Tampered = [
    'an attribute in the query too',
    { ...question, url: `${url}${url.includes('?') ? '&' : '?'}X-Pdx-Date=x` },
  ]
  const message: Tampered = [
    'a message signature too',
    added({ 'signature-input': 'a=()', signature: 'a=::' }),
  ]
  const token: Tampered = ['a token too', added({ authorization: 'Bearer x' })]
  if (scheme === 'header') return [inQuery, message]
  return scheme === 'query'
    ? [message, token, ['an attribute in a header too', added({ 'x-pdx-date': 'x' })]]
    : [inQuery, token]
}

/** The text with one character replaced by another of its kind. */
function changedAt(text: string, at: number): string {
  const old = text[at] ?? ''
  return `${text.slice(0, at)}${old === '1' ? '2' : '1'}${text.slice(at + 1)}`
}
