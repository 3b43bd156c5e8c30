// Pandexio's request signing, version 2 (`PDX-HMAC-*`), in headers or in the query: from the wire to the text that was signed.
// Must stay true: what could be read in two ways is refused; nothing unsigned under `x-pdx-` and no unsigned host is ever believed.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { component } from './component.ts'
import { readPdxDate } from './pdx-date.ts'
import { decodePath, decodeQuery } from './pdx-target.ts'
import type { Digests, SignatureClaim, SigningSecret } from './signature-claim.ts'
import { SignatureRefused } from './signature-refused.ts'
import { oneValue, splitTarget, textOf, type WireRequest } from './wire-request.ts'

const ALGORITHMS: ReadonlyMap<
  string,
  { readonly hash: string; readonly bytes: number; readonly isWeak: boolean }
> = new Map([
  ['PDX-HMAC-MD5', { hash: 'md5', bytes: 16, isWeak: true }],
  ['PDX-HMAC-SHA1', { hash: 'sha1', bytes: 20, isWeak: true }],
  ['PDX-HMAC-SHA256', { hash: 'sha256', bytes: 32, isWeak: false }],
  ['PDX-HMAC-SHA384', { hash: 'sha384', bytes: 48, isWeak: false }],
  ['PDX-HMAC-SHA512', { hash: 'sha512', bytes: 64, isWeak: false }],
])
const ATTRIBUTES = [
  'X-Pdx-Date',
  'X-Pdx-Expires',
  'X-Pdx-Originator',
  'X-Pdx-EmailAddress',
  'X-Pdx-DisplayName',
] as const
const PROFILE_IMAGE = 'X-Pdx-ProfileImage'
/** With the names that fields have on the wire. */
const ATTRIBUTE_FIELDS = [...ATTRIBUTES, PROFILE_IMAGE].map((name) => [name, name.toLowerCase()] as const)
/** Of the query mechanism alone; they are not part of the canonical query. */
const SIGNATURE_PARTS = [
  'X-Pdx-Algorithm',
  'X-Pdx-Credential',
  'X-Pdx-SignedHeaders',
  'X-Pdx-Signature',
] as const
const AUTHORIZATION =
  /^(\S{1,40}) Credential=([^\s,]{1,200}), SignedHeaders=([^\s,]{1,4000}), Signature=([^\s,]{1,200})$/

/** The parts of a signature, wherever they stood. */
interface Written {
  readonly algorithm: string
  readonly credential: string
  readonly signedHeaders: string
  readonly signature: string
  readonly attributes: ReadonlyMap<string, string>
}

/** Reads a request whose `Authorization` is a signature. Throws SignatureRefused. */
export function readPdxHeader(wire: WireRequest): SignatureClaim {
  const { path, query } = splitTarget(wire.target)
  const pairs = decodeQuery(query)
  if ([...pairs.keys()].some(isPdx)) throw new SignatureRefused('both')
  const authorization = oneValue(wire.fields, 'authorization') ?? ''
  const [, algorithm = '', credential = '', signedHeaders = '', signature = ''] =
    AUTHORIZATION.exec(authorization) ?? []
  const attributes = new Map<string, string>()
  for (const [name, field] of ATTRIBUTE_FIELDS) {
    const value = oneValue(wire.fields, field)
    if (value !== undefined) attributes.set(name, textOf(value))
  }
  const written = { algorithm, credential, signedHeaders, signature, attributes }
  return claimOf(wire, written, { path, pairs, place: component('authorization') })
}

/** Reads a request whose query holds the signature, as for the address of a picture. Throws SignatureRefused. */
export function readPdxQuery(wire: WireRequest): SignatureClaim {
  if (wire.fields.has('authorization') || [...wire.fields.keys()].some(isPdx))
    throw new SignatureRefused('both')
  const { path, query } = splitTarget(wire.target)
  const pairs = decodeQuery(query)
  const known = new Set<string>([...ATTRIBUTES, PROFILE_IMAGE, ...SIGNATURE_PARTS])
  for (const name of pairs.keys())
    if (isPdx(name) && !known.has(name)) throw new SignatureRefused('ambiguous')
  const [algorithm = '', credential = '', signedHeaders = '', signature = ''] = SIGNATURE_PARTS.map((name) =>
    pairs.get(name),
  )
  for (const name of SIGNATURE_PARTS) pairs.delete(name)
  const written = { algorithm, credential, signedHeaders, signature, attributes: pairs }
  return claimOf(wire, written, { path, pairs, place: component('@query') })
}

function claimOf(
  wire: WireRequest,
  written: Written,
  { path, pairs, place }: { path: string; pairs: Map<string, string>; place: SignatureClaim['place'] },
): SignatureClaim {
  const algorithm = ALGORITHMS.get(written.algorithm)
  if (!algorithm || written.credential === '') throw new SignatureRefused('form')
  if (written.signature.length !== algorithm.bytes * 2 || !/^[0-9a-f]*$/.test(written.signature))
    throw new SignatureRefused('form')
  const [date = '', expires = '', originator = '', email = '', displayName = ''] = ATTRIBUTES.map((name) =>
    written.attributes.get(name),
  )
  if (!/^[1-9]\d{0,8}$/.test(expires) || originator === '' || email === '' || displayName === '')
    throw new SignatureRefused('form')
  const signedAt = readPdxDate(date)
  const front = [
    written.algorithm,
    date,
    wire.method,
    decodePath(path),
    canonicalQuery(pairs),
    canonicalHeaders(wire, written.signedHeaders),
    written.signedHeaders,
    '',
  ].join('\r\n')
  const signature = Buffer.from(written.signature, 'hex')
  const query = new Map([...pairs].filter(([name]) => !isPdx(name)))
  return {
    credential: written.credential,
    algorithm: written.algorithm,
    isWeak: algorithm.isWeak,
    person: { email, displayName },
    signedAt,
    expiresAt: new Date(signedAt.getTime() + Number(expires) * 1_000),
    hashes: [algorithm.hash],
    provesBody: true,
    once: `pdx\0${written.signature}`,
    place,
    query,
    isMadeBy(secret: SigningSecret, digests: Digests) {
      const digest = digests.get(algorithm.hash)
      if (!digest || secret.kind !== 'hmac') return false
      const mac = createHmac(algorithm.hash, secret.key)
        .update(front + digest.toString('hex'))
        .digest()
      return timingSafeEqual(mac, signature)
    },
    matchesBody: () => true,
  }
}

function isPdx(name: string): boolean {
  return /^x-pdx-/i.test(name)
}

function canonicalQuery(pairs: ReadonlyMap<string, string>): string {
  if (pairs.size === 0) return ''
  return [...pairs]
    .sort(([a], [b]) => byCodePoint(a, b))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** The signed headers as they were signed, which says in what order and that none is there twice. */
function canonicalHeaders({ fields }: WireRequest, signedHeaders: string): string {
  const names = signedNames(signedHeaders)
  for (const name of fields.keys())
    if ((name === 'host' || name.startsWith('x-pdx-')) && !names.includes(name))
      throw new SignatureRefused('unsigned')
  let text = ''
  for (const name of names) {
    const value = oneValue(fields, name)
    if (value === undefined) throw new SignatureRefused('unsigned')
    text += `${text === '' ? '' : '\r\n'}${name}:${textOf(value)}`
  }
  return text
}

/** Lists that were read: a client sends the same one each time. */
const readNames = new Map<string, readonly string[]>()
const MOST_LISTS = 500

/** The names of a list. Throws SignatureRefused unless they are in order and none is there twice. */
function signedNames(signedHeaders: string): readonly string[] {
  const known = readNames.get(signedHeaders)
  if (known) return known
  const names = signedHeaders.split(';')
  for (const [at, name] of names.entries()) {
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) || name === 'authorization')
      throw new SignatureRefused('form')
    const before = names[at - 1]
    if (before === name) throw new SignatureRefused('duplicate')
    if (before !== undefined && before > name) throw new SignatureRefused('form')
  }
  if (readNames.size >= MOST_LISTS) readNames.clear()
  readNames.set(signedHeaders, names)
  return names
}

/** Order of code points; that of UTF-16 differs where a character needs two of its units. */
function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
