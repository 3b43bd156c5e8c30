// What a request wants of a body that never changes under its tag: preconditions first, then the range (RFC 9110, 13.2.2 and 14).
// Must stay true: what is not understood is ignored, never guessed; a range is answered only of the very bytes it was asked of.
import type { IncomingHttpHeaders } from 'node:http'
import type { ByteRange } from '../blobs/blob-file.ts'
import { PublicError } from '../errors.ts'

/** The part of a request that decides. */
export interface BodyRequest {
  readonly method: string
  readonly headers: IncomingHttpHeaders
}

/** A body: its strong entity tag, quoted, and its bytes. */
export interface TaggedBody {
  readonly etag: string
  readonly size: number
}

/** `unchanged` answers 304, `head` 200 without a body, `whole` 200, `part` 206. */
export type WantedPart =
  | { readonly answer: 'unchanged' | 'head' | 'whole' }
  | { readonly answer: 'part'; readonly range: ByteRange }

const ONE_RANGE = /^(?:(\d+)-(\d*)|-(\d+))$/
const ENTITY_TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g

/**
 * What is to be answered. A range counts for GET alone; of several ranges the whole is answered, which 14.2 allows: nobody
 * who reads documents asks for them, and many small ones are an old way to tire a server.
 * Throws `precondition_failed` (If-Match) and `range_not_satisfiable`, whose details carry the size for Content-Range.
 */
export function wantedPart({ method, headers }: BodyRequest, body: TaggedBody): WantedPart {
  if (headers['if-match'] !== undefined && !namesStrongly(headers['if-match'], body.etag))
    throw new PublicError('precondition_failed')
  if (isUnchanged(headers, body.etag)) return { answer: 'unchanged' }
  if (method === 'HEAD') return { answer: 'head' }
  const ifRange = headers['if-range']
  // A date never matches: nothing here has one. A weak tag never matches either.
  if (method !== 'GET' || headers.range === undefined || (ifRange !== undefined && ifRange !== body.etag))
    return { answer: 'whole' }
  return rangeOf(headers.range, body.size)
}

/** Whether the caller says in If-None-Match that it has these bytes. */
export function isUnchanged(headers: IncomingHttpHeaders, etag: string): boolean {
  const known = headers['if-none-match']
  if (known === undefined) return false
  // Weak comparison (8.8.3.2): a proxy that compressed the answer made the tag weak, the bytes are still the same.
  return known.trim() === '*' || tagsIn(known).some((tag) => tag.replace(/^W\//, '') === etag)
}

function namesStrongly(ifMatch: string, etag: string): boolean {
  return ifMatch.trim() === '*' || tagsIn(ifMatch).includes(etag)
}

function tagsIn(list: string): string[] {
  return list.match(ENTITY_TAG) ?? []
}

function rangeOf(header: string, size: number): WantedPart {
  const equals = header.indexOf('=')
  const asked = header
    .slice(equals + 1)
    .split(',')
    .map((range) => range.trim())
    .filter((range) => range !== '')
  const [one, ...more] = asked
  const found = ONE_RANGE.exec(one ?? '')
  const isBytes = header.slice(0, Math.max(equals, 0)).toLowerCase() === 'bytes'
  if (!isBytes || more.length > 0 || !found) return { answer: 'whole' }
  const [, first, last, suffix] = found
  if (suffix !== undefined) {
    if (Number(suffix) === 0) throw unsatisfiable(size)
    // All of an empty body cannot be written as a range.
    if (size === 0) return { answer: 'whole' }
    return { answer: 'part', range: { start: Math.max(size - Number(suffix), 0), end: size - 1 } }
  }
  const start = Number(first)
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== '' && Number(last) < start) return { answer: 'whole' }
  if (start >= size) throw unsatisfiable(size)
  return { answer: 'part', range: { start, end } }
}

function unsatisfiable(size: number): PublicError {
  return new PublicError('range_not_satisfiable', undefined, { details: { size } })
}
