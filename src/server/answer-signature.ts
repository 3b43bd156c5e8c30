// Signed answers (RFC 9421, 5): for whoever asks by `Accept-Signature`, the answer is signed with the secret that signed the request.
// Must stay true: a signed answer covers its status, its body and the very signature of the request it answers.
import { createHmac, type KeyObject } from 'node:crypto'
import { component } from '#core/auth/signing/component.ts'
import { contentDigest } from '#core/auth/signing/content-digest.ts'
import { type SignableRequest, signatureBase } from '#core/auth/signing/signature-base.ts'
import {
  type Bare,
  type Item,
  NotStructured,
  parseDictionary,
  serializeBare,
  serializeMember,
} from '#core/net/structured-fields.ts'

/** By whom and how a request was signed. */
export interface SignedBy {
  readonly keyid: string
  /** What answers are signed with; null for a key that has no shared secret. */
  readonly secret: KeyObject | null
  readonly request: SignableRequest
  /** The component that is the request's own signature. */
  readonly place: Item
  readonly isInQuery: boolean
}

export interface Answer {
  readonly status: number
  readonly contentType: string | undefined
  /** Null for one that streams: its digest is not known before its head is sent. */
  readonly body: Uint8Array | string | null
  readonly requestId: string
}

/** The fields that sign an answer; none when nobody asked, or asked in no known form. */
export function answerSignature(
  signedBy: SignedBy,
  answer: Answer,
  now: Date,
): Readonly<Record<string, string>> {
  const asked = askedFor(signedBy.request)
  if (!asked || !signedBy.secret) return {}
  // The audit event of the operation carries the same id: a receipt that can be proved later.
  const fields: Record<string, string> = { 'panoply-request-id': answer.requestId }
  if (answer.body !== null) fields['content-digest'] = contentDigest(answer.body)
  const present = new Map(Object.entries(fields).map(([name, value]) => [name, [value]]))
  if (answer.contentType !== undefined) present.set('content-type', [answer.contentType])
  const parameters = new Map<string, Bare>([
    ['created', { type: 'integer', value: Math.floor(now.getTime() / 1_000) }],
    ...asked.echoed,
    ['keyid', { type: 'string', value: signedBy.keyid }],
    ['alg', { type: 'string', value: 'hmac-sha256' }],
  ])
  const own = { ...signedBy.place, parameters: new Map([...signedBy.place.parameters, ...REQ]) }
  const covered = {
    items: [component('@status'), ...[...present.keys()].map((name) => component(name)), own],
    parameters,
  }
  const base = signatureBase({ status: answer.status, fields: present, request: signedBy.request }, covered)
  const mac = createHmac('sha256', signedBy.secret).update(base, 'latin1').digest()
  return {
    ...fields,
    'signature-input': `${asked.label}=${serializeMember(covered)}`,
    signature: `${asked.label}=${serializeBare({ type: 'bytes', value: mac })}`,
  }
}

const REQ = component('', { req: true }).parameters

/** The first wish, and what is to come back unchanged. */
function askedFor({ fields }: SignableRequest): { label: string; echoed: [string, Bare][] } | null {
  const line = fields.get('accept-signature')?.join(', ')
  if (line === undefined) return null
  try {
    const [first] = parseDictionary(line)
    if (!first) return null
    const [label, { parameters }] = first
    const echoed = ['nonce', 'tag'].flatMap((name): [string, Bare][] => {
      const bare = parameters.get(name)
      return bare ? [[name, bare]] : []
    })
    return { label, echoed }
  } catch (error) {
    if (error instanceof NotStructured) return null
    throw error
  }
}
