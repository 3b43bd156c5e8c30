// Is this file the certificate that a log's key signed? Offline: the file and the key are all it needs.
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { AuditProof } from '../audit/audit.schema.ts'
import { CheckpointBroken, parseVerifierKey, verifyCheckpoint } from '../audit/checkpoint.ts'
import { leafHash, verifyInclusion } from '../audit/merkle.ts'

const Text = Type.String()
/** Of the event in a certificate, what is a certificate's; the rest is the log's own business. */
const Event = Type.Object({
  action: Type.Literal('core.destruction.certified'),
  at: Text,
  detail: Type.Object({
    kind: Text,
    subject: Text,
    keys: Text,
    indexKeys: Type.Union([Text, Type.Null()]),
    destroyedAt: Text,
    loansEndedAt: Text,
    forgottenEpochs: Text,
    livingEpoch: Type.Integer(),
    forgottenAt: Text,
    keeperSequence: Type.Integer(),
  }),
})
const checkProof = Compile(AuditProof)
const checkEvent = Compile(Event)

/** What a certificate says of one destruction. */
export type CertificateFacts = Type.Static<typeof Event>['detail'] & { readonly certifiedAt: string }

/** `consistent`: it holds by the key inside it, which anybody could have put there. */
export type CertificateVerdict =
  | { readonly verdict: 'valid' | 'consistent'; readonly origin: string; readonly facts: CertificateFacts }
  | { readonly verdict: 'broken'; readonly reason: string }

/** Verifies the text of a certificate with the public key of the log (vkey), from where the caller trusts it. */
export function verifyCertificate(text: string, key: string | undefined): CertificateVerdict {
  const proof = parse(text)
  if (!checkProof.Check(proof)) return broken('this is not a certificate')
  try {
    const head = verifyCheckpoint(proof.checkpoint, parseVerifierKey(key ?? proof.key))
    const hashes = proof.hashes.map((hex) => Buffer.from(hex, 'hex'))
    if (head.size !== proof.size || !head.root.equals(Buffer.from(proof.root, 'hex')))
      return broken('size and root are not those of the signed checkpoint')
    if (!verifyInclusion(leafHash(proof.event), proof.position, head.size, hashes, head.root))
      return broken('the event is not in the signed log')
    const event = parse(proof.event)
    if (!checkEvent.Check(event)) return broken('the event is in the log, but certifies no destruction')
    return {
      verdict: key === undefined ? 'consistent' : 'valid',
      origin: head.origin,
      facts: { ...event.detail, certifiedAt: event.at },
    }
  } catch (error) {
    if (error instanceof CheckpointBroken) return broken(error.message)
    throw error
  }
}

function broken(reason: string): CertificateVerdict {
  return { verdict: 'broken', reason }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
