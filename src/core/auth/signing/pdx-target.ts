// Path and query of a Pandexio request, decoded as its signer had them: percent only, a plus is a plus, split at `&` alone.
// Must stay true: two requests that differ on the wire in what they mean never decode to one text.
import { SignatureRefused } from './signature-refused.ts'

/** The path as it was before it was sent. Throws SignatureRefused for an encoded slash and for control characters. */
export function decodePath(path: string): string {
  if (!path.startsWith('/') || /%2f/i.test(path)) throw new SignatureRefused('ambiguous')
  return decode(path)
}

/** Names and values of a query; null, like an empty one, has none. Throws SignatureRefused for what joins ambiguously, and for a name that stands there twice. */
export function decodeQuery(query: string | null): Map<string, string> {
  const pairs = new Map<string, string>()
  if (query === null || query === '') return pairs
  for (const part of query.split('&')) {
    const at = part.indexOf('=')
    if (at <= 0) throw new SignatureRefused('ambiguous')
    const name = decode(part.slice(0, at))
    const value = decode(part.slice(at + 1))
    if (/[=&]/.test(name) || value.includes('&')) throw new SignatureRefused('ambiguous')
    if (pairs.has(name)) throw new SignatureRefused('duplicate')
    pairs.set(name, value)
  }
  return pairs
}

function decode(text: string): string {
  if (!/^[\x21-\x7e]*$/.test(text) || text.includes('#')) throw new SignatureRefused('ambiguous')
  let decoded: string
  try {
    decoded = decodeURIComponent(text)
  } catch (cause) {
    throw new SignatureRefused('form', { cause })
  }
  if (/\p{Cc}/u.test(decoded)) throw new SignatureRefused('ambiguous')
  return decoded
}
