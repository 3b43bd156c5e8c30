// The signature base of RFC 9421 (2.5): the text over which a message signature is made, from a message and the list of what is covered.
// Must stay true: a component that cannot be told unambiguously has no value; the same message and list give the same bytes for everybody.
import {
  type InnerList,
  type Item,
  isInnerList,
  NotStructured,
  parseDictionary,
  serializeItem,
  serializeMember,
} from '../../net/structured-fields.ts'
import { SignatureRefused } from './signature-refused.ts'
import { type Fields, splitTarget } from './wire-request.ts'

export interface SignableRequest {
  readonly method: string
  readonly scheme: 'https' | 'http'
  /** As `Host` has it. */
  readonly host: string
  readonly target: string
  readonly fields: Fields
}

export interface SignableResponse {
  readonly status: number
  readonly fields: Fields
  /** The request it answers, for components with `;req`. */
  readonly request?: SignableRequest
}

export type Signable = SignableRequest | SignableResponse

/** The base, one character a byte. Throws SignatureRefused where a component is unknown, absent, or covered twice. */
export function signatureBase(message: Signable, covered: InnerList): string {
  const lines: string[] = []
  const seen = new Set<string>()
  for (const item of covered.items) {
    const identifier = serializeItem(item)
    if (item.bare.type !== 'string' || seen.has(identifier)) throw new SignatureRefused('form')
    seen.add(identifier)
    lines.push(`${identifier}: ${componentOf(message, item.bare.value, item)}`)
  }
  lines.push(`"@signature-params": ${serializeMember(covered)}`)
  return lines.join('\n')
}

function componentOf(message: Signable, name: string, item: Item): string {
  const { parameters } = item
  const isOfRequest = parameters.has('req')
  for (const [key, bare] of parameters) {
    const isKnown =
      key === 'req' || key === 'bs'
        ? bare.type === 'boolean'
        : (key === 'key' || key === 'name') && bare.type === 'string'
    if (!isKnown) throw new SignatureRefused('form')
  }
  if ('status' in message) {
    if (isOfRequest) {
      if (!message.request) throw new SignatureRefused('form')
      return ofRequest(message.request, name, item)
    }
    if (name === '@status') return String(message.status)
    if (name.startsWith('@')) throw new SignatureRefused('form')
    return ofField(message.fields, name, item)
  }
  if (isOfRequest) throw new SignatureRefused('form')
  return ofRequest(message, name, item)
}

function ofRequest(request: SignableRequest, name: string, item: Item): string {
  if (!name.startsWith('@')) return ofField(request.fields, name, item)
  const { path, query } = splitTarget(request.target)
  switch (name) {
    case '@method':
      return request.method
    case '@authority':
      return authorityOf(request)
    case '@scheme':
      return request.scheme
    case '@target-uri':
      return `${request.scheme}://${authorityOf(request)}${request.target}`
    case '@request-target':
      return request.target
    case '@path':
      return path === '' ? '/' : path
    case '@query':
      return `?${query ?? ''}`
    case '@query-param':
      return queryParameter(query ?? '', textParameter(item, 'name'))
    default:
      throw new SignatureRefused('form')
  }
}

/** The host in lower case, without the port that its scheme has anyway (RFC 9421, 2.2.3). */
function authorityOf({ host, scheme }: SignableRequest): string {
  return host.toLowerCase().replace(scheme === 'https' ? /:443$/ : /:80$/, '')
}

/** The value of the one parameter of a name, decoded as a form and encoded again (2.2.8). */
function queryParameter(query: string, name: string): string {
  const values = [...new URLSearchParams(query)].filter(([key]) => encodeFormText(key) === name)
  const [found] = values
  if (!found || values.length > 1) throw new SignatureRefused('ambiguous')
  return encodeFormText(found[1])
}

function encodeFormText(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()~]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function ofField(fields: Fields, name: string, item: Item): string {
  const values = fields.get(name)
  if (!values || name !== name.toLowerCase()) throw new SignatureRefused('unsigned')
  if (item.parameters.has('bs'))
    return values.map((value) => `:${Buffer.from(bare(value), 'latin1').toString('base64')}:`).join(', ')
  const line = values.map(bare).join(', ')
  return item.parameters.has('key') ? dictionaryMember(line, textParameter(item, 'key')) : line
}

/**
 * A value without the blanks around it and on one line (2.1). Characters are bytes here: 0xA0, which a script takes for a blank, is half of
 * a letter.
 */
function bare(value: string): string {
  return value
    .split(/[\r\n]+/)
    .map((part) => trimBlanks(part))
    .join(' ')
}

function trimBlanks(text: string): string {
  let [from, to] = [0, text.length]
  while (from < to && /[ \t]/.test(text.charAt(from))) from++
  while (to > from && /[ \t]/.test(text.charAt(to - 1))) to--
  return text.slice(from, to)
}

function dictionaryMember(line: string, key: string): string {
  try {
    const member = parseDictionary(line).get(key)
    if (!member) throw new SignatureRefused('unsigned')
    return serializeMember(member)
  } catch (cause) {
    if (cause instanceof NotStructured) throw new SignatureRefused('form', { cause })
    throw cause
  }
}

function textParameter(item: Item, name: string): string {
  const bare = item.parameters.get(name)
  if (bare?.type !== 'string') throw new SignatureRefused('form')
  return bare.value
}

/** The covered components a dictionary member lists. Throws SignatureRefused when it is none. */
export function coveredOf(line: string, label: string): InnerList {
  try {
    const member = parseDictionary(line).get(label)
    if (member && isInnerList(member)) return member
  } catch (cause) {
    if (!(cause instanceof NotStructured)) throw cause
  }
  throw new SignatureRefused('form')
}
