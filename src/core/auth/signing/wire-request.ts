// A request as it came over the wire, before anything interprets it: what signatures are made over.
// Must stay true: bytes stay what they were; node hands header bytes as one character each.
import { SignatureRefused } from './signature-refused.ts'

/** The values of each field in the order they came, by lower-case name. */
export type Fields = ReadonlyMap<string, readonly string[]>

export interface WireRequest {
  readonly method: string
  /** Path and query as they came. */
  readonly target: string
  readonly fields: Fields
}

/** Fields of a message from node's list of names and values in turn. */
export function fieldsOf(rawHeaders: readonly string[]): Fields {
  const fields = new Map<string, string[]>()
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase()
    const value = rawHeaders[at + 1] ?? ''
    const known = fields.get(name)
    if (known) known.push(value)
    else fields.set(name, [value])
  }
  return fields
}

/** Path and query of a target, at its first question mark; null where there is none. */
export function splitTarget(target: string): { path: string; query: string | null } {
  const at = target.indexOf('?')
  return at < 0 ? { path: target, query: null } : { path: target.slice(0, at), query: target.slice(at + 1) }
}

/** The one value of a field. Throws SignatureRefused when it came twice; undefined when it did not come. */
export function oneValue(fields: Fields, name: string): string | undefined {
  const values = fields.get(name)
  if (values !== undefined && values.length > 1) throw new SignatureRefused('duplicate')
  return values?.[0]
}

/** The text behind bytes that node gave as one character each. Throws SignatureRefused where they are not UTF-8. */
export function textOf(bytes: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is ASCII needs no decoding.
  if (/^[\x00-\x7f]*$/.test(bytes)) return bytes
  try {
    return decoder.decode(Buffer.from(bytes, 'latin1'))
  } catch (cause) {
    throw new SignatureRefused('form', { cause })
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
