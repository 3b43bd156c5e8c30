// Requests signed by RFC 9421: one signature, made over what this server demands and not over what its sender thought enough.
// Must stay true: method, host, path and query are always covered, the body by its digest, and a nonce where something changes.
import { createHmac, timingSafeEqual, verify } from 'node:crypto'
import {
  type InnerList,
  isInnerList,
  type Member,
  NotStructured,
  parseDictionary,
} from '../../net/structured-fields.ts'
import { component } from './component.ts'
import { areDigests, readContentDigest } from './content-digest.ts'
import { signatureBase } from './signature-base.ts'
import type { AssertedPerson, Digests, SignatureClaim, SigningSecret } from './signature-claim.ts'
import { SignatureRefused } from './signature-refused.ts'
import { oneValue, splitTarget, textOf, type WireRequest } from './wire-request.ts'

/** Fields by which a host says whom it acts for. */
export const PERSON_FIELD = 'panoply-person'
export const PERSON_NAME_FIELD = 'panoply-person-name'
const ALGORITHMS = { hmac: 'hmac-sha256', ed25519: 'ed25519' } as const
const MUST_BE_COVERED = [PERSON_FIELD, PERSON_NAME_FIELD, 'content-digest']

export interface MessageRequest extends WireRequest {
  readonly hasBody: boolean
}

/** Reads a request that carries `Signature-Input` and `Signature`. Throws SignatureRefused. */
export function readMessageSignature(wire: MessageRequest): SignatureClaim {
  const [label, covered] = onlyMember(wire, 'signature-input')
  const [signatureLabel, signed] = onlyMember(wire, 'signature')
  if (label !== signatureLabel || !isInnerList(covered) || isInnerList(signed))
    throw new SignatureRefused('form')
  if (signed.bare.type !== 'bytes') throw new SignatureRefused('form')
  const signature = signed.bare.value
  demandCoverage(wire, covered)
  const keyid = text(covered, 'keyid')
  const algorithm = text(covered, 'alg')
  const nonce = text(covered, 'nonce')
  if (
    keyid === undefined ||
    (algorithm !== undefined && !Object.values<string>(ALGORITHMS).includes(algorithm))
  )
    throw new SignatureRefused('form')
  const changesState = wire.method !== 'GET' && wire.method !== 'HEAD'
  if (changesState && (nonce === undefined || nonce.length < 8 || nonce.length > 256))
    throw new SignatureRefused('unsigned')
  const signedAt = instant(covered, 'created')
  if (!signedAt) throw new SignatureRefused('unsigned')
  const digestLine = wire.fields.get('content-digest')?.join(', ')
  const stated: Digests = digestLine === undefined ? new Map() : readContentDigest(digestLine)
  const base = Buffer.from(
    signatureBase(
      {
        method: wire.method,
        scheme: 'https',
        host: oneValue(wire.fields, 'host') ?? '',
        target: wire.target,
        fields: wire.fields,
      },
      covered,
    ),
    'latin1',
  )
  return {
    credential: keyid,
    algorithm: algorithm ?? 'by key',
    isWeak: false,
    person: assertedPerson(wire),
    signedAt,
    expiresAt: instant(covered, 'expires') ?? null,
    hashes: [...stated.keys()],
    provesBody: false,
    once: nonce === undefined ? null : `nonce\0${nonce}`,
    place: component('signature', { key: label }),
    query: null,
    isMadeBy(secret) {
      if (algorithm !== undefined && algorithm !== ALGORITHMS[secret.kind]) return false
      return secret.kind === 'hmac'
        ? isMac(secret, base, signature)
        : verify(null, base, secret.key, signature)
    },
    matchesBody: (digests) => areDigests(stated, digests),
  }
}

function isMac(secret: SigningSecret, base: Buffer, signature: Buffer): boolean {
  const mac = createHmac('sha256', secret.key).update(base).digest()
  return mac.length === signature.length && timingSafeEqual(mac, signature)
}

/** The only member of a dictionary field. Several signatures would have to be told apart by guessing. */
function onlyMember(wire: WireRequest, field: string): [string, Member] {
  const line = oneValue(wire.fields, field)
  if (line === undefined) throw new SignatureRefused('form')
  let members: [string, Member][]
  try {
    members = [...parseDictionary(line)]
  } catch (cause) {
    if (cause instanceof NotStructured) throw new SignatureRefused('form', { cause })
    throw cause
  }
  const [only] = members
  if (!only) throw new SignatureRefused('form')
  if (members.length > 1 || wireRepeats(line, only[0])) throw new SignatureRefused('duplicate')
  return only
}

/** Whether a label stands there twice; of two equal keys a dictionary keeps the last without a word. */
function wireRepeats(line: string, label: string): boolean {
  return line.split(/[,\s]+/).filter((part) => part.startsWith(`${label}=`)).length > 1
}

function demandCoverage(wire: MessageRequest, covered: InnerList): void {
  const names = new Set(
    covered.items.flatMap(({ bare, parameters }) =>
      bare.type === 'string' && parameters.size === 0 ? [bare.value] : [],
    ),
  )
  const { query } = splitTarget(wire.target)
  const hasTarget =
    names.has('@target-uri') || (names.has('@path') && (query === null || names.has('@query')))
  const hasHost = names.has('@authority') || names.has('@target-uri')
  if (!names.has('@method') || !hasTarget || !hasHost) throw new SignatureRefused('unsigned')
  if (wire.hasBody && !names.has('content-digest')) throw new SignatureRefused('unsigned')
  for (const name of MUST_BE_COVERED)
    if (wire.fields.has(name) && !names.has(name)) throw new SignatureRefused('unsigned')
}

function assertedPerson({ fields }: WireRequest): AssertedPerson | null {
  const email = oneValue(fields, PERSON_FIELD)
  const displayName = oneValue(fields, PERSON_NAME_FIELD)
  if (email === undefined) {
    if (displayName !== undefined) throw new SignatureRefused('form')
    return null
  }
  // Whoever names nobody leaves the field out: an empty one is a host that does not know whom it speaks for.
  if (email === '') throw new SignatureRefused('form')
  return { email: textOf(email), displayName: textOf(displayName ?? email) }
}

function text({ parameters }: InnerList, name: string): string | undefined {
  const bare = parameters.get(name)
  if (bare === undefined) return undefined
  if (bare.type !== 'string') throw new SignatureRefused('form')
  return bare.value
}

function instant({ parameters }: InnerList, name: string): Date | undefined {
  const bare = parameters.get(name)
  if (bare === undefined) return undefined
  if (bare.type !== 'integer' || bare.value < 0 || bare.value > 8_640_000_000_000)
    throw new SignatureRefused('form')
  return new Date(bare.value * 1_000)
}
